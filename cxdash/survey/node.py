"""Reading foreign JSON strictly: a part of a document that names its place when it is not what it should be."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from cxdash.errors import FileDamaged
from cxdash.survey.form import Texts

TEXT_MAX = 10_000  # characters of one text (the consent is the longest)
LIST_MAX = 20_000  # entries of one list
LANGUAGES_MAX = 50
CODE_MAX = 200
_UNSTORABLE = re.compile("[\\0\\ud800-\\udfff]")  # what no database keeps
T = TypeVar("T")


class Node:
    """A part of the document that knows where it lies and which of its entries were taken."""

    def __init__(self, value: object, where: str) -> None:
        self.value, self.where, self.taken = value, where, set[str]()

    def wrong(self, expected: str) -> FileDamaged:
        return FileDamaged("form.document.wrong", where=self.where or "/", expected=expected, found=shown(self.value))

    def object(self) -> Mapping[str, Any]:
        if not isinstance(self.value, dict):
            raise self.wrong("object")
        return self.value

    def take(self, key: str, read: Callable[[Node], T], *default: T) -> T:
        """The entry read by `read`; the default when it is absent or null; refused when there is no default."""
        self.taken.add(key)
        child = Node(self.object().get(key), f"{self.where}.{key}".lstrip("."))
        if child.value is None:
            if not default:
                raise FileDamaged("form.document.missing", where=child.where)
            return default[0]
        return read(child)

    def close(self) -> None:
        unknown = [key for key in self.object() if key not in self.taken]
        if unknown:
            known = ", ".join(sorted(self.taken))
            raise FileDamaged("form.document.unknown", where=self.where or "/", found=shown(unknown[0]), known=known)

    def each(self, read: Callable[[Node], T]) -> tuple[T, ...]:
        if not isinstance(self.value, list) or len(self.value) > LIST_MAX:
            raise self.wrong("list")
        return tuple(read(Node(value, f"{self.where}[{index}]")) for index, value in enumerate(self.value))

    def text(self) -> str:
        if not isinstance(self.value, str) or len(self.value) > TEXT_MAX or _UNSTORABLE.search(self.value):
            raise self.wrong("text")
        return self.value

    def code(self) -> str:
        """Text of a sensible length; whether it is a good code is for `check`, which says so beside the field."""
        text = self.text()
        if len(text) > CODE_MAX:
            raise self.wrong("code")
        return text

    def flag(self) -> bool:
        if not isinstance(self.value, bool):
            raise self.wrong("true/false")
        return self.value

    def number(self, lo: int, hi: int) -> int:
        if isinstance(self.value, bool) or not isinstance(self.value, int) or not lo <= self.value <= hi:
            raise self.wrong(f"{lo}..{hi}")
        return self.value

    def value_of(self) -> str | int:
        return self.code() if isinstance(self.value, str) else self.number(-(10**12), 10**12)

    def one_of(self, *known: str) -> str:
        if not isinstance(self.value, str) or self.value not in known:
            raise self.wrong(" | ".join(known))
        return self.value

    def languages(self, read: Callable[[Node], T]) -> dict[str, T]:
        entries = self.object()
        if len(entries) > LANGUAGES_MAX:
            raise self.wrong("object")
        return {Node(key, self.where).code(): read(Node(value, f"{self.where}.{shown(key)}")) for key, value in entries.items()}

    def texts(self, key: str) -> Texts:
        return self.take(key, lambda node: node.languages(Node.text), {})

    def flag_at(self, key: str) -> bool:
        return self.take(key, Node.flag, False)

    def code_at(self, key: str) -> str | None:
        return self.take(key, Node.code, None)


def shown(value: object) -> str:
    """The beginning of what was found, printable: the document is foreign."""
    try:
        return ascii(value)[:60] if isinstance(value, str) and not value.isprintable() else str(value)[:60]
    except (ValueError, RecursionError):  # a number of thousands of digits, or nested too deeply to print
        return type(value).__name__
