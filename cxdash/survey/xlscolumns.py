"""The columns of an XLSForm: headings in their many spellings, and texts in Korean and English."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from cxdash.survey.cells import Cells, Faults, Headed, Line, find

_SYNONYMS = {
    "relevance": "relevant", "bind::relevant": "relevant", "bind::required": "required", "bind::constraint": "constraint",
    "constraint-msg": "constraint_message", "constraint_msg": "constraint_message", "readonly": "read_only", "calculate": "calculation",
    "list name": "list_name", "list-name": "list_name", "value": "name", "caption": "label", "title": "form_title",
    "set form title": "form_title",
    "required_msg": "required_message", "requiredmsg": "required_message", "media::image": "image", "media::audio": "audio",
    "media::video": "video",
}  # fmt: skip
_TEXTS = ("label", "hint")
_CODE = re.compile(r"\(\s*([A-Za-z]{2,3}(?:-[A-Za-z0-9]+)*)\s*\)\s*$")
_NAMES = {"ko": ("ko", "kor", "korean", "한국어", "한글"), "en": ("en", "eng", "english", "영어")}


def sheet(book: Sequence[Cells], name: str, faults: Faults) -> Headed | None:
    """The sheet of this name with its columns: "type", "name", "label:ko", "label:" (no language said) …"""
    cells = find(book, name)
    if cells is None or not cells.rows:
        return None
    number, head = cells.rows[0]
    columns: dict[str, tuple[int, str]] = {}
    for place, written in head.items():
        key = _key(written)
        if key in columns:
            faults.note("sheet.fault.double_heading", cells.name, number, place, heading=written.strip())
        else:
            columns[key] = (place, written.strip())
    return Headed(cells.name, number, columns, cells.rows[1:])


def _key(written: str) -> str:
    text = " ".join(written.split()).lower()
    if text in _SYNONYMS:
        return _SYNONYMS[text]
    base, marks, spoken = text.partition("::") if "::" in text else text.partition(":")
    base = _SYNONYMS.get(base.strip(), base.strip().replace(" ", "_"))
    if base in _TEXTS:
        return f"{base}:{language(spoken)}"
    return f"{base}::{spoken.strip()}" if marks else base


def language(spoken: str) -> str:
    """The code of a language as an XLSForm names it: "Korean (ko)" -> "ko", "english" -> "en"; what is neither stays as it is."""
    text = spoken.strip()
    code = _CODE.search(text)
    name = (code[1] if code else text).lower()
    return next((key for key, names in _NAMES.items() if name in names or name.partition("-")[0] == key), text)


class Speech:
    """Which texts of the form are Korean and which English."""

    def __init__(self, sheets: Iterable[Headed | None], default: str) -> None:
        found = [sheet for sheet in sheets if sheet is not None]
        spoken = [name.partition(":")[2] for sheet in found for name in sheet.columns if name.partition(":")[0] in _TEXTS]
        fallback = language(default) if language(default) in _NAMES else "ko" if _hangul(found) else "en"
        self._of = {one: one if one in _NAMES else fallback if one == "" else "" for one in spoken}
        foreign = [one for one in dict.fromkeys(spoken) if self._of[one] == ""]
        self.substitute = None
        if foreign and not any(self._of.values()):
            self.substitute = foreign[0]
            self._of[foreign[0]] = "en"
        self.dropped = tuple(one for one in foreign if one != self.substitute)
        self.languages = tuple(one for one in _NAMES if one in self._of.values()) or (fallback,)
        self.fallback = fallback

    def texts(self, line: Line, column: str) -> Mapping[str, str]:
        """The texts of a label or hint by language; one in a named language stands before one in none."""
        result: dict[str, str] = {}
        for name, text in sorted(line.texts.items(), reverse=True):
            base, _, spoken = name.partition(":")
            if base == column and (to := self._of.get(spoken)):
                result.setdefault(to, text.strip())
        return {one: result[one] for one in _NAMES if one in result}


def _hangul(sheets: Iterable[Headed]) -> bool:
    columns = [({sheet.columns[name][0] for name in sheet.columns if name.startswith(_TEXTS)}, sheet) for sheet in sheets]
    return any(re.search("[가-힣]", text) for places, sheet in columns for _n, row in sheet.body for c, text in row.items() if c in places)
