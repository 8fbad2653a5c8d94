"""The words of the questionnaire workbook (texts/sheet.json): names of sheets and columns, and words for what a cell may say.

They are part of the file's format, in Korean and English, and a file is read in either, whatever language it was written in.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from cxdash.survey.bank import FOLDER
from cxdash.terms import plain

SHEETS = ("journey", "questions", "answers", "settings")
TEXT_COLUMNS: Mapping[str, tuple[str, ...]] = {  # columns that stand there once per language
    "journey": ("name",), "questions": ("wording", "help"), "answers": ("label",), "settings": ("text",)}
CHOSEN: Mapping[str, Mapping[str, str]] = {  # columns whose cells are words to choose from
    "journey": {"audience": "audience", "gate": "yes", "shuffle": "yes", "domain": "domain", "initiative": "initiative", "retired": "yes"},
    "questions": {"kind": "kind", "measure": "measure", "required": "yes", "direction": "direction", "if_op": "op", "retired": "yes"},
    "answers": {},
    "settings": {},
}
_LANGUAGE = re.compile(r"(.*?)\s*\(([^()]*)\)", re.DOTALL)


@lru_cache(maxsize=1)
def texts() -> dict[str, Any]:
    """texts/sheet.json. Not to be changed by who reads it."""
    return json.loads((FOLDER / "sheet.json").read_text(encoding="utf-8"))


def sheet_name(sheet: str, language: str) -> str:
    """journey -> "여정"."""
    return texts()["sheets"][sheet][language]


def sheet_names(sheet: str) -> tuple[str, ...]:
    """A sheet's name in every language, and its key."""
    return (*texts()["sheets"][sheet].values(), sheet)


def heading(sheet: str, column: str, language: str) -> str:
    """The heading of a column; a text column of a language is named "wording:ko".

    >>> heading("questions", "wording:en", "ko")
    '문항 내용 (영어)'
    """
    key, _, of = column.partition(":")
    word = texts()["columns"][sheet][key][language]
    return f"{word} ({texts()['languages'].get(of, {}).get(language, of)})" if of else word


def column_of(sheet: str, written: str) -> str | None:
    """The column a heading names, in either language; None for a foreign one.

    >>> column_of("questions", " Wording (korean)"), column_of("questions", "유형"), column_of("questions", "비고")
    ('wording:ko', 'kind', None)
    """
    known = _columns(sheet)
    if (found := known.get(plain(written))) is not None:
        return None if found in TEXT_COLUMNS[sheet] else found
    match = _LANGUAGE.fullmatch(" ".join(written.replace("（", "(").replace("）", ")").split()))
    key = known.get(plain(match[1])) if match else None
    if match is None or key not in TEXT_COLUMNS[sheet] or not match[2].strip():
        return None
    return f"{key}:{language_of(match[2])}"


def columns_of(sheet: str, languages: Iterable[str]) -> tuple[str, ...]:
    """All columns of a sheet in order, text columns once per language."""
    spread = tuple(languages)
    keys = texts()["columns"][sheet]
    return tuple(one for key in keys for one in ([f"{key}:{of}" for of in spread] if key in TEXT_COLUMNS[sheet] else [key]))


def word(family: str, key: str | None, language: str) -> str:
    """What a cell says for a key: ("kind", "rating") -> "평가"; "" for None."""
    return "" if key is None else texts()["words"][family][key][language]


def words(family: str, language: str) -> tuple[str, ...]:
    """All words a cell may say, in the order to choose from."""
    return tuple(entry[language] for entry in texts()["words"][family].values())


def key_of(family: str, written: str) -> str | None:
    """The key of a word of either language, or of the key itself; None when it is none of them."""
    return _keys(family).get(plain(written))


def item(key: str, language: str) -> str:
    """What a row of the settings sheet is called."""
    return texts()["settings"][key][language]


def language_of(written: str) -> str:
    """The code of a language as people write it; what is unknown stays as it is.

    >>> language_of(" 한국어 "), language_of("EN"), language_of("fr")
    ('ko', 'en', 'fr')
    """
    return _languages().get(plain(written), written.strip())


@lru_cache(maxsize=16)
def _keys(family: str) -> dict[str, str]:
    entries = texts()["settings"] if family == "settings" else texts()["words"][family]
    known = {plain(form): key for key, entry in entries.items() for form in (key, *entry.values())}
    return known | {plain(form): key for key, forms in texts()["also"].get(family, {}).items() for form in forms}


@lru_cache(maxsize=8)
def _columns(sheet: str) -> dict[str, str]:
    return {plain(form): key for key, entry in texts()["columns"][sheet].items() for form in (key, *entry.values())}


@lru_cache(maxsize=1)
def _languages() -> dict[str, str]:
    return {plain(form): key for key, entry in texts()["languages"].items() for form in (key, *entry.values())}
