"""The short way of reading a page says what the long way says, or nothing."""

from __future__ import annotations

import random

from cxdash.survey import answers, flow
from cxdash.survey.form import Form, FormQuestion, FormStage, Option
from cxdash.terms import Scale

TITLE = {"ko": "설문"}


def form() -> Form:
    return Form(
        TITLE,
        questions=(
            FormQuestion("nps", "rating", "recommend", TITLE, scale=Scale(0, 10), required=True),
            FormQuestion("all", "rating", "overall", TITLE, scale=Scale(1, 5)),
            FormQuestion("which", "choice", "other", TITLE, options=(Option(1, {"ko": "가"}), Option(2, {"ko": "나"}))),
            FormQuestion("some", "multi", "multi", TITLE, options=(Option(1, {"ko": "가"}), Option(2, {"ko": "나"}))),
            FormQuestion("why", "text", "comment", TITLE),
            FormQuestion("n", "number", "other", TITLE, scale=Scale(0, 100)),
        ),
    )


SENT = {
    "nps": [["0"], ["10"], ["11"], [" 7 "], [""], ["3", "4"], ["x"], []],
    "all": [["1"], ["05"], ["0"], [""]],
    "which": [["1"], ["3"], [""], ["1", "2"]],
    "some": [["1"], ["2", "1"], ["9"], ["", "1"]],
    "why": [["좋아요 "], [" "], ["x" * 3_000], ["\u202e!"]],
    "n": [["7"], ["1,000"], ["0.5"], ["-"]],
    "strange": [["1"], [""]],
    "_go": [["next"], ["back", "next"]],
}


def test_what_is_read_shortly_is_what_is_read_at_length() -> None:
    asked, chosen, taken = form(), random.Random(4), 0
    [page] = flow.pages(asked, {})
    for _ in range(5_000):
        raw = {name: chosen.choice(ways) for name, ways in SENT.items() if chosen.random() < (0.1 if name == "strange" else 0.8)}
        long, short = answers.read(asked, page, raw), answers.exact(page, raw)
        assert short == (dict(long.values) if long.ok else None), raw
        taken += short is not None
    assert taken > 100


def test_which_questionnaires_are_straight() -> None:
    plain = form()
    assert flow.is_straight(plain)
    staged = FormQuestion("s", "rating", "stage", TITLE, stage="buy", scale=Scale(1, 5))

    def with_stage(**given: object) -> Form:
        return Form(TITLE, stages=(FormStage("buy", TITLE, **given),), questions=(staged,))  # type: ignore[arg-type]

    assert flow.is_straight(with_stage())
    assert not flow.is_straight(with_stage(gate=True))
    assert not flow.is_straight(with_stage(audience="existing"))
    assert not flow.is_straight(with_stage(shuffle=True))
