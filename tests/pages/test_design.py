"""The design page, both languages: begun from a template, edited at every step, published; what it says against what is stored."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from cxdash import config, i18n, runtime
from cxdash.errors import Unavailable
from cxdash.services import designing, surveys
from cxdash.services.actor import LOCAL
from cxdash.services.deps import Deps
from cxdash.survey import edit, templates
from cxdash.survey.form import Condition
from cxdash.survey.length import longest
from cxdash.ui import designparts
from tests import house
from tests.pages.conftest import texts

LANGUAGES = ("ko", "en")
NAMES = {"ko": "가전 고객 조사", "en": "Appliance survey"}


def begun(deps: Deps, name: str, template: str = "csm") -> designing.Sketch:
    slug, code = designing.begin(deps, LOCAL, program=None, title={"ko": name, "en": name}, template=template)
    return designing.sketch(deps, LOCAL, program=slug, code=code)


def stored(deps: Deps, sketch: designing.Sketch) -> designing.Sketch:
    return designing.sketch(deps, LOCAL, program=sketch.program, code=sketch.info.code)


def at(open_page: Callable[..., AppTest], sketch: designing.Sketch, step: str, lang: str = "ko", **more: str) -> AppTest:
    test = open_page("design", lang, program=sketch.program, survey=sketch.info.code, step=step, **more)
    assert not test.exception and not test.error
    return test


def widget(kind: Any, part: str) -> Any:
    return next(w for w in kind if part in str(w.key))


def said(test: AppTest) -> str:
    return texts(test).replace("\\", "")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_from_nothing_to_a_published_survey(open_page: Callable[..., AppTest], deps: Deps, lang: str) -> None:
    test = open_page("design", lang, program="demo")
    assert i18n.text("design.start.title", lang) in said(test)
    for template in designing.offered():
        size = i18n.text("design.template.size", lang, stages=template.stages, questions=template.length.questions,
                         minutes=i18n.number(template.length.minutes, lang, 0))  # fmt: skip
        assert template.name[lang] in said(test) and (template.key == "blank" or size in said(test))
    test.button(key="template-csm").click().run()
    assert [w.value for w in test.warning] == [i18n.markdown("design.start.nameless", lang)]
    test.text_input(key="w:design:start:name").set_value(NAMES[lang]).run()
    test.button(key="template-csm").click().run()
    slug = test.query_params["program"]
    form = surveys.draft(deps, LOCAL, program=slug, code="csm").form
    assert form == templates.start("csm", {lang: NAMES[lang]})
    way = longest(form)
    assert i18n.text("design.length.questions", lang, n=way.questions) in said(test)
    assert i18n.text("design.length.minutes", lang, minutes=i18n.number(way.minutes, lang, 1)) in said(test)
    widget(test.text_input, f"stage:BUY:{lang}").set_value("A & B").run()
    assert surveys.draft(deps, LOCAL, program=slug, code="csm").form.stage_of["BUY"].name[lang] == "A & B"
    test.segmented_control(key="w:design:step").set_value("release").run()
    test.button(key="design-publish").click().run()
    assert not test.exception and not test.error
    assert i18n.text("design.release.done", lang, version=1) in [s.value.replace("\\", "") for s in test.success]
    info = designing.head(deps, LOCAL, program=slug, code="csm")
    assert info is not None and (info.state, info.version) == ("published", 1)
    assert i18n.text("design.state.published", lang, version=1) in said(test)
    if lang == "en":
        assert not [c for c in said(test).replace("한국어", "") if "가" <= c <= "힣"], "Korean on an English page"


def test_a_stage_is_switched_moved_and_retired_and_the_last_step_taken_back(open_page: Callable[..., AppTest], deps: Deps) -> None:
    sketch = begun(deps, "여정 조사")
    test = at(open_page, sketch, "journey", place="USE")
    widget(test.toggle, "USE:gate").set_value(True).run()
    widget(test.toggle, "USE:shuffle").set_value(True).run()
    widget(test.selectbox, "USE:audience").set_value("existing").run()
    stage = stored(deps, sketch).form.stage_of["USE"]
    assert (stage.gate, stage.shuffle, stage.audience) == (True, True, "existing")
    test.button(key="design-stage-up").click().run()
    order = [s.code for s in sketch.form.stages]
    moved = [s.code for s in stored(deps, sketch).form.stages]
    assert moved.index("USE") == order.index("USE") - 1
    test.button(key="design-stage-retire").click().run()
    assert stored(deps, sketch).form.stage_of["USE"].retired
    assert i18n.text("design.journey.stages", "ko", n=len(order) - 1) in said(test)
    for _step in range(2):
        test.button(key="design-undo").click().run()
    assert [s.code for s in stored(deps, sketch).form.stages] == order and not stored(deps, sketch).form.stage_of["USE"].retired
    assert stored(deps, sketch).form.stage_of["USE"].gate, "only two steps were taken back"


def test_names_are_added_many_at_once(open_page: Callable[..., AppTest], deps: Deps) -> None:
    sketch = begun(deps, "추가 조사", "blank")
    test = at(open_page, sketch, "journey")
    assert i18n.text("design.journey.empty", "ko") in said(test)
    test.text_area(key="w:design:add:stage").set_value("구매 | Purchase\n배달 | Delivery")
    test.button(key="design-added-stage").click().run()
    test.text_area(key="w:design:add:touchpoint").set_value("매장 | Store")
    test.button(key="design-added-touchpoint").click().run()
    test.text_area(key="w:design:add:factor").set_value("가격 | Price\n친절 | Kindness\n")
    test.button(key="design-added-factor").click().run()
    form = stored(deps, sketch).form
    assert [s.code for s in form.stages] == ["PURCHASE", "DELIVERY"]
    assert [f.code for f in form.stages[0].touchpoints[0].factors] == ["PRICE", "KINDNESS"]
    assert {"PURCHASE.PRICE", "PURCHASE.KINDNESS", "DELIVERY-.SAT"} <= set(form.by_code)
    assert test.text_area(key="w:design:add:factor").value == "", "what was added is not offered again"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_measures_change_the_length_and_warn(open_page: Callable[..., AppTest], deps: Deps, lang: str) -> None:
    sketch = begun(deps, f"측정 {lang}", "cem")
    test = at(open_page, sketch, "questions", lang)
    pills = next(p for p in test.pills if "measures:factor" in str(p.key))
    assert list(pills.value) == ["satisfaction"]
    pills.set_value(["satisfaction", "importance", "expectation", "performance"]).run()
    form = stored(deps, sketch).form
    way = longest(form)
    assert way.minutes > 7 and {"importance", "expectation", "performance"} <= set(form.settings.measures)
    minutes = i18n.number(way.minutes, lang, 1)
    assert i18n.text("design.length.long", lang, minutes=minutes, most=7) in [w.value.replace("\\", "") for w in test.warning]
    next(p for p in test.pills if "measures:factor" in str(p.key)).set_value(["satisfaction"]).run()
    assert {q.code for q in stored(deps, sketch).form.questions} == {q.code for q in sketch.form.questions} and not test.warning


def test_a_question_is_worded_scaled_and_conditioned(open_page: Callable[..., AppTest], deps: Deps) -> None:
    sketch = begun(deps, "문항 조사")
    test = at(open_page, sketch, "questions")
    widget(test.selectbox, "w:design:question").set_value("overall").run()
    widget(test.text_area, "q:overall:wording:ko").set_value("전체적으로 어떠셨습니까?").run()
    widget(test.toggle, "q:overall:required").set_value(False).run()
    widget(test.selectbox, "q:overall:scale").set_value((1, 7)).run()
    widget(test.selectbox, "q:overall:direction").set_value("low").run()
    overall = stored(deps, sketch).form.by_code["overall"]
    assert overall.wording["ko"] == "전체적으로 어떠셨습니까?" and not overall.required and overall.scale is not None
    assert (overall.scale.lo, overall.scale.hi, str(overall.scale.direction)) == (1, 7, "low")
    assert overall.labels["ko"] == {1: "매우 불만족", 7: "매우 만족"}, "the ends keep their names"
    widget(test.selectbox, "w:design:question").set_value("recommend").run()
    widget(test.selectbox, "q:recommend:if:").set_value("overall").run()
    assert stored(deps, sketch).form.by_code["recommend"].show_if == Condition("overall", "at_most", (4,))
    widget(test.selectbox, "q:recommend:if:point").set_value(2).run()
    assert stored(deps, sketch).form.by_code["recommend"].show_if == Condition("overall", "at_most", (2,))
    widget(test.selectbox, "q:recommend:if:op").set_value("in").run()
    widget(test.multiselect, "q:recommend:if:values").set_value([1, 2]).run()
    assert stored(deps, sketch).form.by_code["recommend"].show_if == Condition("overall", "in", (1, 2))
    assert not test.exception and stored(deps, sketch).errors == 0


def test_texts_languages_and_the_limit_of_minutes(open_page: Callable[..., AppTest], deps: Deps) -> None:
    sketch = begun(deps, "안내문 조사")
    test = at(open_page, sketch, "texts")
    widget(test.text_area, "text:intro:ko").set_value("안녕하세요. <b>반갑습니다</b>").run()
    next(p for p in test.pills if "languages" in str(p.key)).set_value(["ko"]).run()
    widget(test.number_input, ":minutes").set_value(2).run()
    form = stored(deps, sketch).form
    assert form.intro["ko"] == "안녕하세요. <b>반갑습니다</b>" and form.languages == ("ko",) and form.settings.minutes == 2
    assert test.warning, "two minutes are less than it takes"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_break_needs_a_wave_and_a_confirmation(open_page: Callable[..., AppTest], deps: Deps, lang: str) -> None:
    sketch = begun(deps, f"끊김 {lang}")
    surveys.publish(deps, LOCAL, program=sketch.program, code="csm", rev=sketch.info.rev)
    other = {"ko": "가격은 비쌌습니까?", "en": "Was the price too high?"}
    designing.change(deps, LOCAL, seen=stored(deps, sketch), edit=lambda f: edit.change_question(
        edit.change_question(f, "overall", wording=other), "recommend", required=False))  # fmt: skip
    test = at(open_page, sketch, "release", lang)
    assert i18n.text("design.release.breaks", lang, n=1) in [w.value.replace("\\", "") for w in test.warning]
    tables = [d.value for d in test.dataframe]
    wording, required = (i18n.text(f"form.change.{kind}", lang) for kind in ("wording", "required"))
    assert [list(t.iloc[:, 1]) for t in tables] == [[wording, wording], [required]]
    assert tables[0].iloc[:, 3].tolist() == [other["en"], other["ko"]]
    assert test.button(key="design-publish").disabled
    test.text_input(key="w:design:release:wave").set_value("2027-1").run()
    assert test.button(key="design-publish").disabled
    test.checkbox(key="w:design:release:sure").set_value(True).run()
    test.button(key="design-publish").click().run()
    assert not test.error and designing.head(deps, LOCAL, program=sketch.program, code="csm").version == 2
    assert i18n.text("design.release.marked", lang, wave="2027-1") in said(test)


def test_faults_are_listed_with_their_place_and_stop_publishing(open_page: Callable[..., AppTest], deps: Deps) -> None:
    sketch = begun(deps, "고칠 조사")
    nameless = edit.change_question(edit.change_stage(sketch.form, "BUY", name={}), "overall", wording={})
    designing.change(deps, LOCAL, seen=sketch, edit=lambda _form: nameless)
    test = at(open_page, sketch, "release")
    assert i18n.text("design.release.faults", "ko", n=2) in said(test) and not [b for b in test.button if b.key == "design-publish"]
    assert i18n.text("form.issue.wording", "ko", language="한국어") in said(test)
    test.button(key="design-issue-release-0").click().run()
    assert (test.query_params["step"], test.query_params["place"]) == ("journey", "BUY")


def test_another_windows_changes_are_kept_and_told(open_page: Callable[..., AppTest], deps: Deps) -> None:
    sketch = begun(deps, "두 창 조사")
    test = at(open_page, sketch, "journey", place="BUY")
    designing.change(deps, LOCAL, seen=sketch, edit=lambda f: edit.change_stage(f, "USE", name={"ko": "이용", "en": "Usage"}))
    widget(test.text_input, "stage:BUY:ko").set_value("계약").run()
    assert i18n.text("design.notice.merged", "ko", by="local") in said(test)
    form = stored(deps, sketch).form
    assert (form.stage_of["BUY"].name["ko"], form.stage_of["USE"].name["ko"]) == ("계약", "이용")
    test.run()
    assert i18n.text("design.notice.merged", "ko", by="local") not in said(test), "told once"


def test_what_cannot_be_saved_now_waits_in_the_window(
    open_page: Callable[..., AppTest], deps: Deps, monkeypatch: pytest.MonkeyPatch
) -> None:
    sketch = begun(deps, "잠긴 조사")
    test = at(open_page, sketch, "journey", place="BUY")

    def locked(*_args: object, **_more: object) -> int:
        raise Unavailable()

    with monkeypatch.context() as patch:
        patch.setattr(surveys, "save", locked)
        widget(test.text_input, "stage:BUY:ko").set_value("계약").run()
        widget(test.text_input, "stage:BUY:en").set_value("Contract").run()
        assert i18n.text("design.notice.waiting", "ko") in said(test) and stored(deps, sketch).form == sketch.form
        assert widget(test.text_input, "stage:BUY:ko").value == "계약"
    test.button(key="design-again").click().run()
    assert i18n.text("design.notice.waiting", "ko") not in said(test)
    assert stored(deps, sketch).form.stage_of["BUY"].name == {"ko": "계약", "en": "Contract"}


def test_cells_of_a_table_become_edits_once_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """The browser hands over every edit since the table was drawn; an old one must not be made again over what came after it."""
    made: list[object] = []
    kept: dict[str, Any] = {}
    rows = {"edited_rows": {0: {"ko": "하나"}}}
    monkeypatch.setattr(designparts.state, "given", lambda _key: rows)
    monkeypatch.setattr(designparts.state, "remember", lambda key, default: kept.get(key, default))
    monkeypatch.setattr(designparts.state, "keep", kept.__setitem__)
    monkeypatch.setattr(designparts.designdraft, "edit", lambda done: made.append(done(None)))

    def cell(code: str, column: str, value: object) -> Any:
        return lambda form: [*(form or []), (code, column, value)]

    designparts._edited("t", ["A", "B"], cell)
    rows["edited_rows"] = {0: {"ko": "하나"}, 1: {"en": "two", "order": 1}}
    designparts._edited("t", ["A", "B"], cell)
    designparts._edited("t", ["A", "B"], cell)
    assert made == [[("A", "ko", "하나")], [("B", "en", "two"), ("B", "order", 1)]]


def test_a_house_without_programmes_gets_its_first_one_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bare = house.build(tmp_path / "home")
    monkeypatch.setattr(runtime, "_deps", bare)
    test = AppTest.from_file(str(Path(config.PAGES) / "design.py"), default_timeout=60).run()
    test.text_input(key="w:design:start:name").set_value("첫 조사").run()
    test.button(key="template-blank").click().run()
    assert not test.exception and test.query_params["program"] == "첫-조사"
    assert surveys.draft(bare, LOCAL, program="첫-조사", code="blank").info.rev == 1
    house.close(bare)


def test_a_survey_is_closed_opened_and_deleted_by_name(open_page: Callable[..., AppTest], deps: Deps) -> None:
    sketch = begun(deps, "닫을 조사")
    surveys.publish(deps, LOCAL, program=sketch.program, code="csm", rev=sketch.info.rev)
    test = open_page("design", program=sketch.program)
    assert i18n.text("design.state.published", "ko", version=1) in said(test)
    test.button(key="survey-open-csm").click().run()
    assert test.query_params["survey"] == "csm"
    surveys.close(deps, LOCAL, program=sketch.program, code="csm")
    test.run()
    assert i18n.text("design.state.closed", "ko", version=1) in said(test)
    surveys.delete(deps, LOCAL, program=sketch.program, code="csm")
    test.run()
    assert i18n.text("design.survey_gone", "ko") in said(test)
    test.button(key="design-back").click().run()
    assert i18n.text("design.start.title", "ko") in said(test)
