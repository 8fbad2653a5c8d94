"""A real mail server on the loopback address, for tests: it keeps what it takes, and refuses what it is told to."""

from __future__ import annotations

import dataclasses
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from cxdash.services.deps import Deps


class Box:
    """refuse: address -> reply to its RCPT. taken: called with each recipient before the mail is acknowledged."""

    def __init__(self) -> None:
        self.letters: list[tuple[str, list[str], EmailMessage, bytes]] = []
        self.refuse: dict[str, str] = {}
        self.taken: Callable[[str], str | None] = lambda _to: None
        self.logins: list[bytes] = []
        self.port = 0
        self.sender = "250 OK"  # reply to MAIL

    @property
    def to(self) -> list[str]:
        return [address for _, addresses, _, _ in self.letters for address in addresses]

    async def handle_MAIL(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        if self.sender.startswith("250"):
            envelope.mail_from = address
        return self.sender

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        made = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(made, EmailMessage)
        self.letters.append((envelope.mail_from, list(envelope.rcpt_tos), made, envelope.content))
        return self.taken(envelope.rcpt_tos[0]) or "250 OK"

    def login(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append(data.login)
        return AuthResult(success=data.password == b"hunter2", handled=False)


@contextmanager
def running(**options: Any) -> Iterator[Box]:
    box = Box()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Controller(box, hostname="127.0.0.1", port=port, authenticator=box.login, auth_require_tls=False, **options)
    server.start()
    box.port = port
    try:
        yield box
    finally:
        server.stop()


def with_server(deps: Deps, box: Box, **settings: Any) -> Deps:
    """The house with this mail server."""
    given = {"smtp_host": "127.0.0.1", "smtp_port": box.port, "smtp_starttls": False, "smtp_from": "고객경험팀 <survey@example.com>", **settings}
    return dataclasses.replace(deps, settings=dataclasses.replace(deps.settings, **given))


def threads(name: str) -> int:
    return sum(thread.name == name for thread in threading.enumerate())
