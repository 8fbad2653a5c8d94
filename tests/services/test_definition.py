"""A programme's definition out and in: the same again, whole or not at all, and nothing of respondents in it."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from cxdash import i18n
from cxdash.errors import Conflict, FileDamaged, FileTooLarge, Refused
from cxdash.services import definition, surveys
from cxdash.services.actor import LOCAL, RESPONDENT
from cxdash.services.deps import Deps
from cxdash.services.programs import catalog_of, list_programs
from cxdash.services import yardsticks as yardstick_service
from cxdash.store import benchmarks, programs, waves, yardsticks
from cxdash.store.database import reading, writing
from cxdash.survey import definition as shared
from cxdash.survey.definition import Definition, dumps, from_json, loads, to_json
from tests.services.answering import form, texts
from tests.services.making import bring, rows, write


@pytest.fixture
def shop(deps: Deps) -> Deps:
    with writing(deps.engine) as session:
        programs.add_program(session, slug="shop", name=texts("가게"), timezone="Europe/Berlin")
    surveys.create(deps, LOCAL, program="shop", code="s", form=form())
    surveys.publish(deps, LOCAL, program="shop", code="s", rev=1, wave="2026-1")
    with writing(deps.engine) as session:
        number = programs.find_program(session, slug_or_id="shop").id or 0
        waves.ensure_wave(session, program_id=number, code="2026-2").breaks = "새 설문"
        for metric, name in (("stage:buy", "업계 평균"), ("nps", "업계 1위"), ("stage:gone", "없어진 단계")):
            benchmarks.save(session, program_id=number, metric=metric, name=name, value=61.5, n=900 if metric == "nps" else None,
                            source="보고서", measured=date(2026, 1, 2))  # fmt: skip
        yardsticks.save(session, program_id=number, kind="standard", name="buy", document={"expected": 50.0, "beyond": 75.0})
        lines = {"importance": 20.0, "performance": 71.5, "items": ["stage:buy", "stage:ship"]}
        yardsticks.save(session, program_id=number, kind="crosshair", name="stage:derived:loyalty", document=lines)
    return deps


def test_out_and_in_again(shop: Deps, tmp_path: Path) -> None:
    out = definition.export(shop, LOCAL, program="shop")
    assert [stage.code for stage in out.stages] == ["buy", "ship"] and out.surveys == {"s": form()}
    assert out.stages[0].touchpoints[0].factors[0].name == texts("직원")
    assert [(wave.code, wave.breaks) for wave in out.waves] == [("2026-1", ""), ("2026-2", "새 설문")]
    assert out.primary["nps"] == "nps" and sum(out.loyalty.values()) > 0 and out.timezone == "Europe/Berlin"
    assert [(b.metric, b.name, b.n) for b in out.benchmarks] == [("nps", "업계 1위", 900), ("stage:buy", "업계 평균", None)]
    assert [(s.stage, s.expected, s.beyond) for s in out.standards] == [("buy", 50.0, 75.0)]
    assert [(c.chart, c.performance, c.items) for c in out.crosshairs] == [("stage:derived:loyalty", 71.5, ("stage:buy", "stage:ship"))]
    file = tmp_path / "shop.json"
    file.write_text(dumps(out), encoding="utf-8")
    read = definition.load(LOCAL, file)
    assert read == out
    made = definition.bring(shop, LOCAL, read, name="다른 가게")
    assert (made.program, made.stages, made.questions, made.waves, made.surveys) == ("다른-가게", 2, len(out.questions), 2, 1)
    again = definition.export(shop, LOCAL, program=made.program)
    assert to_json(again) | {"program": {}} == to_json(out) | {"program": {}}
    assert (again.loyalty, again.primary, again.timezone) == (out.loyalty, out.primary, out.timezone)
    held = yardstick_service.list_yardsticks(shop, LOCAL, catalog_of(shop, made.program))
    assert held.standards["buy"].beyond == 75 and held.crosshairs["stage:derived:loyalty"].lines.importance == 20
    [info] = surveys.list_surveys(shop, LOCAL, program=made.program)
    assert (info.state, info.version) == ("draft", 0)  # what was published there is not published here
    old, new = catalog_of(shop, "shop"), catalog_of(shop, made.program)
    assert [(q.code, q.scale, q.wording) for q in new.questions] == [(q.code, q.scale, q.wording) for q in old.questions]
    assert new.question("staff").factor_id == new.factors[0].id != old.factors[0].id


def test_nothing_of_respondents_goes_out(lone: Deps, tmp_path: Path) -> None:
    bring(lone, write(tmp_path / "a.csv", rows(40)))
    text = dumps(definition.export(lone, LOCAL, program="가게"))
    assert "강남" not in text and "C17" not in text and "추천" in text


def test_names_that_are_taken(shop: Deps) -> None:
    out = definition.export(shop, LOCAL, program="shop")
    before = [p.slug for p in list_programs(shop, LOCAL)]
    for name in ("", "shop", "가게"):
        with pytest.raises(Conflict) as caught:
            definition.bring(shop, LOCAL, out, name=name)
        assert caught.value.key == "sheet.program.exists" and caught.value.fix
    assert [p.slug for p in list_programs(shop, LOCAL)] == before
    free = definition.free_name(shop, LOCAL, out)
    assert free == "가게 2" and definition.bring(shop, LOCAL, out, name=free).program == "가게-2"
    assert definition.free_name(shop, LOCAL, out) == "가게 3"


def test_all_or_nothing(shop: Deps, monkeypatch: pytest.MonkeyPatch) -> None:
    out = definition.export(shop, LOCAL, program="shop")

    def fails(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(definition.surveys, "add_survey", fails)
    with pytest.raises(RuntimeError):
        definition.bring(shop, LOCAL, out, name="x")
    with reading(shop.engine) as session:
        assert [p.slug for p in programs.list_programs(session)] == ["shop"]


def test_permission_and_size(shop: Deps, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = definition.export(shop, LOCAL, program="shop")
    for call in (lambda: definition.export(shop, RESPONDENT, program="shop"), lambda: definition.bring(shop, RESPONDENT, out, name="x")):
        with pytest.raises(Refused):
            call()
    (tmp_path / "x.json").write_text(dumps(out))
    monkeypatch.setattr(definition, "MOST_MB", 0)
    with pytest.raises(FileTooLarge):
        definition.load(LOCAL, tmp_path / "x.json")


# ---------------------------------------------------------------- the strict reader

DOCUMENT: dict[str, Any] = {
    "format": 1, "kind": "cxdash.program", "program": {"code": "p", "name": {"ko": "프로그램"}, "loyalty": {"q": 1.0}, "primary": {"nps": "q"}},
    "stages": [{"code": "구매", "name": {"ko": "구매"},
                "touchpoints": [{"code": "t", "name": {"ko": "접점"}, "factors": [{"code": "f", "name": {}}]}]}],
    "questions": [{"code": "q", "measure": "recommend", "wording": {"ko": "추천"}, "lo": 0, "hi": 10, "stage": "구매", "touchpoint": "t",
                   "factor": "f"},
                  {"code": "m", "measure": "multi", "wording": {"ko": "복수"}, "options": ["가", "나"]}],
    "waves": [{"code": "w", "name": {"ko": "1차"}, "starts": "2026-01-01"}], "surveys": [{"code": "s", "form": {"format": 1}}],
    "benchmarks": [{"metric": "touchpoint:구매/t", "name": "업계", "value": 70, "n": 90, "source": "x", "measured": "2026-01-01"},
                   {"metric": "nps", "name": "업계", "value": -20.5, "measured": "2026-01-01"}],
    "standards": [{"stage": "구매", "expected": 50, "beyond": 75}],
    "crosshairs": [{"chart": "stage:stated", "importance": 50, "performance": 60.5, "items": ["stage:구매"]}],
}  # fmt: skip


def put(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    copy = dict(document) if isinstance(document, dict) else list(document)
    copy[path[0]] = put(copy[path[0]], path[1:], value) if path[1:] else value
    return copy


def test_a_written_document_is_read() -> None:
    read = from_json(DOCUMENT)
    assert read.stages[0].touchpoints[0].factors[0].code == "f" and read.questions[1].options == ("가", "나")
    assert from_json(json.loads(dumps(read))) == read


@pytest.mark.parametrize(
    "path, value, where",
    [
        (("kind",), "x", ""), (("format",), 2, ""), (("extra",), 1, "/"), (("stages", 0, "colour"), "red", "stages[0]"),
        (("questions", 0, "stage"), "설치", "questions[0]"), (("questions", 0, "hi"), 0, "questions[0]"),
        (("questions", 1, "lo"), 1, "questions[1]"),
        (("questions", 0, "measure"), "joy", "questions[0].measure"), (("questions", 1, "code"), "q", "questions"),
        (("program", "primary"), {"nps": "z"}, "program.primary"), (("program", "primary"), {"love": "q"}, "program.primary"),
        (("program", "loyalty"), {"q": -1}, "program.loyalty.q"), (("program", "loyalty"), {"q": float("nan")}, "program.loyalty.q"),
        (("waves", 0, "starts"), "soon", "waves[0].starts"), (("surveys", 0, "form"), {"format": 1, "x": 1}, "surveys[0].form"),
        (("benchmarks", 0, "metric"), "stage:설치", "benchmarks[0].metric"), (("benchmarks", 0, "value"), 101, "benchmarks[0].value"),
        (("benchmarks", 0, "value"), 10**400, "benchmarks[0].value"), (("benchmarks", 1, "value"), float("nan"), "benchmarks[1].value"),
        (("benchmarks", 1, "metric"), "touchpoint:구매/t", "benchmarks[1].value"), (("benchmarks", 0, "name"), " ", "benchmarks[0].name"),
        (("benchmarks", 0, "measured"), "soon", "benchmarks[0].measured"), (("standards", 0, "beyond"), 50, "standards[0]"),
        (("standards", 0, "stage"), "설치", "standards[0].stage"), (("crosshairs", 0, "importance"), True, "crosshairs[0].importance"),
        (("crosshairs", 0, "colour"), "red", "crosshairs[0]"),
        (("program", "code"), "  ", "program.code"), (("stages", 0, "touchpoints", 0, "domain"), "moon", "stages[0].touchpoints[0].domain"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(path: tuple[Any, ...], value: Any, where: str) -> None:
    with pytest.raises(FileDamaged) as caught:
        from_json(put(DOCUMENT, path, value))
    assert str(caught.value.params.get("where", "")) == where
    for lang in ("ko", "en"):
        assert i18n.said(caught.value, lang) != caught.value.key


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [path, *(place for key, value in inner for place in places(value, (*path, key)))]


JUNK = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
                    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
                    max_leaves=6)  # fmt: skip


@given(st.sampled_from(places(DOCUMENT)), JUNK)
@settings(max_examples=400, deadline=None)
def test_junk_anywhere_is_read_or_refused_by_name(path: tuple[Any, ...], junk: Any) -> None:
    try:
        read = from_json(put(DOCUMENT, path, junk))
    except FileDamaged as error:
        assert i18n.said(error, "ko") != error.key
    else:
        assert isinstance(read, Definition) and loads(dumps(read)) == read


def test_text_that_is_no_json() -> None:
    for text in ("", "{", "[" * 100_000, "nul"):
        with pytest.raises(FileDamaged):
            shared.loads(text)
