"""Rows given back as they stand in the file."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from cxdash import ingest


def test_rows_come_back_with_their_numbers_and_without_personal_columns(tmp_path: Path) -> None:
    path = tmp_path / "설문.csv"
    lines = ["응답 결과,,,", "이름,휴대폰 번호,만족도(1~5점),만족도(1~5점)"]
    lines += [f"김{i:03d},010-1234-{i:04d},{i % 5 + 1},{'없는 점수' if i == 7 else i % 5 + 1}" for i in range(1, 41)]
    path.write_text("\n".join(lines), encoding="utf-8")
    mapping = ingest.inspect(path).mapping
    header = mapping.layout.header_rows[0]
    found = pl.read_parquet(ingest.rows(path, mapping, [header + 7, header + 2], out=tmp_path / "rows.parquet"))
    assert found["row"].to_list() == [header + 2, header + 7]
    assert [c for c in found.columns if "만족도" in c] == ["만족도(1~5점)", "만족도(1~5점) (2)"]
    assert found["만족도(1~5점) (2)"].to_list() == ["3", "없는 점수"]
    assert not any("이름" in c or "휴대폰" in c for c in found.columns)
