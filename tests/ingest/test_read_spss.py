"""SPSS files: codes, labels, missing codes, wordings, dates."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyreadstat
import pytest

from cxdash.errors import FileDamaged
from cxdash.ingest.read import open_file


@pytest.fixture
def sav(tmp_path: Path) -> Path:
    frame = pd.DataFrame(
        {
            "Q1": [5.0, 1.0, 9.0, None],
            "Q2": [0.0, 97.0, 98.0, 10.0],
            "지역": ["서울", "부산", "", "서울"],
            "wt": [0.2847177143, 1.0, 2.5, 1.25],
            "day": pd.to_datetime(["2023-07-21", "2023-07-22", None, "2023-07-24"]).date,
            "at": pd.to_datetime(["2023-07-21 18:25:06", "2023-07-22", "2023-07-23", None], format="ISO8601"),
        }
    )
    path = tmp_path / "survey.sav"
    pyreadstat.write_sav(
        frame,
        str(path),
        column_labels={"Q1": "전반적 만족도", "Q2": "추천 의향"},
        variable_value_labels={"Q1": {1: "매우 불만족", 5: "매우 만족", 9: "무응답"}},
        missing_ranges={"Q1": [9], "Q2": [{"lo": 97, "hi": 99}]},
    )
    return path


def test_codes_labels_missing_and_wordings(sav: Path) -> None:
    book = open_file(sav, "2023 조사.sav")
    found = book.grid("2023 조사")
    assert book.format == "sav"
    assert found.cells.row(0) == ("Q1", "Q2", "지역", "wt", "day", "at")
    assert found.cells.row(1) == ("5", "0", "서울", "0.2847177143", "2023-07-21", "2023-07-21 18:25:06")
    assert found.cells.row(3) == ("9", "98", None, "2.5", None, "2023-07-23 00:00:00")
    assert found.cells.row(4)[0] is None
    assert found.value_labels == {0: {"1": "매우 불만족", "5": "매우 만족", "9": "무응답"}}
    assert found.user_missing == {0: ("9",), 1: ("97", "98")}
    assert found.wordings == {0: "전반적 만족도", 1: "추천 의향"}
    assert found.dated == {4, 5} and (found.first_row, found.first_column) == (1, 1)


def test_compressed_and_damaged(sav: Path, tmp_path: Path) -> None:
    frame, meta = pyreadstat.read_sav(str(sav))
    packed = tmp_path / "z.zsav"
    pyreadstat.write_sav(frame, str(packed), compress=True)
    assert open_file(packed).sheets()[0].rows == 5
    cut = tmp_path / "cut.sav"
    cut.write_bytes(sav.read_bytes()[:300])
    with pytest.raises(FileDamaged):
        open_file(cut)
