"""Grids of random rubbish: a proposal or one error that names the cause, never anything else."""

from __future__ import annotations

import random

from cxdash.errors import CxError
from tests.ingest.grids import grid, proposal

CELLS = (
    "", "  ", None, "합계", "Total", "1", "2", "3", "5", "10", "11", "99", "-1", "1.5", "12%", "매우 만족", "만족", "보통", "N/A", "해당없음",
    "2025-03-01",
    "2025. 3. 1 오후 3:12:01", "01/11/2017", "12/31/1899 11:30:00 AM", "1-1", "Q1", "Response", '{"ImportId":"x"}', "예", "아니오", "Yes", "No",
    "=cmd()", "#N/A",
    "a,b;c", "긴 문장입니다 " * 5, "010-1234-5678", "x@y.com", "\ufeff", "\u200b", "０", "①", "5점", "매우 만족(5)", "nan",
    "1e400", "9" * 400, "٣", "½", "2025-13-45",
    "00:00", "만족도", "불만족 이유", "이름", "id", "가중치", "TRUE", "\x00", "🙂",
)  # fmt: skip


def _rubbish(seed: int) -> tuple[list[list[str | None]], tuple]:
    r = random.Random(seed)
    width = r.randint(1, 9)
    pools = [r.sample(CELLS, r.randint(1, 8)) for _ in range(width)]
    rows = [[r.choice(pool if r.random() < 0.9 else CELLS) for pool in pools] for _ in range(r.randint(1, 40))]
    if r.random() < 0.6:
        rows = [[r.choice(CELLS) if r.random() < 0.8 else f"h{i}" for i in range(width)] for _ in range(r.randint(1, 3))] + rows
    merged = []
    for _ in range(r.randint(0, 3)):
        top, left = r.randint(0, 2), r.randint(0, width - 1)
        merged.append((top, left, top + r.randint(0, 1), min(width - 1, left + r.randint(0, 3))))
    return rows, tuple(merged)


def test_rubbish_never_breaks_a_proposal() -> None:
    outcomes = set()
    for seed in range(240):
        rows, merged = _rubbish(seed)
        try:
            found = proposal(grid(rows, merged=merged, first_row=1 + seed % 4))
        except CxError as error:
            outcomes.add(error.key)
            continue
        outcomes.add("proposal")
        columns = found.mapping.columns
        codes = [c.code for c in columns if c.code and c.group is None]
        assert len(codes) == len(set(codes))
        assert all(0 <= c.certainty <= 1 and c.header and c.reason is not None and 0 <= c.n + c.blank <= found.rows for c in columns)
        assert found.rows + len(found.mapping.layout.skipped) <= len(rows)
    assert "proposal" in outcomes and len(outcomes) > 1
