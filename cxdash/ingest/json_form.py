"""The JSON form of proposals, mappings and outcomes: what crosses the child's border, is saved, and is printed by `inspect --json`.

A mapping that a person wrote or edited is read strictly: unknown fields of a column are ignored only when a proposal has them,
anything else is refused with a FileMapping that names the field.
"""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Any

from cxdash.errors import FileMapping
from cxdash.ingest.plan import FORMAT, Coded, Column, Known, Layout, Proposal, Said, Sheet
from cxdash.ingest.plan import Mapping as FileMap
from cxdash.terms import Direction, Measure, Role, Scale

Doc = Mapping[str, Any]
_FIX = "error.file.fix.mapping"


def to_json(value: Any) -> dict[str, Any]:
    """A plain document of a Proposal, Mapping, Column, Coded or Known; proposals and mappings carry their format number."""
    document = _plain(value)
    if isinstance(value, Proposal):
        document["file_format"] = document.pop("format")
    if isinstance(value, (Proposal, FileMap)):
        document = {"format": FORMAT, **document}
    return document


def _plain(value: Any) -> Any:
    if isinstance(value, Scale):
        return value.to_json()
    if isinstance(value, Said):
        return {"key": value.key, "params": _plain(value.params)}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(_plain(key)): _plain(item) for key, item in value.items()}
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item) for item in value]
    return value if value is None or isinstance(value, (str, int, float, bool)) else str(value)


def mapping_from_json(document: Any) -> FileMap:
    """A mapping from a document: {layout, columns}, or anything that holds it under "mapping" (a proposal, the output of inspect).

    layout needs sheet, header_rows and first_data_row (last_data_row 0 = to the end); a column needs role and header or index.
    What is left out is found in the file when it is coded (see resolve.py): columns without an index (-1) are looked up by header
    and occurrence. Raises FileMapping.
    """
    root = _object(document, "")
    if "mapping" in root:
        root = _object(root["mapping"], "mapping")
    number = root.get("format", document.get("format", FORMAT))
    if number != FORMAT:
        raise FileMapping("error.mapping.format", fix=_FIX, found=number, known=FORMAT)
    if "columns" not in root:
        raise FileMapping("error.mapping.missing", fix=_FIX, field="columns")
    columns = tuple(_column(item, f"columns[{place}]") for place, item in enumerate(_list(root["columns"], "columns")))
    if not columns:
        raise FileMapping("error.mapping.missing", fix=_FIX, field="columns")
    sha256 = _text(root.get("sha256") or _object(document, "").get("sha256") or "", "sha256")
    return FileMap(_layout(root.get("layout"), "layout"), columns, sha256)


def proposal_from_json(document: Doc) -> Proposal:
    root = _object(document, "")
    return Proposal(
        file=str(root["file"]),
        size=int(root["size"]),
        sha256=str(root["sha256"]),
        format=str(root["file_format"]),
        sheets=tuple(_sheet(item) for item in root["sheets"]),
        mapping=mapping_from_json(root),
        rows=int(root["rows"]),
        notes=_said_list(root.get("notes"), "notes"),
        fingerprint=str(root.get("fingerprint", "")),
    )


def coded_from_json(document: Doc) -> Coded:
    names = ("rows_read", "rows_usable", "rows_empty", "rows_rejected", "problem_cells")
    return Coded(
        Path(document["responses"]), Path(document["problems"]), *(int(document[name]) for name in names), codes=tuple(document["codes"])
    )


def known_from_json(document: Doc) -> Known:
    return Known(str(document["header"]), int(document["occurrence"]), _column(document["column"], "column"))


def _sheet(item: Doc) -> Sheet:
    return Sheet(
        str(item["name"]),
        int(item["rows"]),
        int(item["columns"]),
        bool(item.get("hidden")),
        bool(item.get("proposed")),
        _said(item.get("reason"), "reason"),
    )


def _layout(value: Any, at: str) -> Layout:
    item = _object(value if value is not None else {}, at)
    _known_fields(item, Layout, at)
    headers = _list(item.get("header_rows", [1]), f"{at}.header_rows")
    header_rows = tuple(_whole(row, f"{at}.header_rows[{place}]") for place, row in enumerate(headers))
    if "header_rows" not in item and "first_data_row" not in item:
        header_rows = ()
    first = _whole(item.get("first_data_row", max(header_rows, default=-1) + 1), f"{at}.first_data_row")
    skipped = tuple(
        (_whole(pair[0], f"{at}.skipped[{place}]"), _said(pair[1], f"{at}.skipped[{place}]") or Said("error.mapping.skipped"))
        for place, pair in enumerate(_list(item.get("skipped") or [], f"{at}.skipped"))
    )
    return Layout(
        _text(item.get("sheet", ""), f"{at}.sheet"),
        header_rows,
        first,
        _whole(item.get("last_data_row", 0), f"{at}.last_data_row"),
        _maybe(_text, item.get("encoding"), f"{at}.encoding"),
        _maybe(_text, item.get("delimiter"), f"{at}.delimiter"),
        skipped,
    )


def _column(value: Any, at: str) -> Column:
    item = _object(value, at)
    _known_fields(item, Column, at)
    if "header" not in item and "index" not in item:
        raise FileMapping("error.mapping.missing", fix=_FIX, field=f"{at}.header")
    if "role" not in item:
        raise FileMapping("error.mapping.missing", fix=_FIX, field=f"{at}.role")
    fields: dict[str, Any] = {name: reader(item[name], f"{at}.{name}") for name, reader in _COLUMN.items() if item.get(name) is not None}
    return Column(**{"index": -1, "header": ""} | fields)


def _known_fields(item: Doc, kind: type, at: str) -> None:
    names = [field.name for field in dataclasses.fields(kind)]
    for name in item:
        if name not in names and not name.endswith(_EXTRA):
            near = difflib.get_close_matches(name, names, 1)
            raise FileMapping("error.mapping.unknown", fix=_FIX, field=f"{at}.{name}", near=near[0] if near else ", ".join(names))


_EXTRA = ("_text", "_words", "_label")  # wordings that a printed proposal may carry beside its keys


def _object(value: Any, at: str) -> Doc:
    if not isinstance(value, Mapping):
        raise FileMapping("error.mapping.object", fix=_FIX, field=at or "{}")
    return value


def _list(value: Any, at: str) -> Sequence[Any]:
    if not isinstance(value, (list, tuple)):
        raise FileMapping("error.mapping.list", fix=_FIX, field=at)
    return value


def _text(value: Any, at: str) -> str:
    if not isinstance(value, (str, int, float)) or isinstance(value, bool):
        raise FileMapping("error.mapping.text", fix=_FIX, field=at, value=str(value))
    return str(value)


def _whole(value: Any, at: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise FileMapping("error.mapping.whole", fix=_FIX, field=at, value=str(value))
    return value


def _share(value: Any, at: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise FileMapping("error.mapping.whole", fix=_FIX, field=at, value=str(value))
    return float(value)


def _truth(value: Any, at: str) -> bool:
    if not isinstance(value, bool):
        raise FileMapping("error.mapping.truth", fix=_FIX, field=at, value=str(value))
    return value


def _maybe(reader: Callable[[Any, str], Any], value: Any, at: str) -> Any:
    return None if value is None else reader(value, at)


def _one_of(kind: type[Enum]) -> Callable[[Any, str], Any]:
    def read(value: Any, at: str) -> Any:
        allowed = [str(member.value) for member in kind]
        if not isinstance(value, str) or value.lower() not in allowed:
            raise FileMapping("error.mapping.one_of", fix=_FIX, field=at, value=str(value), allowed=", ".join(allowed))
        return kind(value.lower())

    return read


def _scale(value: Any, at: str) -> Scale:
    item = _object(value, at)
    _known_fields(item, Scale, at)
    if "lo" not in item or "hi" not in item:
        raise FileMapping("error.mapping.missing", fix=_FIX, field=f"{at}.lo" if "lo" not in item else f"{at}.hi")
    lo, hi = _whole(item["lo"], f"{at}.lo"), _whole(item["hi"], f"{at}.hi")
    direction = _one_of(Direction)(item.get("direction") or "high", f"{at}.direction")
    labels = {}
    for key, label in _object(item.get("labels") or {}, f"{at}.labels").items():
        try:
            labels[int(key)] = _text(label, f"{at}.labels.{key}")
        except ValueError as error:
            raise FileMapping("error.mapping.whole", fix=_FIX, field=f"{at}.labels", value=str(key)) from error
    try:
        return Scale(lo, hi, direction, labels)
    except ValueError as error:
        raise FileMapping("error.mapping.scale", fix=_FIX, field=at, lo=lo, hi=hi) from error


def _codes(value: Any, at: str) -> dict[str, int | str]:
    codes: dict[str, int | str] = {}
    for key, code in _object(value, at).items():
        if isinstance(code, bool) or not isinstance(code, (int, str)):
            raise FileMapping("error.mapping.whole", fix=_FIX, field=f"{at}.{key}", value=str(code))
        codes[str(key)] = code
    return codes


def _texts(value: Any, at: str) -> tuple[str, ...]:
    return tuple(_text(item, f"{at}[{place}]") for place, item in enumerate(_list(value, at)))


def _counts(value: Any, at: str) -> dict[str, int]:
    return {str(key): _whole(count, f"{at}.{key}") for key, count in _object(value, at).items()}


def _pairs(value: Any, at: str) -> tuple[tuple[str, int], ...]:
    pairs = _list(value, at)
    if any(not isinstance(pair, (list, tuple)) or len(pair) != 2 for pair in pairs):
        raise FileMapping("error.mapping.list", fix=_FIX, field=at)
    return tuple((_text(text, at), _whole(count, at)) for text, count in pairs)


def _said(value: Any, at: str) -> Said | None:
    if value is None or isinstance(value, str):  # a wording that a person left in place of the key
        return Said(value) if value else None
    item = _object(value, at)
    return Said(_text(item.get("key", ""), f"{at}.key"), dict(_object(item.get("params") or {}, f"{at}.params")))


def _said_list(value: Any, at: str) -> tuple[Said, ...]:
    return tuple(said for item in _list(value or [], at) if (said := _said(item, at)))


_COLUMN: dict[str, Callable[[Any, str], Any]] = {
    "index": _whole,
    "header": _text,
    "role": _one_of(Role),
    "code": _text,
    "occurrence": _whole,
    "wording": _text,
    "measure": _one_of(Measure),
    "stage": _text,
    "touchpoint": _text,
    "scale": _scale,
    "codes": _codes,
    "missing": _texts,
    "separator": _text,
    "group": _text,
    "date_format": _text,
    "personal": _text,
    "reason": _said,
    "certainty": _share,
    "questions": _said_list,
    "n": _whole,
    "blank": _whole,
    "missing_counts": _counts,
    "values": _pairs,
    "distinct": _whole,
    "known": _truth,
}
