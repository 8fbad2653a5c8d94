"""The columns of a table as pieces of JSON objects ('"Q1":5,'), so that a document per row is one concatenation.

Every distinct cell text is read once; rows are served from the small table of its outcome.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

import polars as pl

from cxdash.ingest import clean, missing, multi
from cxdash.ingest.plan import Column, Said
from cxdash.ingest.point import Gone, Rating
from cxdash.ingest.problems import Problems

COMMENT_MOST = 10_000  # characters of a comment that are kept; the cell is listed as a problem when it has more
_CONTROL = "[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f]"


def _key(code: str) -> str:
    return json.dumps(code, ensure_ascii=False) + ":"


def _serve(texts: pl.Series, read: Callable[[str], tuple[str | None, Said | None]], header: str, problems: Problems) -> pl.Series:
    """`read` applied to every distinct text; its first part per row (null = nothing), its second to the problems."""
    distinct = texts.drop_nulls().unique()
    pieces: list[str | None] = []
    wrong: dict[str, Said] = {}
    for text in distinct.to_list():
        piece, said = read(text)
        pieces.append(piece)
        if said is not None:
            wrong[text] = said
    if not wrong and not any(pieces):
        return pl.Series("p", [None], dtype=pl.Utf8).new_from_index(0, len(texts))
    at = texts.cast(pl.Enum(distinct)).to_physical()  # numbers the texts in one pass: half the time of replace_strict
    if wrong:
        problems.cells(header, distinct, at, wrong)
    return pl.Series("p", pieces, dtype=pl.Utf8).gather(at)


def rating(texts: pl.Series, column: Column, problems: Problems) -> pl.Series:
    """'"code":point,' per row, null where there is no point."""
    reader, key = Rating(column), _key(column.code)

    def read(text: str) -> tuple[str | None, Said | None]:
        found = reader.read(text)
        return None if found.point is None else f"{key}{found.point},", found.problem

    return _serve(texts, read, column.header, problems)


def attribute(texts: pl.Series, column: Column, problems: Problems) -> pl.Series:
    """'"key":"text",' per row: the value's label where the mapping gives one, else the text in its one spelling."""
    gone, key = Gone(column.missing), _key(column.code)
    labels = {clean.key(raw): str(label) for raw, label in column.codes.items()}

    def read(text: str) -> tuple[str | None, Said | None]:
        if gone.has(text):
            return None, None
        if clean.is_error(text):
            return None, Said("scale.problem.error_cell", {"value": clean.norm(text)})
        word = labels.get(clean.key(text)) or clean.norm(text)
        return f"{key}{json.dumps(word, ensure_ascii=False)},", None

    return _serve(texts, read, column.header, problems)


def comment(texts: pl.Series, column: Column, problems: Problems) -> pl.Series:
    """'"code":"text",' per row. Line breaks stay, other control characters go; what exceeds COMMENT_MOST is cut and listed."""
    said_nothing = (
        [text for text in texts.filter(texts.str.len_chars() <= 60).drop_nulls().unique().to_list() if Gone(column.missing).has(text)]
        if column.missing
        else []
    )
    plain = texts.str.replace_all("_x000[dD]_", "").str.replace_all("\r\n?", "\n").str.replace_all(_CONTROL, "").str.strip_chars()
    plain = plain.set((plain == "") | texts.is_in(said_nothing), None)
    errors = {
        text: Said("scale.problem.error_cell", {"value": text})
        for text in plain.filter(plain.str.starts_with("#")).unique().to_list()
        if clean.is_error(text)
    }
    if errors:
        for text, said in errors.items():
            problems.marked(column.header, plain, plain == text, said)
        plain = plain.set(plain.is_in(list(errors)).fill_null(False), None)
    long = plain.str.len_chars() > COMMENT_MOST
    if long.any():
        problems.marked(column.header, plain, long, Said("scale.problem.long_comment", {"most": COMMENT_MOST}))
        plain = plain.str.slice(0, COMMENT_MOST)
    text = pl.struct(pl.col("c")).struct.json_encode()  # {"c":"…"}
    body = pl.when(pl.col("c").is_not_null()).then(pl.lit(_key(column.code)) + text.str.slice(5, None).str.head(-1) + ",")
    return plain.alias("c").to_frame().select(body.alias("p"))["p"]


def multiple(table: Mapping[int, pl.Series], columns: Sequence[Column], problems: Problems) -> pl.Series:
    """'"code":[1,4],' per row from one cell with a separator, or from the columns of one block; null where nothing was chosen."""
    if len(columns) == 1 and columns[0].separator:
        return _separated(table[columns[0].index], columns[0], problems)
    parts = [_slot(table[column.index], column, problems).cast(pl.Int16, strict=False).alias(str(i)) for i, column in enumerate(columns)]
    chosen = pl.DataFrame(parts).select(pl.concat_list(pl.all()).list.drop_nulls().list.unique().list.sort().alias("l"))
    text = pl.col("l").list.eval(pl.element().cast(pl.Utf8)).list.join(",")
    return chosen.select(pl.when(pl.col("l").list.len() > 0).then(pl.lit(_key(columns[0].code) + "[") + text + "],").alias("p"))["p"]


def _slot(texts: pl.Series, column: Column, problems: Problems) -> pl.Series:
    """The option number (as text) of a column that holds one option, marked or not."""
    gone = Gone(column.missing)
    options = {clean.key(text): number for text, number in column.codes.items() if isinstance(number, int)}

    def read(text: str) -> tuple[str | None, Said | None]:
        number = options.get(clean.key(text), options.get(str(clean.whole(text))))
        if number is not None and not gone.has(text):
            return str(number), None
        if gone.has(text) or clean.key(text) in _UNMARKED or missing.says_nothing(text):
            return None, None
        return None, _odd_option(text, options)

    return _serve(texts, read, column.header, problems)


_UNMARKED = frozenset(
    {"0", "0.0", "no", "n", "false", "아니오", "아니요", "미선택", "선택 안 함", "선택안함", "unchecked", "not selected", "no selection"}
)


def _separated(texts: pl.Series, column: Column, problems: Problems) -> pl.Series:
    """One cell with several options. Texts that are no option count as the option "other" where there is one, else they are listed."""
    gone, key, separator = Gone(column.missing), _key(column.code), column.separator or ","
    options = tuple(str(text) for text in column.codes)
    numbers = [int(number) for number in column.codes.values()]
    other = multi.other(options)

    def read(text: str) -> tuple[str | None, Said | None]:
        if gone.has(text):
            return None, None
        if clean.is_error(text):
            return None, Said("scale.problem.error_cell", {"value": clean.norm(text)})
        found, odd = multi.split(text, separator, options)
        odd = [part for part in odd if not gone.has(part) and not missing.says_nothing(part)]
        if odd and other is not None:
            found, odd = [*found, other], []
        chosen = sorted({numbers[i] for i in found})
        piece = f"{key}[{','.join(map(str, chosen))}]," if chosen else None
        return piece, _odd_option(", ".join(odd), column.codes) if odd else None

    return _serve(texts, read, column.header, problems)


def _odd_option(text: str, options: Mapping[str, object]) -> Said:
    return Said("scale.problem.not_an_option", {"texts": clean.norm(text)[:200], "options": len(options)})
