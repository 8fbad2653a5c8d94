"""Every benchmark runs, and what it times does the work it says: tiny sizes, no times asserted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import fastexcel
import polars as pl
import pytest

from benchmarks import (
    cold_start, drivers, facts_cold, facts_overview, import_xlsx, loyalty, overview, priorities, server, sessions, survey_book,
)  # fmt: skip
from cxdash.config import load_settings
from cxdash.store import vault
from cxdash.facts.answers import FrameFacts
from cxdash.services.actor import LOCAL

ROWS = 300


@pytest.fixture(autouse=True)
def own_keys() -> None:
    """A test of another file may have left the keys of its own house; what is built here is opened by a server without them."""
    vault.use(load_settings({}))


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> survey_book.Book:
    folder = str(tmp_path_factory.mktemp("books"))
    with pytest.MonkeyPatch.context() as mine:
        mine.setattr(survey_book.tempfile, "gettempdir", lambda: folder)
        return survey_book.cached(ROWS)


def test_the_workbook_reads_back_as_it_was_made(book: survey_book.Book) -> None:
    read = fastexcel.read_excel(book.path).load_sheet(0).to_polars()
    made = survey_book.answers(ROWS)
    assert read.columns == survey_book.HEADERS and len(survey_book.HEADERS) == 40
    assert read.height == ROWS
    for header in read.columns:
        if header == "응답 일시":
            assert read[header].dtype.is_temporal() and read[header].null_count() == 0
        elif made[header].dtype == pl.String:
            assert read[header].to_list() == made[header].to_list()
        else:
            assert read[header].cast(pl.Float64).to_list() == made[header].cast(pl.Float64).to_list()


def test_the_import_benchmark_compares_a_read_with_a_whole_import(book: survey_book.Book) -> None:
    floor = import_xlsx.children.run("benchmarks.import_work", "floor", str(book.path))
    own = import_xlsx.children.run("benchmarks.import_work", "own", str(book.path))
    assert (floor.more["rows"], floor.more["columns"]) == (ROWS, 40)
    import_xlsx.check(book, own)
    assert own.child > 30 and own.own > 30  # MB: a parsing process was waited for
    found = import_xlsx.report([floor], [own])
    assert found["commit wall"] == pytest.approx(own.costs["commit"].wall / floor.costs["read"].wall)
    header = survey_book.FIVE[0]
    n, total = book.valid[header]
    with pytest.raises(SystemExit):
        import_xlsx.check(replace(book, valid={**book.valid, header: (n, total + 1)}), own)


def test_another_user_reruns_while_a_file_is_imported(book: survey_book.Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_xlsx, "IDLE_RERUNS", 2)
    monkeypatch.setattr(import_xlsx.survey_book, "cached", lambda rows: book)
    assert import_xlsx.neighbour(ROWS) > 0


def test_sessions_rerun_the_overview_and_the_switches_reach_the_server(tmp_path: Path) -> None:
    with server.serve(tmp_path, CXBENCH_NO_FREEZE="1") as app:
        sessions.check(app)
        seen = server.paced(app, 2, 1.0, sessions.VIEWS[:2], every=0.5)
    assert len(seen.spent) >= 2 and min(seen.spent) > 0 and seen.cpu >= 0


def test_cold_start_counts_every_response_on_the_page(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    facts_cold.build(home, 1234)
    answers, page, cpu = cold_start.first_page(home, 1234)
    assert 0 < answers < page and cpu >= 0


def test_overview_by_hand_and_by_service_are_checked_against_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overview, "STORED", 600)
    house = overview.enlarged(tmp_path, 1500)
    for view in overview.VIEWS.values():
        seen = overview.overview(house.deps, LOCAL, view=view)
        overview.check(house, seen)
        overview.by_hand(house, view, seen)()
    wrong = overview.House(house.deps, house.frame.with_columns(q0=pl.lit(10, dtype=pl.Int8)))
    with pytest.raises(SystemExit):
        overview.check(wrong, overview.overview(house.deps, LOCAL, view=overview.VIEWS["everything, NPS"]))
    house.deps.engine.dispose()


def test_facts_aggregates_count_as_by_hand() -> None:
    frame = facts_overview.data.frame(2000)
    facts = FrameFacts(frame, facts_overview.data.SCHEMA, 1)
    facts_overview.check(frame, facts)
    for _, floor, own in facts_overview.cases(frame, facts):
        floor(), own()


def test_facts_cold_start_without_and_with_a_snapshot(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(facts_cold, "ROUNDS", 1)
    assert facts_cold.run(500) in (0, 1)
    told = capsys.readouterr().out
    assert "500 responses stored" in told and "with a snapshot" in told


def test_priorities_and_gaps_are_those_of_the_rows(capsys: pytest.CaptureFixture[str]) -> None:
    told = priorities.run(3000, rounds=1)  # checks the figures against the rows before it times them
    assert len(told) == 6 and min(told.values()) > 0 and "expectation gaps" in capsys.readouterr().out


def test_loyalty_segments_are_those_of_the_rows(capsys: pytest.CaptureFixture[str]) -> None:
    told = loyalty.run(4000, rounds=1)  # checks the linked customers against the rows before it times them
    assert len(told) == 7 and min(told.values()) > 0 and "movement of the same customers" in capsys.readouterr().out


def test_drivers_are_those_of_the_rows(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """`check` compares R² and base with least squares on the rows, and refuses to go on where they differ."""
    monkeypatch.setattr(drivers, "DRAWS", 20)
    assert all(seconds.best > 0 for seconds in drivers.run(3000, rounds=1))
    assert "lmg of 15" in capsys.readouterr().out
    monkeypatch.setattr(drivers, "DRAWS", 21)
    found = drivers.ask(FrameFacts(drivers.frame(2000), drivers.SCHEMA, 1))
    with pytest.raises(SystemExit):
        drivers.check(found, drivers.floor_of(FrameFacts(drivers.frame(2001), drivers.SCHEMA, 1))[1])
