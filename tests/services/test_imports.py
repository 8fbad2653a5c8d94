"""Imports end to end: what is stored, refused, updated, undone, and that nothing is ever half stored."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from cxdash.errors import Cancelled, Conflict, FileMapping, NotFound, Refused
from cxdash.ingest.json_form import mapping_from_json
from cxdash.services import history, imports, programs, targets
from cxdash.services.actor import LOCAL, Actor, RoleName
from cxdash.services.deps import Deps
from cxdash.services.overview import overview
from cxdash.services.programs import catalog_of
from cxdash.services.view import View
from cxdash.store import programs as programmes
from cxdash.store import waves
from cxdash.store.database import writing
from cxdash.store.tables import Response
from tests.services.making import COLUMNS, HEADERS, bring, figures, mapping, rows, stored, told, write


def nps_of(data: list[list[str]]) -> float:
    points = [int(r[3]) for r in data if r[3]]
    return 100 * (sum(p >= 9 for p in points) - sum(p <= 6 for p in points)) / len(points)


def test_import_gives_the_figures_of_the_file(deps: Deps, tmp_path: Path) -> None:
    data = rows(120)
    done = bring(deps, write(tmp_path / "a.csv", data))
    assert (done.rows_read, done.rows_inserted, done.rows_updated, done.rows_rejected, done.problem_cells) == (120, 120, 0, 0, 0)
    total = figures(deps).total
    by_code = {q.question.code: q for q in total.questions}
    assert total.nps is not None and total.nps.value == pytest.approx(nps_of(data)) and total.nps.n == 120
    turned = [6 - int(r[4]) for r in data]
    assert by_code["all"].mean.value == pytest.approx(sum(turned) / 120)
    ship = [int(r[5]) for r in data if r[5] not in ("", "99")]
    assert (by_code["ship"].n, by_code["ship"].n_missing) == (len(ship), 120 - len(ship))
    assert {text: n for text, n, _ in total.multi[0].options} == {o: sum(o in r[6].split(", ") for r in data) for o in ("앱", "매장")}


def test_weighted_figures_of_the_file(lone: Deps, tmp_path: Path) -> None:
    data = rows(80)
    bring(lone, write(tmp_path / "a.csv", data))
    score, weight = [int(r[3]) for r in data], [float(r[8]) for r in data]
    want = 100 * sum(w * ((s >= 9) - (s <= 6)) for s, w in zip(score, weight, strict=True)) / sum(weight)
    total = figures(lone, weighted=True).total
    assert total.nps is not None and total.nps.value == pytest.approx(want)


def test_same_file_is_refused_unless_forced(deps: Deps, tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", rows(30))
    first = bring(deps, path)
    before = stored(deps)
    with pytest.raises(Conflict, match="same_file") as refused:
        bring(deps, path)
    assert refused.value.params["id"] == str(first.id) and stored(deps) == before
    again = bring(deps, path, force=True)
    assert (again.rows_inserted, again.rows_updated) == (0, 30)


def test_known_respondents_update_instead_of_doubling_and_undo_brings_the_old_answers_back(deps: Deps, tmp_path: Path) -> None:
    bring(deps, write(tmp_path / "a.csv", rows(60)))
    before = told(figures(deps, by="branch"))
    second = bring(deps, write(tmp_path / "b.csv", rows(40, first=41, seed=9)))
    assert (second.rows_inserted, second.rows_updated) == (20, 20)
    changed = figures(deps, by="branch")
    assert changed.total.responses == 80 and told(changed) != before
    done = history.undo(deps, LOCAL, import_id=second.id or 0)
    assert (done.deleted, done.restored) == (20, 20)
    assert told(figures(deps, by="branch")) == before
    lines = history.history(deps, LOCAL, program="가게")
    assert [(line.id, line.state) for line in lines] == [(2, "undone"), (1, "done")] and lines[0].undone_at is not None
    with pytest.raises(Conflict):
        history.undo(deps, LOCAL, import_id=second.id or 0)
    again = bring(deps, tmp_path / "b.csv")  # an undone file may come again
    assert (again.rows_inserted, again.rows_updated) == (20, 20)


def test_undo_of_the_only_import_leaves_no_response(deps: Deps, tmp_path: Path) -> None:
    done = bring(deps, write(tmp_path / "a.csv", rows(15)))
    undone = history.undo(deps, LOCAL, import_id=done.id or 0)
    total = figures(deps).total
    assert total.responses == 0 and total.nps is None and undone.questions == 6, "and no question that nobody asks any more"
    again = bring(deps, tmp_path / "a.csv")
    assert again.rows_inserted == 15 and figures(deps).total.nps.n == 15  # type: ignore[union-attr]


def test_undo_takes_away_what_only_that_import_brought(deps: Deps, tmp_path: Path) -> None:
    """A question of both files stays, one of the second alone goes with its stage, one that a target names stays."""
    bring(deps, write(tmp_path / "a.csv", rows(30)))
    extra = [{"header": h, "role": "rating", "code": c, "measure": "satisfaction", "stage": s, "scale": {"lo": 1, "hi": 7}}
             for h, c, s in (("설치", "install", "설치"), ("수리", "repair", "수리"))]  # fmt: skip
    plan = mapping_from_json({"columns": [COLUMNS[0], COLUMNS[2], COLUMNS[3], *extra]})
    data = [[f"N{i}", "강남", "9", "5", "6"] for i in range(20)]
    second = bring(deps, write(tmp_path / "b.csv", data, ("고객번호", "지점", "추천", "설치", "수리")), chosen=plan)
    catalog = catalog_of(deps, "가게")
    assert {"install", "repair"} <= {q.code for q in catalog.questions} and len(catalog.stages) == 3
    targets.save_target(deps, LOCAL, catalog=catalog, metric="question:repair", goal=50, due=date(2027, 1, 1))
    undone = history.undo(deps, LOCAL, import_id=second.id or 0)
    left = catalog_of(deps, "가게")
    assert undone.questions == 1 and "install" not in {q.code for q in left.questions}
    assert {"nps", "all", "ship", "repair"} <= {q.code for q in left.questions} and {a.key for a in left.attributes} == {"branch"}
    assert [s.name["ko"] for s in left.stages] == ["배송", "수리"]


def test_undo_leaves_what_a_form_was_answered_about(deps: Deps, tmp_path: Path) -> None:
    done = bring(deps, write(tmp_path / "a.csv", rows(10)))
    with writing(deps.engine) as session:
        owner = programmes.find_program(session, slug_or_id="가게")
        wave = waves.list_waves(session, program_id=owner.id or 0)[0]
        ver = programmes.tick(session, program_id=owner.id or 0)
        session.add(Response(program_id=owner.id, wave_id=wave.id, respondent="F1", source="survey", attributes={"branch": "강남"},
                             answers={"nps": 9}, ver=ver))  # fmt: skip
    history.undo(deps, LOCAL, import_id=done.id or 0)
    left = catalog_of(deps, "가게")
    assert {q.code for q in left.questions} == {"nps"} and {a.key for a in left.attributes} == {"branch"} and not left.stages


def test_problem_cells_are_listed_with_their_rows_in_the_file(deps: Deps, tmp_path: Path) -> None:
    data = rows(20)
    data[3][3], data[7][4], data[9] = "eleven", "9", ["C10", "2026-01-01", "", "", "", "", "", "", "1"]
    path = write(tmp_path / "a.csv", data)
    done = bring(deps, path)
    assert (done.rows_inserted, done.rows_empty, done.rows_rejected, done.problem_cells) == (19, 1, 0, 2)
    listed = history.problems(deps, LOCAL, import_id=done.id or 0)
    cells = listed.filter(~pl.col("whole_row"))
    assert cells.select("row", "column", "value").rows() == [(5, "추천", "eleven"), (9, "전반", "9")]
    assert listed.filter("whole_row")["row"].to_list() == [11]
    assert figures(deps).total.nps.n == 18  # type: ignore[union-attr]
    assert {p["row"] for p in done.problems} == {5, 9, 11}
    with pytest.raises(NotFound):
        history.problems(deps, LOCAL, import_id=999)


def test_rows_with_problems_may_be_left_out(lone: Deps, tmp_path: Path) -> None:
    data = rows(20)
    data[3][3], data[7][4] = "eleven", "9"
    done = bring(lone, write(tmp_path / "a.csv", data), on_problem="drop")
    assert (done.rows_inserted, done.rows_rejected) == (18, 2) and figures(lone).total.responses == 18


def test_nothing_usable_is_said_and_leaves_nothing(lone: Deps, tmp_path: Path) -> None:
    data = [["C1", "2026-01-01", "", "x", "x", "x", "", "", "1"]] * 3
    before = stored(lone)
    with pytest.raises(FileMapping, match="nothing_usable"):
        bring(lone, write(tmp_path / "a.csv", data))
    assert stored(lone) == before


def test_options_keep_their_numbers_over_files(deps: Deps, tmp_path: Path) -> None:
    bring(deps, write(tmp_path / "a.csv", rows(30)))
    data = rows(30, first=31, seed=4)
    for row in data[:12]:
        row[6] = "전화, 매장"
    told_other_way = mapping({"header": "이용 채널", "codes": {"매장": 1, "전화": 2, "앱": 3}})
    bring(deps, write(tmp_path / "b.csv", data), chosen=told_other_way)
    multi = figures(deps).total.multi[0]
    everyone = rows(30) + data
    assert [text for text, _, _ in multi.options] == ["앱", "매장", "전화"]
    assert [n for _, n, _ in multi.options] == [sum(o in r[6].split(", ") for r in everyone) for o in ("앱", "매장", "전화")]


def test_option_codes_that_begin_at_zero(lone: Deps, tmp_path: Path) -> None:
    """Columns "이유1", "이유2" hold codes out of one list that begins with 0."""
    data = [["10", "0", ""], ["9", "0", "12"], ["8", "5", "0"], *([["7", "12", ""]] * 9)]
    columns = [{"header": "추천", "role": "rating", "measure": "recommend", "scale": {"lo": 0, "hi": 10}}]
    columns += [{"header": h, "role": "multi", "code": "why", "group": "why", "codes": {"0": 0, "5": 5, "12": 12}} for h in ("이유1", "이유2")]
    bring(lone, write(tmp_path / "a.csv", data, ["추천", "이유1", "이유2"]), chosen=mapping_of(columns))
    assert [(t, n) for t, n, _ in figures(lone).total.multi[0].options] == [("0", 3), ("5", 1), ("12", 10)]


def test_one_column_per_option(lone: Deps, tmp_path: Path) -> None:
    """Marked columns (1 or blank): the option is what the column is called, not its mark."""
    data = [["10", "1", ""], ["9", "1", "1"], *([["7", "", "1"]] * 10)]
    columns = [{"header": "추천", "role": "rating", "measure": "recommend", "scale": {"lo": 0, "hi": 10}}]
    columns += [
        {"header": f"이용 / {o}", "wording": o, "role": "multi", "code": "used", "group": "u", "codes": {"1": k}}
        for k, o in ((1, "앱"), (2, "매장"))
    ]
    bring(lone, write(tmp_path / "a.csv", data, ["추천", "이용 / 앱", "이용 / 매장"]), chosen=mapping_of(columns))
    asked = figures(lone).total.multi[0]
    assert [(t, n) for t, n, _ in asked.options] == [("앱", 2), ("매장", 11)]
    assert asked.question.wording == {"ko": "이용"}


def mapping_of(columns: list[dict[str, Any]]) -> Any:
    from cxdash.ingest.json_form import mapping_from_json

    return mapping_from_json({"columns": columns})


@pytest.mark.parametrize(("change", "key"), [
    ({"header": "추천", "scale": {"lo": 1, "hi": 10}}, "service.mapping.scale_differs"),
    ({"header": "전반", "scale": {"lo": 1, "hi": 5}}, "service.mapping.direction_differs"),
    ({"header": "전반", "role": "comment"}, "service.mapping.kind_differs"),
    ({"header": "의견", "code": "branch"}, "service.mapping.double_code"),
])
def test_contradictions_are_refused_with_nothing_half_written(deps: Deps, tmp_path: Path, change: dict[str, Any], key: str) -> None:
    bring(deps, write(tmp_path / "a.csv", rows(20)))
    before = stored(deps)
    with pytest.raises((Conflict, FileMapping)) as refused:
        bring(deps, write(tmp_path / "b.csv", rows(20, first=50)), wave="2차", chosen=mapping(change))
    assert refused.value.key == key and stored(deps) == before


def test_a_column_without_a_code_is_stored_under_its_header(lone: Deps, tmp_path: Path) -> None:
    bring(lone, write(tmp_path / "a.csv", rows(20)), chosen=mapping({"header": "추천", "code": ""}, {"header": "지점", "code": ""}))
    found = figures(lone, by="지점")
    assert "추천" in {q.question.code for q in found.total.questions} and {g.attribute for g in found.groups} == {"지점"}
    assert found.total.nps is not None


def test_what_a_hand_written_mapping_leaves_out_is_found(lone: Deps, tmp_path: Path) -> None:
    short = mapping_of([{"header": "추천", "role": "rating", "measure": "recommend"}, {"header": "이용 채널", "role": "multi"},
                        {"header": "응답일", "role": "date"}])
    data = rows(60)
    bring(lone, write(tmp_path / "a.csv", data), chosen=short)
    total = figures(lone).total
    assert total.nps is not None and total.nps.value == pytest.approx(nps_of(data))
    assert {t: n for t, n, _ in total.multi[0].options} == {o: sum(o in r[6].split(", ") for r in data) for o in ("앱", "매장")}


def test_saved_mapping_by_name_and_layout_recognised(deps: Deps, tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", rows(40))
    found = imports.inspect(deps, LOCAL, path, name=path.name)
    order = imports.Order("가게", "1차", found.proposal.mapping, save_as="월간")
    imports.commit(deps, LOCAL, path, name=path.name, order=order, fingerprint=found.proposal.fingerprint)
    assert [c.code for c in imports.saved_mapping(deps, LOCAL, name="월간").columns] == [c.code for c in found.proposal.mapping.columns]
    with pytest.raises(NotFound) as unknown:
        imports.saved_mapping(deps, LOCAL, name="주간")
    assert "월간" in str(unknown.value.params["known"])
    second = imports.inspect(deps, LOCAL, write(tmp_path / "b.csv", rows(40, first=41)), name="b.csv")
    assert second.mapping == "월간" and second.program is not None
    assert all(c.known for c in second.proposal.mapping.columns) and not any(c.questions for c in second.proposal.mapping.columns)


def test_renamed_and_new_columns_are_pointed_out(lone: Deps, tmp_path: Path) -> None:
    bring(lone, write(tmp_path / "a.csv", rows(40)))
    headers = [h if h != "이용 채널" else "이용 채널 (복수)" for h in HEADERS] + ["연령대"]
    data = [[*r, "30대"] for r in rows(40, first=41)]
    path = write(tmp_path / "b.csv", data, headers)
    found = imports.inspect(lone, LOCAL, path, name=path.name, program="가게")
    notes = {(n.key, n.params.get("new") or n.params.get("header")) for n in found.proposal.notes}
    assert ("ingest.note.renamed", "이용 채널 (복수)") in notes and ("ingest.note.column_new", "연령대") in notes


def test_recognised_question_with_a_new_option(lone: Deps, tmp_path: Path) -> None:
    bring(lone, write(tmp_path / "a.csv", rows(40)))
    data = rows(40, first=41, seed=5)
    for row in data[::2]:
        row[6] = "전화, 앱"
    path = write(tmp_path / "b.csv", data)
    found = imports.inspect(lone, LOCAL, path, name=path.name, program="가게")
    done = bring(lone, path, wave="2차", chosen=found.proposal.mapping)
    assert done.problem_cells == 0
    asked = figures(lone, filters=[("wave", "2차")]).total.multi[0]
    assert {t: n for t, n, _ in asked.options}["전화"] == 20


def test_undone_imports_are_not_recognised(lone: Deps, tmp_path: Path) -> None:
    done = bring(lone, write(tmp_path / "a.csv", rows(30)))
    history.undo(lone, LOCAL, import_id=done.id or 0)
    found = imports.inspect(lone, LOCAL, tmp_path / "a.csv", name="a.csv", program="가게")
    assert not any(c.known for c in found.proposal.mapping.columns) and found.same == ()


def test_same_file_is_shown_by_inspect(lone: Deps, tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", rows(30))
    done = bring(lone, path)
    same = imports.inspect(lone, LOCAL, path, name=path.name).same
    assert [(s.id, s.wave) for s in same] == [(done.id, "1차")]


@pytest.mark.parametrize("after", ["error.stage.open", "imports.stage.store"])
def test_cancel_leaves_nothing(lone: Deps, tmp_path: Path, after: str) -> None:
    """Cancelled while the file is read, and while its rows are stored."""
    stages: list[str] = []
    before = stored(lone)
    with pytest.raises(Cancelled):
        imports.commit(lone, LOCAL, write(tmp_path / "a.csv", rows(400)), name="a.csv", order=imports.Order("가게", "1차", mapping()),
                       on_progress=lambda stage, _share: stages.append(stage), cancel=lambda: after in stages)
    assert stored(lone) == before and not any((lone.settings.home / "scratch").iterdir())


def test_dry_run_tells_what_would_happen_and_leaves_nothing(deps: Deps, tmp_path: Path) -> None:
    path, before = write(tmp_path / "a.csv", rows(30)), stored(deps)
    told_ = bring(deps, path, dry_run=True)
    assert (told_.id, told_.rows_inserted, told_.program) == (None, 30, "가게") and "nps" in told_.new_questions
    assert stored(deps) == before and programs.list_programs(deps, LOCAL) == []


def test_two_imports_at_once_in_threads(deps: Deps, tmp_path: Path) -> None:
    """Into a programme that does not exist yet, with the same new wave: both are stored."""
    paths = [write(tmp_path / f"{i}.csv", rows(200, first=1 + 1000 * i, seed=i)) for i in range(2)]
    gate = threading.Barrier(2)

    def run(path: Path) -> int:
        gate.wait()
        return bring(deps, path).rows_inserted

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(run, paths)) == [200, 200]
    assert figures(deps).total.responses == 400 and len(programs.list_programs(deps, LOCAL)) == 1


def test_the_same_file_twice_at_once_is_stored_once(deps: Deps, tmp_path: Path) -> None:
    path, gate = write(tmp_path / "a.csv", rows(100)), threading.Barrier(2)

    def run(_: int) -> object:
        gate.wait()
        try:
            return bring(deps, path).rows_inserted
        except Conflict as error:
            return error.key

    with ThreadPoolExecutor(2) as pool:
        assert sorted(map(str, pool.map(run, range(2)))) == ["100", "service.import.same_file"]
    assert figures(deps).total.responses == 100


def test_new_options_of_two_imports_at_once_do_not_mix(deps: Deps, tmp_path: Path) -> None:
    bring(deps, write(tmp_path / "a.csv", rows(10)))
    gate, files = threading.Barrier(2), []
    for i, option in enumerate(("전화", "편지")):
        data = rows(50, first=1000 * (i + 1), seed=i)
        for row in data:
            row[6] = option
        files.append((write(tmp_path / f"{option}.csv", data), mapping({"header": "이용 채널", "codes": {option: 1}})))

    def run(given: tuple[Path, Any]) -> int:
        gate.wait()
        return bring(deps, given[0], chosen=given[1]).rows_inserted

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(run, files)) == [50, 50]
    asked = {t: n for t, n, _ in figures(deps).total.multi[0].options}
    assert (asked["전화"], asked["편지"]) == (50, 50)


def test_who_may_import(lone: Deps, tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", rows(12))
    viewer, before = Actor("kim", RoleName.VIEWER), stored(lone)
    for use in (lambda: imports.inspect(lone, viewer, path, name="a"), lambda: history.undo(lone, viewer, import_id=1),
                lambda: imports.commit(lone, viewer, path, name="a", order=imports.Order("p", "w", mapping())),
                lambda: history.problems(lone, viewer, import_id=1), lambda: programs.add_demo(lone, viewer)):
        with pytest.raises(Refused):
            use()
    assert stored(lone) == before


def test_the_demo_takes_no_files_and_blank_places_are_refused(demo: Deps, tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", rows(12))
    with pytest.raises(Conflict, match="demo"):
        bring(demo, path, program="demo")
    for place in ({"program": " "}, {"wave": ""}, {"program": "x" * 300}):
        with pytest.raises(FileMapping, match="no_place"):
            bring(demo, path, **place)


def test_overview_of_two_undated_waves_shows_the_latest_against_the_one_before(lone: Deps, tmp_path: Path) -> None:
    undated = mapping(headers=[h for h in HEADERS if h not in ("응답일", "고객번호")])
    for wave, seed in (("2019", 3), ("2017", 4)):
        bring(lone, write(tmp_path / f"{wave}.csv", rows(60, seed=seed)), wave=wave, chosen=undated)
    found = overview(lone, LOCAL, view=View(program="가게"))
    assert (found.scope.period, found.scope.comparison, found.scope.now.equals["wave"]) == ("wave", "previous_wave", ("2019",))
    assert found.responses == 60 and found.total == 120 and found.grain == "wave"
    card = found.cards[0]
    assert card.figure is not None and card.figure.value == pytest.approx(nps_of(rows(60, seed=3)))
    assert card.before is not None and card.before.value == pytest.approx(nps_of(rows(60, seed=4)))


def test_comments_only(lone: Deps, tmp_path: Path) -> None:
    chosen = mapping_of([{"header": "의견", "role": "comment", "code": "why"}])
    done = bring(lone, write(tmp_path / "a.csv", rows(30)), chosen=chosen)
    found = overview(lone, LOCAL, view=View(program="가게"))
    assert found.responses == done.rows_inserted > 0 and done.rows_empty == 30 - done.rows_inserted
    assert [c.absent for c in found.cards] == ["overview.absent.nps", "overview.absent.csat", "overview.absent.loyalty"]
    assert (found.metrics, found.trend, found.stages, found.mix) == ((), (), (), None)


def test_recommend_on_five_points_gives_the_reason_and_what_is_offered_instead(lone: Deps, tmp_path: Path) -> None:
    chosen = mapping_of([{"header": "전반", "role": "rating", "measure": "recommend", "scale": {"lo": 1, "hi": 5}}])
    bring(lone, write(tmp_path / "a.csv", rows(50)), chosen=chosen)
    card = overview(lone, LOCAL, view=View(program="가게")).cards[0]
    assert card.figure is None and card.absent == "overview.nps_refused" and card.absent_params == {"lo": 1, "hi": 5}
    assert [name for name, f in card.instead if f.value is not None] == ["top_box", "score100"]


def test_weights_on_one_wave_only(lone: Deps, tmp_path: Path) -> None:
    """Weighted figures stand on the rows that have a weight; the others are not taken for 1."""
    bring(lone, write(tmp_path / "a.csv", rows(40, seed=3)), wave="2017")
    bare = mapping(headers=[h for h in HEADERS if h != "가중"])
    bring(lone, write(tmp_path / "b.csv", rows(40, first=100, seed=5)), wave="2019", chosen=bare)
    plain, weighted = figures(lone, by="wave"), figures(lone, by="wave", weighted=True)
    assert [g.nps.n for g in plain.groups if g.nps] == [40, 40]
    assert weighted.total.nps is not None and weighted.total.nps.n == 40
    by_wave = {g.value: g.nps for g in weighted.groups}
    assert by_wave["2019"] is None or by_wave["2019"].value is None


def test_a_wide_programme(lone: Deps, tmp_path: Path) -> None:
    """12 attributes, 60 ratings in 30 stages."""
    ratings = [
        {"header": f"Q{i}", "role": "rating", "measure": "satisfaction", "stage": f"단계{i // 2}", "scale": {"lo": 1, "hi": 5}}
        for i in range(60)
    ]
    attributes = [{"header": f"A{i}", "role": "attribute"} for i in range(12)]
    data = [[str((i * j) % 5 + 1) for j in range(60)] + [f"v{(i + j) % 3}" for j in range(12)] for i in range(90)]
    path = write(tmp_path / "a.csv", data, [c["header"] for c in ratings + attributes])
    bring(lone, path, chosen=mapping_of([*ratings, *attributes]))
    found = overview(lone, LOCAL, view=View(program="가게", by="A11"))
    assert len(found.stages) == 30 and [s.stage.code for s in found.stages[:3]] == ["단계0", "단계1", "단계2"]
    means = [sum((int(r[0]) + int(r[1])) / 2 for r in data) / 90]
    assert found.stages[0].figure.value == pytest.approx((means[0] - 1) * 25) and found.stages[0].items == 2
