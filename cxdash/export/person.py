"""What is held of a person, as files to hand over: a workbook with a sheet per place, and JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import polars as pl

from cxdash import i18n
from cxdash.export.tables import to_xlsx
from cxdash.services.people import Held

PLACES: Mapping[str, str] = {
    "contact": "people.place.contact",
    "responses": "people.place.responses",
    "imports": "people.place.imports",
    "visits": "people.place.visits",
    "invitations": "people.place.invitations",
    "mails": "people.place.mails",
    "problems": "people.place.problems",
}


def to_json(held: Held) -> bytes:
    """One object: programme, when it was made, and the rows of every place with their own names."""
    document = {"format": 1, "program": held.program, "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
                **{place: [_plain(row) for row in rows] for place, rows in held.tables.items()}}  # fmt: skip
    return json.dumps(document, ensure_ascii=False, indent=2).encode()


def to_workbook(held: Held, lang: str) -> bytes:
    """A sheet per place; answers and attributes have a column each."""
    return to_xlsx({i18n.text(PLACES[place], lang): table(rows) for place, rows in held.tables.items()}, lang=lang)


def table(rows: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """Rows with documents laid out: {"answers": {"nps": 9}} becomes a column "answers.nps". Everything is text."""
    flat = [_flat(row) for row in rows]
    names = list(dict.fromkeys(name for row in flat for name in row))
    return pl.DataFrame({name: pl.Series([row.get(name) for row in flat], dtype=pl.String) for name in names})


def _flat(row: Mapping[str, Any]) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for name, value in row.items():
        if isinstance(value, Mapping):
            found |= {f"{name}.{key}": _text(inner) for key, inner in value.items()}
        else:
            found[name] = _text(value)
    return found


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(sep=" ", timespec="seconds")
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else str(value)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
