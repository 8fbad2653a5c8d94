"""Pages: gates, audiences, conditions, order, progress; answers that do not apply never come out."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings, strategies as st

from cxdash.survey import answers, flow
from cxdash.survey.form import GATE, Condition, Form
from tests.survey.forms import CUSTOMER, choice, comment, forms, multi, of_factors, rating, sendable, stage


def keys(form: Form, given_: dict[str, object], seed: str = "") -> list[str]:
    return [page.key for page in flow.pages(form, given_, seed=seed)]


def codes(page: flow.Page) -> list[str]:
    return [item.question.code for item in page.items]


BUY = stage("BUY", 3, gate=True)
USE = stage("USE", 3, audience="existing")
LOOK = stage("LOOK", 2, audience="prospect")
FORM = Form(
    stages=(LOOK, BUY, USE),
    questions=(CUSTOMER, *of_factors(USE), *of_factors(LOOK), *of_factors(BUY), rating("overall", required=True), choice("sex", "f", "m")),
)


def test_stages_come_in_the_order_of_the_journey_and_attributes_apart() -> None:
    everything = {GATE + "BUY": "yes"}
    assert keys(FORM, everything) == ["ask-1", "gates-1", "stage-LOOK", "stage-BUY", "stage-USE", "ask-2", "ask-3"]
    assert [q.code for q in flow.asked(FORM)][:4] == ["customer", "LOOK.F0", "LOOK.F1", "BUY.F0"]


def test_a_stage_is_rated_only_by_those_who_experienced_it() -> None:
    assert "stage-BUY" not in keys(FORM, {}) and "stage-BUY" not in keys(FORM, {GATE + "BUY": "no"})
    assert "stage-BUY" in keys(FORM, {GATE + "BUY": "yes"})
    went_back = {"customer": "existing", GATE + "BUY": "no", "BUY.F0": 5, "overall": 4}
    assert flow.kept(FORM, went_back) == {"customer": "existing", GATE + "BUY": "no", "overall": 4}
    assert flow.unanswered(FORM, went_back) == () and flow.unanswered(FORM, {}) == ("customer", GATE + "BUY", "overall")
    assert flow.experienced(went_back, "BUY") is False and flow.experienced({}, "BUY") is None


def test_customers_see_their_stages_once_it_is_known_which_they_are() -> None:
    assert {"stage-USE", "stage-LOOK"} <= set(keys(FORM, {}))
    assert "stage-USE" not in keys(FORM, {"customer": "prospect"}) and "stage-LOOK" in keys(FORM, {"customer": "prospect"})
    assert "stage-LOOK" not in keys(FORM, {"customer": "existing"}) and "stage-USE" in keys(FORM, {"customer": "existing"})
    gated = replace(FORM, stages=(LOOK, BUY, replace(USE, gate=True)))
    asked = {page.key: [s.code for s in page.gates] for page in flow.pages(gated, {"customer": "prospect", GATE + "USE": "yes"})}
    assert asked["gates-1"] == ["BUY"] and "stage-USE" not in asked


def test_a_chain_of_conditions_falls_with_its_first_link() -> None:
    chain = Form(
        questions=(
            rating("A"),
            comment("B", show_if=Condition("A", "at_most", (2,))),
            rating("C", show_if=Condition("B", "answered")),
            multi("D", 3, show_if=Condition("C", "at_least", (4,))),
            rating("E", show_if=Condition("D", "in", (2, 3))),
        )
    )
    whole = {"A": 1, "B": "왜냐하면", "C": 5, "D": [1, 3], "E": 2}
    assert flow.kept(chain, whole) == whole
    assert flow.kept(chain, {**whole, "A": 3}) == {"A": 3}
    assert flow.kept(chain, {**whole, "D": [1]}) == {"A": 1, "B": "왜냐하면", "C": 5, "D": [1]}


def test_a_question_that_depends_on_the_same_page_waits_there() -> None:
    form = Form(
        stages=(stage("S"),),
        questions=(rating("A", stage="S"), comment("B", stage="S", required=True, show_if=Condition("A", "at_most", (2,)))),
    )
    (page,) = flow.pages(form, {})
    assert [(i.question.code, i.shown, i.depends is not None) for i in page.items] == [("A", True, False), ("B", False, True)]
    assert answers.read(form, page, {"A": ["4"], "B": ["숨은 값"]}).values == {"A": 4}
    assert answers.read(form, page, {"A": ["1"]}).errors["B"].key == "form.answer.required"
    assert answers.read(form, page, {"A": ["1"], "B": [" 느려요 "]}).values == {"A": 1, "B": "느려요"}


def test_a_question_that_no_answer_of_its_page_can_show_is_not_there() -> None:
    form = Form(
        stages=(stage("S"),),
        questions=(rating("X"), rating("A", stage="S", show_if=Condition("X", "at_most", (2,))),
                   comment("B", stage="S", show_if=Condition("A", "answered"))),
    )
    assert keys(form, {"X": 5}) == ["ask-1"] and codes(flow.pages(form, {"X": 1})[1]) == ["A", "B"]


def test_shuffled_factors_keep_one_order_per_visit() -> None:
    many = stage("S", 30, shuffle=True)
    sat = of_factors(many)
    imp = [replace(q, code=q.code + "-I", measure="importance") for q in sat]
    form = Form(stages=(many,), questions=(rating("first", stage="S"), *sat, comment("mid", stage="S"), *imp))
    (page,) = flow.pages(form, {}, seed="visit-1")
    order = codes(page)
    assert order == codes(flow.pages(form, {"first": 3}, seed="visit-1")[0])
    assert order != codes(flow.pages(form, {}, seed="visit-2")[0]) and sorted(order) == sorted(q.code for q in form.questions)
    assert order[0] == "first" and order[31] == "mid"
    assert [code + "-I" for code in order[1:31]] == order[32:]
    assert order[1:6] == ["S.F0", "S.F10", "S.F26", "S.F16", "S.F29"], "a visit begun before an update goes on in its order"


def test_a_follow_up_moves_with_its_factor() -> None:
    one = stage("S", 20, shuffle=True)
    asked = of_factors(one)
    why = comment("why", stage="S", show_if=Condition("S.F7", "at_most", (2,)))
    form = Form(stages=(one,), questions=(*asked[:8], why, *asked[8:]))
    for seed in range(20):
        order = codes(flow.pages(form, {}, seed=seed)[0])
        assert order.index("why") == order.index("S.F7") + 1


def test_progress_never_falls_and_ends_whole() -> None:
    for known in ({}, {"customer": "prospect"}, {"customer": "existing", GATE + "BUY": "yes"}):
        shares = [flow.progress(FORM, page).share for page in flow.pages(FORM, known)]
        assert shares == sorted(shares) and shares[0] == 0 and shares[-1] < 1
    assert flow.progress(FORM, flow.Page("thanks", "questions")).share == 1


def test_what_is_retired_is_not_asked() -> None:
    gone = replace(FORM, stages=(LOOK, replace(BUY, retired=True), USE))
    assert not [key for key in keys(gone, {GATE + "BUY": "yes"}) if key in ("gates-1", "stage-BUY")]
    touchpoint = BUY.touchpoints[0]
    factor = replace(touchpoint, factors=(replace(touchpoint.factors[0], retired=True), *touchpoint.factors[1:]))
    for change, left in ((replace(touchpoint, retired=True), []), (factor, ["BUY.F1", "BUY.F2"])):
        form = replace(FORM, stages=(LOOK, replace(BUY, touchpoints=(change,)), USE))
        assert [q.code for q in flow.asked(form) if q.stage == "BUY"] == left


# ---------------------------------------------------------------- for every questionnaire


def walk(form: Form, draw: st.DataObject, seed: str) -> tuple[dict[str, object], list[str]]:
    """A respondent goes page by page; where an answer shows a required question on the same page, the page comes again."""
    given_: dict[str, object] = {}
    seen: list[str] = []
    for _ in range(60):
        page = next((p for p in flow.pages(form, given_, seed=seed) if p.key not in seen), None)
        if page is None:
            return given_, seen
        raw = {GATE + s.code: [draw.draw(st.sampled_from(("yes", "no")))] for s in page.gates}
        raw |= {item.question.code: draw.draw(sendable(item.question)) for item in page.items}
        got = answers.read(form, page, raw, given_)
        assert got.ok, got.errors
        given_ = answers.merged(page, given_, got)
        seen.append(page.key)
    raise AssertionError("a visit must come to its end")


@given(forms(), st.data())
@settings(max_examples=150, deadline=None)
def test_every_visit_ends_with_everything_required_and_nothing_hidden(form: Form, data: st.DataObject) -> None:
    final, _seen = walk(form, data, "v")
    assert flow.unanswered(form, final) == ()
    assert flow.kept(form, final) == final
    put = flow.visible(form, final)
    assert all(put[field] for field in final)
    assert answers.read_all(form, final) == answers.Read(final, {})


@given(forms(), st.data())
@settings(max_examples=150, deadline=None)
def test_every_visible_required_question_is_on_a_page(form: Form, data: st.DataObject) -> None:
    given_ = {q.code: data.draw(st.integers(1, 5)) for q in form.questions if q.kind == "rating" and data.draw(st.booleans())}
    given_ |= {GATE + s.code: data.draw(st.sampled_from(("yes", "no"))) for s in form.stages}
    on_pages = {item.question.code for page in flow.pages(form, given_) for item in page.items if item.shown}
    put = {field for field, is_put in flow.visible(form, given_).items() if is_put and not field.startswith(GATE)}
    assert put == on_pages


@given(forms())
@settings(max_examples=100, deadline=None)
def test_the_whole_form_holds_every_live_question_once(form: Form) -> None:
    listed = [item.question.code for page in flow.whole(form) for item in page.items]
    assert sorted(listed) == sorted(q.code for q in form.questions if form.is_live(q)) == sorted(q.code for q in flow.asked(form))


@pytest.mark.parametrize(("count", "factors"), [(29, 117), (100, 5)])
def test_the_largest_programmes_are_asked_whole(count: int, factors: int) -> None:
    steps = tuple(stage(f"S{i}", factors, gate=True, shuffle=True) for i in range(count))
    form = Form(stages=steps, questions=(CUSTOMER, *(q for one in steps for q in of_factors(one))))
    yes: dict[str, object] = {GATE + one.code: "yes" for one in steps} | {q.code: 3 for q in form.questions[1:]}
    last = flow.pages(form, yes, seed="x")[-1]
    got = answers.read(form, last, {field: ["3"] for field in last.fields}, yes)
    assert len(last.fields) == factors and not got.errors and set(got.values.values()) == {3}
