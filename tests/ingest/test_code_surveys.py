"""Real survey files from their values alone: proposed scales, then coded, against independently computed results (expected.json)."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from cxdash.ingest import multi, scales
from cxdash.ingest.coding import code
from cxdash.ingest.plan import Column, Grid, Layout, Mapping
from cxdash.terms import Direction, Role

Table = tuple[list[str], list[list[str]]]


def table(path: Path, encoding: str) -> Table:
    with path.open(encoding=encoding, newline="") as file:
        rows = list(csv.reader(file))
    return rows[0], rows[1:]


def values(rows: list[list[str]], index: int) -> list[tuple[str, int]]:
    return Counter(row[index] for row in rows if row[index]).most_common(200)


def coded(folder: Path, data: Table, columns: list[Column]) -> pl.DataFrame:
    head, rows = data
    cells = pl.DataFrame(
        {str(i): [row[i] or None for row in rows] for i in range(len(head))}, schema={str(i): pl.Utf8 for i in range(len(head))}
    )
    out = code(Grid("s", cells, first_row=2), Mapping(Layout("s", (1,), 2, len(rows) + 1), tuple(columns)), out=folder)
    answers = pl.read_parquet(out.responses)["answers"].to_list()
    return pl.DataFrame(
        [{column.code: json.loads(row).get(column.code) for column in columns} for row in answers],
        schema={column.code: pl.Int16 for column in columns},
    )


def proposal(data: Table, name: str) -> Column:
    head, rows = data
    index = head.index(name)
    near = [i for step in range(1, 13) for i in (index - step, index + step) if 0 <= i < len(head)]
    found = scales.guess(values(rows, index), name, siblings=[(head[i], values(rows, i)) for i in near])
    assert found is not None, name
    return Column(index, name, Role.RATING, code=name, scale=found.scale, codes=found.codes, missing=found.missing)


def test_sfo_recommend_and_every_touchpoint(shared_data: Path, tmp_path: Path) -> None:
    expect: dict[str, Any] = json.loads((shared_data / "surveys/expected.json").read_text())["recipes"]["sfo_2017"]["expect"]["2017"]
    data = table(shared_data / "surveys/sfo_2017.csv", "utf-8")
    wanted = {
        **expect["journey_items_Q7"],
        "Q7ALL": expect["csat_overall_Q7ALL"],
        "Q9ALL": expect["cleanliness_Q9ALL"],
        "Q10SAFE": expect["safety_Q10SAFE"],
        "Q13GETRATE": expect["getting_there_Q13GETRATE"],
    }
    columns = [proposal(data, name) for name in ("NETPRO", *wanted)]
    assert columns[0].scale is not None and columns[0].scale.is_nps and columns[0].missing == ("11",)
    frame = coded(tmp_path, data, columns)
    for column in columns[1:]:
        assert column.scale is not None and (column.scale.lo, column.scale.hi) == (1, 5), column.header
        assert frame[column.code].drop_nulls().len() == wanted[column.code]["n"], column.header
        assert frame[column.code].mean() == pytest.approx(wanted[column.code]["mean"], abs=5e-5), column.header
    score = frame["NETPRO"].drop_nulls()
    assert score.len() == expect["nps"]["n"]
    assert 100 * ((score >= 9).mean() - (score <= 6).mean()) == pytest.approx(expect["nps"]["nps"], abs=5e-5)


@pytest.mark.parametrize("year", [2017, 2019])
def test_suwon_satisfaction_and_its_not_used_code(shared_data: Path, tmp_path: Path, year: int) -> None:
    expect = json.loads((shared_data / "surveys/expected.json").read_text())["recipes"]["suwon"]["expect"][str(year)]
    data = table(shared_data / f"surveys/suwon_social_survey_{year}_cp949.csv", "cp949")
    names = {item: name for item, name in expect["columns_used"].items() if item in expect["items"]}
    columns = {item: proposal(data, name) for item, name in names.items()}
    frame = coded(tmp_path, data, list(columns.values()))
    for item, column in columns.items():
        assert (
            column.scale is not None and (column.scale.lo, column.scale.hi) == (1, 5) and column.scale.direction is Direction.HIGH
        )  # the numbers alone cannot tell
        points = frame[column.code].drop_nulls()
        assert points.len() == expect["items"][item]["n"] and 6 - points.mean() == pytest.approx(
            expect["items"][item]["mean_reversed"], abs=5e-5
        )


def test_kiosk_multiple_answers(shared_data: Path) -> None:
    import fastexcel

    expect = json.loads((shared_data / "surveys/expected.json").read_text())["recipes"]["kiosk_servqual"]["expect"]
    sheet = (
        fastexcel.read_excel(shared_data / "surveys/kiosk_servqual_2019_googleforms_REDACTED.xlsx")
        .load_sheet(0, dtypes="string")
        .to_polars()
    )
    for word, truth in (("종류에", "multi_response_kiosk_types"), ("동기는", "multi_response_motives")):
        name = next(name for name in sheet.columns if word in name)
        cells = sheet[name].drop_nulls().value_counts(sort=True).rows()
        found = multi.guess(cells, name)
        assert found is not None and found.certainty > 0.9
        tally: Counter[str] = Counter()
        for text, count in cells:
            picked, odd = multi.split(text, found.separator, found.options)
            assert not odd
            tally.update({found.options[i]: count for i in picked})
        assert {option: tally[option] for option in expect[truth]} == expect[truth]
        assert not set(tally) & {"주문", "결제시간이 절약되어서", "메뉴의 선택", "편집이 쉬워서"}
