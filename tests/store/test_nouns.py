"""Programmes, journeys, waves, questions, imports, mappings, views, targets, yardsticks."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import text

from cxdash.errors import Conflict, NotFound
from cxdash.store import (
    benchmarks, imports, journeys, mappings, people, pins, programs, quality, questions, targets, views, waves, weighting, yardsticks,
)  # fmt: skip
from cxdash.store.database import reading, writing
from cxdash.store.people_tables import Retention
from cxdash.store.share_tables import Share
from cxdash.store.tables import Base, Pin, Question, now
from cxdash.terms import Direction, Measure
from tests.store.collecting import everything
from tests.store.making import a_program, an_import, frame, load, row
from tests.store.test_responses import problem


def rating(code: str = "Q1", **values: object) -> Question:
    return Question(**{"code": code, "measure": "satisfaction", "lo": 1, "hi": 5, "wording": {"ko": "만족도"}, **values})


@pytest.fixture
def program(engine):
    return a_program(engine)[0]


def test_a_programme_is_found_by_slug_then_by_number(engine):
    with writing(engine) as session:
        first = programs.add_program(session, slug="air", name={"ko": "항공"}, loyalty={"Q1": 0.5})
        programs.add_program(session, slug=str(first.id), name={"ko": "이름이 숫자"}, demo=True)
    with reading(engine) as session:
        assert programs.find_program(session, slug_or_id="air").loyalty == {"Q1": 0.5}
        assert programs.find_program(session, slug_or_id=first.id).slug == "air"
        assert programs.find_program(session, slug_or_id=str(first.id)).name == {"ko": "이름이 숫자"}
        assert [p.slug for p in programs.list_programs(session)] == ["air", str(first.id)]
        for missing in ("rail", "99999999999999999999", -1, "²"):
            with pytest.raises(NotFound) as caught:
                programs.find_program(session, slug_or_id=missing)
            assert caught.value.params == {"name": str(missing), "known": f"{first.id}, air"}


def test_a_slug_is_given_out_once(engine, program):
    with pytest.raises(Conflict, match="store.program.exists"), writing(engine) as session:
        programs.add_program(session, slug=" air ", name={})
    for blank in ("", "  ", "x" * 201):
        with pytest.raises(Conflict, match="store.code.invalid"), writing(engine) as session:
            programs.add_program(session, slug=blank, name={})


def test_changing_what_figures_depend_on_ticks_the_clock(engine, program):
    with writing(engine) as session:
        programs.update_program(session, program_id=program, loyalty={"Q1": 1.0}, primary={"nps": "Q1"})
    with reading(engine) as session:
        assert programs.clock(session, program_id=program) == 1
        found = programs.find_program(session, slug_or_id=program)
        assert (found.loyalty, found.primary, found.name) == ({"Q1": 1.0}, {"nps": "Q1"}, {"ko": "항공", "en": "Air"})
    with pytest.raises(TypeError, match="colour"), writing(engine) as session:
        programs.update_program(session, program_id=program, colour="red")


def test_the_clock_of_no_programme_is_not_found(engine):
    with pytest.raises(NotFound), writing(engine) as session:
        programs.tick(session, program_id=7)


OF_THE_HOUSE = {  # not of any programme
    "account", "account_session", "account_token", "recovery_code", "oidc_identity", "sign_in_attempt", "audit", "audit_head", "keyring",
    "consent_text", "duty",
}  # fmt: skip


def test_deleting_a_programme_takes_everything_of_it_and_nothing_of_others(engine):
    for slug in ("gone", "kept"):
        program_id, wave_id = a_program(engine, slug)
        for _ in range(2):
            import_id, _stored = load(engine, program_id, wave_id, frame(row(2, "k", {"Q1": 1})), ["Q1"])
        with writing(engine) as session:
            imports.add_problems(session, import_id, problem(2))
            stage = journeys.add_stage(session, program_id=program_id, code="use", name={"ko": "사용"})
            touchpoint = journeys.add_touchpoint(
                session, stage_id=stage.id, code="app", name={"ko": "앱"}, domain="product", initiative="active"
            )
            factor = journeys.add_factor(session, touchpoint_id=touchpoint.id, code="speed", name={"ko": "속도"})
            questions.save_questions(
                session, program_id=program_id, questions=[rating(stage_id=stage.id, touchpoint_id=touchpoint.id, factor_id=factor.id)]
            )
            mappings.save(session, name=slug, document={"v": 1}, program_id=program_id)
            views.save(session, program_id=program_id, name="내 화면", page="overview", query={})
            targets.save(session, program_id=program_id, figure="nps", goal=40.0, due=date(2026, 12, 31), stage_id=stage.id)
            pins.add(session, Pin(program_id=program_id, name="1분기", metric="nps", version=1))
            weighting.save(session, program_id=program_id, targets={"region": {"서울": 1.0}}, cap=None, per_wave=False)
            quality.save(session, program_id=program_id, rules={})
            yardsticks.save(session, program_id=program_id, kind="standard", name="use", document={"expected": 50.0, "beyond": 100.0})
            benchmarks.save(session, program_id=program_id, metric="nps", name="A", value=1.0, n=None, source="", measured=date(2026, 1, 1))
            session.add(Retention(program_id=program_id, draft_days=30))
            session.add(Share(program_id=program_id, token_hash=slug, name="공유", page="overview", expires_at=now()))
            people.note(session, program_id=program_id, ver=1, kind=people.ERASED, n=1)
            everything(session, program_id, wave_id)
            session.execute(
                text("INSERT INTO tombstone (response_id, program_id, ver) VALUES (:r, :p, 1)"), {"r": 1000 + program_id, "p": program_id}
            )
    count = {name: f'SELECT count(*) FROM "{name}"' for name in Base.metadata.tables if name not in OF_THE_HOUSE}
    with reading(engine) as session:
        before = {name: session.execute(text(query)).scalar() for name, query in count.items()}
    assert min(before.values()) >= 2
    with writing(engine) as session:
        programs.delete_program(session, program_id=programs.find_program(session, slug_or_id="gone").id)
    with reading(engine) as session:
        assert {name: session.execute(text(query)).scalar() for name, query in count.items()} == {
            name: n // 2 for name, n in before.items()
        }
        assert [p.slug for p in programs.list_programs(session)] == ["kept"]


def test_a_new_programme_never_gets_the_number_of_a_deleted_one(engine, program):
    with writing(engine) as session:
        programs.delete_program(session, program_id=program)
    assert a_program(engine)[0] > program


def test_stages_are_found_by_code_or_name_in_any_language_or_made(engine, program):
    with writing(engine) as session:
        search = journeys.ensure_stage(session, program_id=program, code="search", name={"ko": "정보 탐색", "en": "Search"})
        assert journeys.ensure_stage(session, program_id=program, code="search").id == search.id
        assert journeys.ensure_stage(session, program_id=program, code="정보  탐색").id == search.id
        assert journeys.ensure_stage(session, program_id=program, code="Ｓｅａｒｃｈ").id == search.id
        buy = journeys.ensure_stage(session, program_id=program, code="구매")
        assert (buy.position, buy.name) == (1, {"ko": "구매", "en": "구매"})
        journeys.add_stage(session, program_id=program, code="aware", name={"ko": "인지"}, position=-1)
        with pytest.raises(Conflict):
            journeys.add_stage(session, program_id=program, code="search", name={})
    with reading(engine) as session:
        assert [s.code for s in journeys.list_stages(session, program_id=program)] == ["aware", "search", "구매"]
        with pytest.raises(NotFound) as caught:
            journeys.find_stage(session, program_id=program, code="nowhere")
        assert caught.value.params["known"] == "aware, search, 구매"


def test_touchpoints_and_factors_come_in_journey_order(engine, program):
    with writing(engine) as session:
        later = journeys.add_stage(session, program_id=program, code="b", name={})
        sooner = journeys.add_stage(session, program_id=program, code="a", name={}, position=-5)
        for stage in (later, sooner):
            for code in ("x", "y"):
                touchpoint = journeys.add_touchpoint(session, stage_id=stage.id, code=code, name={"ko": code})
                journeys.add_factor(session, touchpoint_id=touchpoint.id, code="f" + code, name={})
        assert journeys.ensure_touchpoint(session, stage_id=later.id, code="y").stage_id == later.id
    with reading(engine) as session:
        found = journeys.list_touchpoints(session, program_id=program)
        assert [(t.stage_id == sooner.id, t.code) for t in found] == [(True, "x"), (True, "y"), (False, "x"), (False, "y")]
        assert [f.code for f in journeys.list_factors(session, program_id=program)] == ["fx", "fy", "fx", "fy"]


def test_waves_are_made_once(engine, program):
    with writing(engine) as session:
        wave = waves.ensure_wave(session, program_id=program, code="2025-2", name={"ko": "2025 하반기"}, starts=date(2025, 7, 1))
        assert waves.ensure_wave(session, program_id=program, code="2025 하반기").id == wave.id
    with reading(engine) as session:
        assert [w.code for w in waves.list_waves(session, program_id=program)] == ["2026-1", "2025-2"]
        with pytest.raises(NotFound, match="2026-1, 2025-2"):
            waves.find_wave(session, program_id=program, code="2024")


def test_saving_a_known_question_extends_it(engine, program):
    first = rating(headers=["만족도"], labels={"ko": {"1": "매우 불만족"}})
    second = rating(
        measure="overall",
        headers=["만족도 ", "Satisfaction"],
        labels={"ko": {"1": "나쁨", "5": "매우 만족"}, "en": {"5": "Very"}},
        wording={"en": "Satisfied"},
    )
    with writing(engine) as session:
        questions.save_questions(session, program_id=program, questions=[first, Question(code="VOC", measure="comment")])
        saved = questions.save_questions(session, program_id=program, questions=[rating("Q9"), second])
        assert [q.code for q in saved] == ["Q9", "Q1"]
    with reading(engine) as session:
        assert [q.code for q in questions.list_questions(session, program_id=program)] == ["Q1", "VOC", "Q9"]
        found = questions.find_question(session, program_id=program, code="Q1")
    assert found.headers == ["만족도 ", "Satisfaction", "만족도"]
    assert found.labels == {"ko": {"1": "매우 불만족", "5": "매우 만족"}, "en": {"5": "Very"}}
    assert (found.measure, found.wording, found.lo, found.hi) == ("overall", {"ko": "만족도", "en": "Satisfied"}, 1, 5)


@pytest.mark.parametrize(
    ("given", "key", "params"),
    [
        (rating(lo=0, hi=10), "store.question.scale", {"code": "Q1", "stored": "1–5", "given": "0–10"}),
        (rating(direction="low"), "store.question.direction", {"code": "Q1", "stored": Direction.HIGH, "given": Direction.LOW}),
        (
            Question(code="Q1", measure="comment"),
            "store.question.kind",
            {"code": "Q1", "stored": Measure.SATISFACTION, "given": Measure.COMMENT},
        ),
    ],
)
def test_what_would_change_the_meaning_of_stored_answers_is_refused(engine, program, given, key, params):
    with writing(engine) as session:
        questions.save_questions(session, program_id=program, questions=[rating()])
    given = Question(**given.model_dump(exclude={"id", "program_id"}))
    with pytest.raises(Conflict) as caught, writing(engine) as session:
        questions.save_questions(session, program_id=program, questions=[rating("new"), given])
    assert (caught.value.key, caught.value.params, caught.value.fix) == (key, params, "store.question.fix")
    with reading(engine) as session, pytest.raises(NotFound, match="Q1"):
        questions.find_question(session, program_id=program, code="new")


def test_options_keep_their_numbers(engine, program):
    def multi(*options: str) -> Question:
        return Question(code="M", measure="multi", options=list(options))

    with writing(engine) as session:
        questions.save_questions(session, program_id=program, questions=[multi("앱", "매장")])
        assert questions.save_questions(session, program_id=program, questions=[multi("", "매장", "전화")])[0].options == [
            "앱",
            "매장",
            "전화",
        ]
        assert questions.number_options(["앱", "매장", "전화"], ["문자", "매장"]) == {"앱": 1, "매장": 2, "전화": 3, "문자": 4}
    with pytest.raises(Conflict) as caught, writing(engine) as session:
        questions.save_questions(session, program_id=program, questions=[multi("매장")])
    assert caught.value.params == {"code": "M", "number": 1, "stored": "앱", "given": "매장"}


def test_the_same_file_is_recognised_until_it_is_undone(engine):
    program, wave = a_program(engine)
    other, other_wave = a_program(engine, "other")
    with writing(engine) as session:
        first = an_import(session, program, wave, "a", mapping={"columns": [{"header": "만족도"}]}, rows_read=3, created_by="kim")
        second = an_import(session, program, wave, "a")
        an_import(session, other, other_wave, "a")
    sha256 = f"{'a':0>64}"
    with writing(engine) as session:
        assert imports.same_file(session, program_id=program, sha256=sha256).id == second
        undone = imports.mark_undone(session, import_id=second, by="lee")
        assert (undone.state, undone.undone_by) == ("undone", "lee") and undone.undone_at is not None
    with writing(engine) as session:
        assert imports.same_file(session, program_id=program, sha256=sha256).id == first
        with pytest.raises(Conflict, match="store.import.undone"):
            imports.mark_undone(session, import_id=second)
        assert [i.id for i in imports.list_imports(session, program_id=program)] == [second, first]
        assert [i.id for i in imports.list_imports(session, program_id=program, limit=1, offset=1)] == [first]
        found = imports.get(session, import_id=first, program_id=program)
        assert (found.mapping, found.rows_read, found.created_by) == ({"columns": [{"header": "만족도"}]}, 3, "kim")
        with pytest.raises(NotFound):
            imports.get(session, import_id=first, program_id=other)


def test_a_mapping_is_found_by_its_layout_the_programmes_own_first(engine, program):
    other = a_program(engine, "other")[0]
    with writing(engine) as session:
        mappings.save(session, name="own", document={"n": 1}, fingerprint="f", program_id=program)
        mappings.save(session, name="shared", document={"n": 2}, fingerprint="f")
        mappings.save(session, name="theirs", document={"n": 3}, fingerprint="f", program_id=other)
        mappings.save(session, name="own", document={"n": 4, "한글": ["\0x"]}, fingerprint="f", program_id=program)
    with writing(engine) as session:
        assert mappings.by_fingerprint(session, fingerprint="f", program_id=program).document == {"n": 4, "한글": ["x"]}
        assert [m.name for m in mappings.list_mappings(session, program_id=program)] == ["own", "shared"]
        assert mappings.by_fingerprint(session, fingerprint="") is None
        mappings.delete(session, name="own")
        assert mappings.by_fingerprint(session, fingerprint="f", program_id=program).name == "shared"
        with pytest.raises(NotFound) as caught:
            mappings.get(session, name="own")
        assert caught.value.params["known"] == "shared, theirs"


def test_views_and_targets_are_replaced_under_their_names(engine, program):
    with writing(engine) as session:
        views.save(session, program_id=program, name="강남", page="overview", query={"branch": ["강남"]})
        views.save(session, program_id=program, name="강남", page="drivers", query={})
        targets.save(session, program_id=program, figure="nps", goal=30.0, due=date(2026, 12, 31))
        targets.save(session, program_id=program, figure="nps", goal=50.0, due=date(2026, 12, 31), attribute="tier", value="gold")
        target = targets.save(session, program_id=program, figure="nps", goal=40.0, due=date(2026, 12, 31))
    with writing(engine) as session:
        assert [(v.page, v.query) for v in views.list_views(session, program_id=program)] == [("drivers", {})]
        assert [t.goal for t in targets.list_targets(session, program_id=program, figure="nps")] == [40.0, 50.0]
        targets.delete(session, program_id=program, target_id=target.id)
        views.delete(session, program_id=program, name="강남")
        with pytest.raises(NotFound):
            targets.delete(session, program_id=program, target_id=target.id)
        with pytest.raises(NotFound):
            views.get(session, program_id=program, name="강남")


def test_yardsticks_are_replaced_one_by_one(engine, program):
    with writing(engine) as session:
        yardsticks.save(session, program_id=program, kind="standard", name="use", document={"expected": 50.0, "beyond": 100.0}, by="김")
        yardsticks.save(session, program_id=program, kind="crosshair", name="use", document={"importance": 60.0})
        yardsticks.save(session, program_id=program, kind="standard", name="use", document={"expected": 25.0, "beyond": 75.0}, by="이\0")
    with reading(engine) as session:
        found = yardsticks.listed(session, program_id=program)
        assert {(y.kind, y.name): (y.document, y.created_by) for y in found} == {
            ("crosshair", "use"): ({"importance": 60.0}, ""), ("standard", "use"): ({"expected": 25.0, "beyond": 75.0}, "이"),
        }  # fmt: skip
    with writing(engine) as session:
        assert yardsticks.delete(session, program_id=program, kind="standard", name="use")
        assert not yardsticks.delete(session, program_id=program, kind="standard", name="use")
    with reading(engine) as session:
        assert [y.kind for y in yardsticks.listed(session, program_id=program)] == ["crosshair"]
    with pytest.raises(Conflict), writing(engine) as session:
        yardsticks.save(session, program_id=program, kind="standard", name="x" * 201, document={})
