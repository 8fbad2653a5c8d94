"""What makes text from outside safe to put into a cell: never a formula, never a broken file, and nothing lost in silence.

Excel, LibreOffice and web spreadsheets read a cell that begins with = + - @ (also in full-width and small forms) as a formula when
they open a CSV file or when somebody edits the cell. Control characters may not stand in a workbook at all; they become their
visible pictures (␀ ␁ …). In a workbook a line ends with LF alone, as Excel writes it.
"""

from __future__ import annotations

import re

import polars as pl

CELL_MAX = 32_767  # UTF-16 units in one cell
APOSTROPHE = "'"
_SIGNS = "=+\\-@＝＋－＠﹢﹣﹦﹫−"
FORMULA = rf"^(?:[\t\r\n]|[\s\x00-\x1f\x{{85}}\x{{a0}}\x{{200b}}\x{{200e}}\x{{200f}}\x{{2060}}\x{{feff}}]*[{_SIGNS}])"
_FORMULA_PY = re.compile(re.sub(r"\\x\{([0-9a-f]+)\}", lambda m: f"\\u{int(m[1], 16):04x}", FORMULA))
_CONTROLS = [chr(i) for i in range(0x20) if chr(i) not in "\t\n\r"]
_FORBIDDEN = [*_CONTROLS, "\ufffe", "\uffff"]  # characters that XML 1.0 has no way to write
_SHOWN = [*(chr(0x2400 + ord(c)) for c in _CONTROLS), "\ufffd", "\ufffd"]
_ANY_FORBIDDEN = re.compile("[" + "".join(map(re.escape, _FORBIDDEN)) + "]")
_TABLE = str.maketrans(dict(zip(_FORBIDDEN, _SHOWN, strict=True)))


def is_formula_like(text: str) -> bool:
    """Whether a spreadsheet could take the text for a formula.

    >>> [is_formula_like(t) for t in ("=1+1", "＝1", " -5", "a=1", "")]
    [True, True, True, False, False]
    """
    return bool(_FORMULA_PY.search(text))


def visible(text: str) -> str:
    """The text without characters that a workbook cannot hold, each shown as its picture."""
    return text.translate(_TABLE) if _ANY_FORBIDDEN.search(text) else text


def visible_expr(column: pl.Expr) -> pl.Expr:
    return column.str.replace_many(_FORBIDDEN, _SHOWN)


def csv_text(text: str) -> str:
    """The text for a CSV cell: an apostrophe in front of what could be a formula."""
    shown = visible(text)
    return APOSTROPHE + shown if is_formula_like(text) else shown


def units(text: str) -> int:
    """Length as Excel counts it, in UTF-16 units."""
    return len(text) + sum(c > "\uffff" for c in text)


def cut(text: str, ending: str, limit: int = CELL_MAX) -> str:
    """The beginning of a text that is too long for a cell, with `ending` as its last words."""
    if units(text) <= limit:
        return text
    room = limit - units(ending)
    kept = text[:room]
    while units(kept) > room:
        kept = kept[: len(kept) - max(1, (units(kept) - room) // 2)]
    return kept + ending
