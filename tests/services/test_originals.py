"""The list of problems with the rows as they stand in the file."""

from __future__ import annotations

import io
from pathlib import Path

import openpyxl

from cxdash.export.problems import problems_xlsx
from cxdash.services import history, imports
from cxdash.services.actor import LOCAL
from tests import house


def test_reason_stands_beside_the_row_of_the_file(tmp_path: Path) -> None:
    deps = house.build(tmp_path / "home")
    path = tmp_path / "조사.csv"
    lines = [f"2026-03-{i % 28 + 1:02d},{'강남' if i % 2 else '종로'},{'아주 좋음!!' if i == 7 else i % 11}" for i in range(60)]
    path.write_text("\n".join(["응답일,지점,추천 의향(0~10점)", *lines]), encoding="utf-8")
    mapping = imports.inspect(deps, LOCAL, path, name=path.name).proposal.mapping
    done = imports.commit(deps, LOCAL, path, name=path.name, order=imports.Order("조사", "1", mapping))
    assert done.id is not None and done.problem_cells == 1
    assert history.problem_count(deps, LOCAL, import_id=done.id) == 1
    rows = history.original_rows(deps, LOCAL, path, name=path.name, mapping=mapping, import_id=done.id)
    book = openpyxl.load_workbook(io.BytesIO(problems_xlsx(history.problems(deps, LOCAL, import_id=done.id), lang="ko", originals=rows)))
    table = list(book.worksheets[0].iter_rows(values_only=True))
    assert len(table) == 2 and table[1][0] == 9 and "아주 좋음!!" in table[1] and table[1][1]
    house.close(deps)
