"""Links from pasted lines: the first line names the columns, each further line is one link. Pasted from Excel (tabs) or typed (commas)."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import StringIO

from cxdash.errors import Conflict
from cxdash.services.catalog import AttributeInfo, Catalog
from cxdash.services.publishing import MOST_LINKS, NewLink
from cxdash.terms import plain

_LABEL = {plain(word) for word in ("이름", "링크", "링크 이름", "라벨", "name", "label", "link")}
_CHANNEL = {plain(word) for word in ("채널", "channel")}


@dataclass(frozen=True)
class Pasted:
    """links: one per usable line. attributes: columns taken as attributes, by key. bad: numbers of lines without any value or too long."""

    links: tuple[NewLink, ...]
    attributes: tuple[str, ...]
    bad: tuple[int, ...] = field(default=())


def read(text: str, catalog: Catalog, *, kind: str) -> Pasted:
    """The links that the lines describe. A column called "이름" or "label" names the link (else its values do), "채널" or "channel" is the
    channel, every other one an attribute: the programme's own where its key, wording or a header says so, else a new one of that name.
    A value that is the label of a known value becomes that value. Two lines that say the same are one link.

    Conflict when there is no line below the first, a column has no name, or two have the same.

    >>> empty = Catalog(1, "p", {}, "Asia/Seoul", False, (), (), (), (), {}, {})
    >>> read("지점, 채널\\n강남점, QR\\n", empty, kind="channel").links[0]
    NewLink(label='강남점', kind='channel', channel='QR', attributes={'지점': '강남점'})
    """
    rows = _rows(text)
    if len(rows) < 2:
        raise Conflict("publish.lines_few")
    if len(rows) - 1 > MOST_LINKS:
        raise Conflict("publish.too_many", n=len(rows) - 1, most=MOST_LINKS)
    head = [name.strip() for name in rows[0]]
    if not all(head):
        raise Conflict("publish.lines_head")
    known = [_attribute(catalog, name) for name in head]
    roles = [_role(name, attribute) for name, attribute in zip(head, known, strict=True)]
    if len(set(roles)) < len(roles):
        raise Conflict("publish.lines_twice", names=", ".join(head))
    made: dict[str, NewLink] = {}
    bad: list[int] = []
    for number, row in enumerate(rows[1:], 2):
        link = _link(roles, known, row, kind)
        if link is None:
            bad.append(number)
        else:
            made.setdefault(repr(link), link)
    return Pasted(tuple(made.values()), tuple(role for role in roles if role not in ("<label>", "<channel>")), tuple(bad))


def _rows(text: str) -> list[list[str]]:
    lines = text.replace("\r\n", "\n").strip("\n ")
    delimiter = "\t" if "\t" in lines.split("\n")[0] else ","
    return [row for row in csv.reader(StringIO(lines), delimiter=delimiter, skipinitialspace=True) if any(cell.strip() for cell in row)]


def _attribute(catalog: Catalog, name: str) -> AttributeInfo | None:
    wanted = plain(name)
    exact = next((a for a in catalog.attributes if a.key == name), None)
    return exact or next((a for a in catalog.attributes if wanted in {plain(t) for t in (a.key, *a.wording.values(), *a.headers)}), None)


def _role(name: str, attribute: AttributeInfo | None) -> str:
    if plain(name) in _LABEL:
        return "<label>"
    if plain(name) in _CHANNEL:
        return "<channel>"
    return attribute.key if attribute else name


def value_of(labels: Mapping[str, Mapping[str, str]], text: str) -> str:
    """The stored value behind what was written: a value as it is, else the one with this label in any language, else the text."""
    if any(text in values for values in labels.values()):
        return text
    wanted = plain(text)
    return next((v for values in labels.values() for v, label in values.items() if plain(label) == wanted), text)


def _link(roles: Sequence[str], known: Sequence[AttributeInfo | None], row: Sequence[str], kind: str) -> NewLink | None:
    cells = [cell.strip() for cell in row]
    if len(cells) > len(roles) and any(cells[len(roles):]):
        return None
    given = {role: (cell, attribute) for role, cell, attribute in zip(roles, cells, known, strict=False) if cell}
    label, channel = given.pop("<label>", ("", None))[0], given.pop("<channel>", ("", None))[0]
    if not given and not label and not channel:
        return None
    attributes = {key: value_of(found.labels if found else {}, cell) for key, (cell, found) in given.items()}
    named = label or " · ".join(cell for cell, _ in given.values()) or channel
    return NewLink(named, kind, channel or None, attributes)
