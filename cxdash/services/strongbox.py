"""A file under a passphrase, written and read in pieces, so that its size does not matter and no clear copy touches the disk.

One line that says what it is, one line of JSON (how the key is made), then pieces of PIECE bytes, each under AES-256-GCM. The key comes
from the passphrase by scrypt (RFC 7914; N, r, p as OWASP's password storage sheet asks). Pieces follow the STREAM construction (Hoang,
Reyhanitabar, Rogaway, Vizár 2015): a nonce is a random beginning, the number of the piece and whether it is the last one, and the
two lines are bound to every piece: pieces cannot be changed, exchanged, left out, or cut off unnoticed.
"""

from __future__ import annotations

import base64
import io
import json
import os
import struct
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from cxdash.errors import FileDamaged, FilePassword

MAGIC = b"cxdash sealed 1\n"
PIECE = 1 << 20
SHORTEST = 12  # characters of a passphrase
_TAG = 16
_COST = {"n": 1 << 17, "r": 8, "p": 1}
_MOST = 1 << 20  # of n: a file that asks for more would only eat memory
_HEAD_MAX = 4096


def is_sealed(file: BinaryIO) -> bool:
    """Whether the file is one of these; its place is as before."""
    at = file.tell()
    found = file.read(len(MAGIC)) == MAGIC
    file.seek(at)
    return found


def _key(passphrase: str, salt: bytes, n: int, r: int, p: int) -> AESGCM:
    return AESGCM(Scrypt(salt=salt, length=32, n=n, r=r, p=p).derive(passphrase.encode()))


class Sealing(io.RawIOBase):
    """What is written goes out sealed. `finish` writes the last piece; without it the file is not whole, and reads as damaged."""

    def __init__(self, out: BinaryIO, passphrase: str, *, cost: dict[str, int] | None = None) -> None:
        super().__init__()
        salt, self._start, made = os.urandom(16), os.urandom(7), cost or _COST
        head = {"salt": base64.b64encode(salt).decode(), "start": base64.b64encode(self._start).decode(), "piece": PIECE, **made}
        self._out, self._head = out, MAGIC + json.dumps(head).encode() + b"\n"
        self._cipher = _key(passphrase, salt, **made)
        self._waiting, self._number, self._size = bytearray(), 0, 0
        out.write(self._head)

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._size

    def write(self, data: Any) -> int:
        given = bytes(data)
        self._waiting += given
        self._size += len(given)
        while len(self._waiting) > PIECE:  # the last piece is kept back until it is known to be the last
            self._piece(bytes(self._waiting[:PIECE]), last=False)
            del self._waiting[:PIECE]
        return len(given)

    def finish(self) -> None:
        self._piece(bytes(self._waiting), last=True)
        self._waiting.clear()

    def _piece(self, clear: bytes, *, last: bool) -> None:
        self._out.write(self._cipher.encrypt(_nonce(self._start, self._number, last), clear, self._head))
        self._number += 1


class Opened(io.RawIOBase):
    """The clear content of a sealed file, from any place. FilePassword when the passphrase is not its own (or its first piece is
    damaged: nothing can tell these apart), FileDamaged when a piece is not what was written or the file was cut."""

    def __init__(self, file: BinaryIO, passphrase: str, name: str) -> None:
        super().__init__()
        self._file, self._name = file, name
        self._head = MAGIC + file.read(_HEAD_MAX).removeprefix(MAGIC).split(b"\n", 1)[0] + b"\n"
        try:
            head = json.loads(self._head[len(MAGIC):])
            salt, self._start = base64.b64decode(head["salt"]), base64.b64decode(head["start"])
            n, r, p = int(head["n"]), int(head["r"]), int(head["p"])
            if n > _MOST or n < 2 or n & (n - 1) or not (0 < r <= 32 and 0 < p <= 16) or head["piece"] != PIECE or len(self._start) != 7:
                raise ValueError
        except (ValueError, KeyError, TypeError) as error:
            raise FileDamaged(file=name) from error
        self._cipher = _key(passphrase, salt, n, r, p)
        body = file.seek(0, io.SEEK_END) - len(self._head)
        self._pieces = max(1, -(-body // (PIECE + _TAG)))
        self._size = body - self._pieces * _TAG
        self._at, self._held = 0, (-1, b"")
        if self._size < 0:
            raise FileDamaged(file=name)
        try:
            self._clear(0)
        except FileDamaged as error:
            raise FilePassword("care.passphrase", file=name) from error

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = max(0, offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence])
        return self._at

    def readinto(self, buffer: Any) -> int:
        if self._at >= self._size:
            return 0
        number, start = divmod(self._at, PIECE)
        part = self._clear(number)[start:start + len(buffer)]
        buffer[:len(part)] = part
        self._at += len(part)
        return len(part)

    def _clear(self, number: int) -> bytes:
        if self._held[0] != number:
            self._file.seek(len(self._head) + number * (PIECE + _TAG))
            sealed = self._file.read(PIECE + _TAG)
            try:
                clear = self._cipher.decrypt(_nonce(self._start, number, number == self._pieces - 1), sealed, self._head)
            except (InvalidTag, ValueError) as error:
                raise FileDamaged(file=self._name) from error
            self._held = (number, clear)
        return self._held[1]


def _nonce(start: bytes, number: int, last: bool) -> bytes:
    return start + struct.pack(">I", number) + (b"\1" if last else b"\0")
