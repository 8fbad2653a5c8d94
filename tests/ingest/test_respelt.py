"""A header of the next wave that says the same in other marks is the same question; one that says something else is not."""

from __future__ import annotations

import pytest

from cxdash.ingest.plan import Known, Proposal
from tests.ingest.grids import choice, ids, proposal, scores, table

N = 60
OLD = "추천의향(0~10)"


def _next(header: str, answers: list[object]) -> Proposal:
    first = proposal(table(["응답자ID", "지점", OLD], ids(N), choice("가나", N), scores(0, 10, N)))
    known = [Known(c.header, c.occurrence, c) for c in first.mapping.columns]
    return proposal(table(["응답자ID", "지점", header], ids(N), choice("가나", N), answers), known=known)


@pytest.mark.parametrize("header", ["추천의향(0~10점)", "추천 의향 [0-10점 척도]", "추천의향*", "추천의향"])
def test_other_marks_are_the_same_question_and_told(header: str) -> None:
    found = _next(header, list(scores(0, 10, N, seed=4)))
    column = found.mapping.columns[2]
    assert column.known and column.code == "추천의향_0_10" and column.scale.is_nps
    told = [note.params for note in found.notes if note.key == "ingest.note.renamed"]
    assert told == [{"old": OLD, "new": header}]


@pytest.mark.parametrize(
    ("header", "answers"), [("추천의향(배송)", scores(0, 10, N, seed=4)), ("추천의향(1~5점)", scores(1, 5, N)), ("추천의향2", scores(0, 10, N, seed=4))]
)
def test_another_item_and_another_scale_stay_their_own(header: str, answers: list[object]) -> None:
    column = _next(header, list(answers)).mapping.columns[2]
    assert not column.known and column.code != "추천의향_0_10"
