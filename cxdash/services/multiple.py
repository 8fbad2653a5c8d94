"""Multi-response questions of a mapping: which options they have, and the numbers these keep for good.

A mapping says cell text -> number per column, in one of three shapes: several options in one cell (a separator), one option per
column whose cell is marked ("1", "Y", the option's own text), or several columns that hold one option each out of a shared list.
Stored answers are option numbers 1..n in the order of `Question.options`; the same text keeps its number in every later file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from os.path import commonprefix

from cxdash.errors import FileMapping
from cxdash.ingest import missing, multi
from cxdash.ingest.plan import Column, Mapping
from cxdash.store.questions import number_options
from cxdash.terms import Role, plain


def blocks(columns: Sequence[Column]) -> dict[str, list[Column]]:
    """Question code -> its columns, for the multi-response questions of a mapping."""
    found: dict[str, list[Column]] = {}
    for column in columns:
        if column.role is Role.MULTI:
            found.setdefault(column.code, []).append(column)
    return found


def options(block: Sequence[Column]) -> dict[int, str]:
    """Number in the mapping -> text of the option, by number. FileMapping when a number is not a whole one."""
    marked = _one_per_column(block)
    texts: dict[int, str] = {}
    for column in block:
        for text, number in column.codes.items():
            texts.setdefault(_whole(column, number), _title(column, text) if marked else str(text))
    return dict(sorted(texts.items()))


def renumbered(block: Sequence[Column], stored: Sequence[str]) -> list[Column]:
    """The columns with the numbers under which the options are stored: known texts keep theirs, new ones follow."""
    texts = options(block)
    numbers = number_options(stored, texts.values())
    return [replace(c, codes={text: numbers[texts[_whole(c, number)]] for text, number in c.codes.items()}) for c in block]


def widened(mapping: Mapping) -> Mapping:
    """A proposal in which recognised questions also have the options that this file brings for the first time.

    Texts of a question with an option "other" count there, as before.
    """
    final = {code: iter(_widened(block)) for code, block in blocks(mapping.columns).items()}
    return replace(mapping, columns=tuple(next(final[c.code]) if c.role is Role.MULTI else c for c in mapping.columns))


def _widened(block: list[Column]) -> list[Column]:
    if not all(c.known and c.codes for c in block) or _one_per_column(block) or multi.other([str(t) for t in block[0].codes]) is not None:
        return block
    known = {plain(str(text)) for c in block for text in c.codes}
    fresh = dict.fromkeys(text for c in block for text in _met(c) if plain(text) not in known)
    following = max(options(block), default=0) + 1
    added = {text: number for number, text in enumerate(fresh, start=following)}
    return [replace(c, codes={**c.codes, **added}) for c in block]


def _met(column: Column) -> list[str]:
    """Option texts among the cells of this file."""
    if column.separator:
        found = multi.guess(column.values, column.header)
        return list(found.options) if found and found.separator == column.separator else []
    gone = {plain(text) for text in column.missing}
    return [text for text, _ in column.values if plain(text) not in gone and not missing.says_nothing(text)]


def wording(block: Sequence[Column]) -> str:
    """The question above the options: what the headers of its columns begin with in common, else the code."""
    if len(block) == 1:
        return block[0].wording or block[0].header or block[0].code
    shared = commonprefix([c.header for c in block]).rstrip(" /-_:([.")
    return shared if len(shared) >= (3 if shared.isascii() else 2) else block[0].code


def _one_per_column(block: Sequence[Column]) -> bool:
    """Whether each column stands for one option of its own."""
    numbers = [set(c.codes.values()) for c in block]
    if any(c.separator for c in block) or any(len(n) > 1 for n in numbers):
        return False
    told = [next(iter(n)) for n in numbers if n]
    return len(block) > 1 and len(set(told)) == len(told)


def _title(column: Column, mark: str) -> str:
    """The option of a marked column: its wording, else what its header says."""
    return column.wording or column.header.rpartition(" / ")[2] or mark


def _whole(column: Column, number: int | str) -> int:
    try:
        return int(number)
    except ValueError as error:
        raise FileMapping("service.mapping.option_number", header=column.header, code=column.code, value=str(number)) from error
