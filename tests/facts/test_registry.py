"""Facts of real databases: what the store's tables say, followed through import, update, undo and erasure, on every kind of database."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from sqlalchemy import Engine

from cxdash.errors import ConfigError, NotFound
from cxdash.facts.memory import MemoryFacts
from cxdash.facts.question import Filter
from cxdash.facts.registry import Registry
from cxdash.facts.snapshot import FOLDER
from cxdash.facts.store_source import StoreSource
from cxdash.store import imports, journeys, programs, questions, responses, waves
from cxdash.store.database import writing
from cxdash.store.tables import Question
from tests.databases import database_url, empty_url, engine, migrated, postgres  # noqa: F401


@dataclass(frozen=True)
class Settings:
    home: Path
    facts_url: str = "memory://"


def made(engine: Engine, slug: str = "shop") -> int:  # noqa: F811
    with writing(engine) as session:
        program = programs.add_program(session, slug=slug, name={"ko": slug})
        assert program.id is not None
        stage = journeys.add_stage(session, program_id=program.id, code="buy", name={"ko": "구매"})
        questions.save_questions(
            session,
            program_id=program.id,
            questions=[
                Question(code="NPS", measure="recommend", lo=0, hi=10),
                Question(code="전반.만족", measure="overall", lo=1, hi=5),
                Question(code="구매 만족", measure="satisfaction", lo=1, hi=5, stage_id=stage.id),
                Question(code="의견", measure="comment"),
                Question(code="이유", measure="multi", options=["가격", "품질, 배송"]),
                Question(code="성별", measure="attribute"),
                Question(code="wave", measure="attribute"),
            ],
        )
        return program.id


def put(engine: Engine, program_id: int, people: dict[str, int], wave: str = "2025") -> int:  # noqa: F811
    """An import: respondent -> recommend answer. Returns its id."""
    with writing(engine) as session:
        ver = programs.tick(session, program_id=program_id)
        wave_id = waves.ensure_wave(session, program_id=program_id, code=wave).id
        done = imports.add(session, program_id=program_id, wave_id=wave_id, file_name="x.xlsx", sha256=f"{ver}", size=1, mapping={})
        frame = pl.DataFrame(
            {
                "row": range(2, len(people) + 2),
                "respondent": list(people),
                "at": [datetime(2025, 3, 2, 15, 30, tzinfo=UTC)] * len(people),
                "weight": [1.5] * len(people),
                "attributes": ['{"성별": "남", "wave": "A"}'] * len(people),
                "answers": [
                    f'{{"NPS": {nps}, "전반.만족": 4, "구매 만족": 5, "이유": [2], "의견": "좋음"}}' for nps in people.values()
                ],
            }
        )
        responses.insert(
            session,
            program_id=program_id,
            wave_id=wave_id,
            import_id=done.id,
            source="import",
            ver=ver,
            frame=frame,
            codes=["NPS", "전반.만족", "구매 만족", "이유", "의견", "성별", "wave"],
        )
        return int(done.id or 0)


def undo(engine: Engine, program_id: int, import_id: int) -> None:  # noqa: F811
    with writing(engine) as session:
        responses.undo(session, import_id=import_id, ver=programs.tick(session, program_id=program_id))


def points(facts: MemoryFacts) -> list[int]:
    told = facts.tally(Filter(), [], ["NPS"])
    return [point for _, point, n, _, _ in told.rows() for _ in range(n)]


def test_facts_follow_the_store(engine: Engine, tmp_path: Path) -> None:  # noqa: F811
    program = made(engine)
    registry = Registry(engine, Settings(tmp_path))
    facts = registry.facts(program)
    assert facts.count(Filter()).rows() == [(0, 0)]
    first = put(engine, program, {"a": 3, "b": 9})
    assert points(facts) == [3, 9]
    put(engine, program, {"b": 5, "c": 10})
    assert points(facts) == [3, 5, 10]
    undo(engine, program, first)
    assert points(facts) == [5, 10]
    other = MemoryFacts(StoreSource(engine, program))
    assert points(other) == [5, 10] and other.version() == facts.version() > 0
    with writing(engine) as session:
        gone = facts.rows(Filter(), ["NPS"], limit=1, order="-NPS")["id"].to_list()
        responses.erase(session, ids=gone, ver=programs.tick(session, program_id=program))
    assert points(facts) == [5]
    registry.close()


def test_what_the_tables_say_can_be_asked(engine: Engine, tmp_path: Path) -> None:  # noqa: F811
    program = made(engine)
    put(engine, program, {"a": 10, "b": 0})
    facts = Registry(engine, Settings(tmp_path)).facts(program)
    assert facts.count(Filter(), ["wave", "a:wave", "성별", "week"]).rows() == [("2025", "A", "남", datetime(2025, 3, 3).date(), 2, 0)]
    assert facts.tally(Filter(), [], ["이유#1", "이유#2", "secure"], weighted=True).rows() == [
        ("이유#1", 0, 2, 3.0, 4.5),
        ("이유#2", 1, 2, 3.0, 4.5),
        ("secure", 0, 1, 1.5, 2.25),
        ("secure", 1, 1, 1.5, 2.25),
    ]
    loyalty = facts.moments(Filter(), [], ["loyalty", "stage:buy"]).row(0, named=True)
    assert loyalty["s:loyalty"] == pytest.approx((75 + 100) / 2 + (75 + 0) / 2) and loyalty["s:stage:buy"] == 200
    with writing(engine) as session:
        programs.update_program(session, program_id=program, loyalty={"NPS": 1.0}, timezone="UTC")
    assert facts.moments(Filter(), [], ["loyalty"])["s:loyalty"].item() == 100
    assert facts.count(Filter(), ["day"])["day"].to_list() == [datetime(2025, 3, 2).date()]
    with pytest.raises(NotFound):
        facts.tally(Filter(), [], ["의견"])


def test_a_restart_uses_the_snapshot_and_another_database_does_not(engine: Engine, tmp_path: Path) -> None:  # noqa: F811
    program = made(engine)
    put(engine, program, {"a": 3})
    registry = Registry(engine, Settings(tmp_path))
    facts = registry.facts(program)
    facts.count(Filter())
    facts.save()  # type: ignore[attr-defined]
    registry.close()
    assert [path.name for path in (tmp_path / FOLDER).iterdir()] == [f"program-{program}.snapshot"]
    put(engine, program, {"b": 4})
    again = Registry(engine, Settings(tmp_path))
    assert points(again.facts(program)) == [3, 4]  # type: ignore[arg-type]
    assert again.facts(program).broken() == 0  # type: ignore[attr-defined]
    again.forget(program)
    assert not (tmp_path / FOLDER / f"program-{program}.snapshot").exists()


def test_identities_differ_by_programme_and_stay(engine: Engine) -> None:  # noqa: F811
    one, two = made(engine, "one"), made(engine, "two")
    assert StoreSource(engine, one).identity == StoreSource(engine, one).identity != StoreSource(engine, two).identity


def test_the_registry_is_bounded_and_gives_one_facts_to_all_threads(engine: Engine, tmp_path: Path) -> None:  # noqa: F811
    known = [made(engine, f"p{i}") for i in range(3)]
    registry = Registry(engine, Settings(tmp_path), limit=2)
    got: list[object] = []
    threads = [threading.Thread(target=lambda: got.append(registry.facts(known[0]))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 8 and len(set(map(id, got))) == 1
    registry.facts(known[1])
    registry.facts(known[0])
    registry.facts(known[2])
    assert registry.facts(known[0]) is got[0]
    assert list(registry._known) == [known[2], known[0]]


def test_a_programme_that_does_not_exist(engine: Engine, tmp_path: Path) -> None:  # noqa: F811
    with pytest.raises(NotFound):
        Registry(engine, Settings(tmp_path)).facts(4711)


def test_a_removed_programme_is_told(engine: Engine, tmp_path: Path) -> None:  # noqa: F811
    program = made(engine)
    facts = Registry(engine, Settings(tmp_path)).facts(program)
    facts.count(Filter())
    with writing(engine) as session:
        programs.delete_program(session, program_id=program)
    with pytest.raises(NotFound):
        facts.count(Filter())


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("duckdb://x", "facts.engine.unknown"),
        ("", "facts.engine.unknown"),
        ("memory", "facts.engine.unknown"),
        ("memory://elsewhere", "facts.engine.unknown"),
        ("spark://", "facts.engine.address"),
        ("spark://local[1]", "facts.engine.address"),
        ("spark://?data=x", "facts.engine.address"),
    ],
)
def test_a_url_that_cannot_work_is_refused_with_what_exists(tmp_path: Path, url: str, key: str) -> None:
    with pytest.raises(ConfigError) as error:
        Registry(None, Settings(tmp_path, url))  # type: ignore[arg-type]
    assert error.value.key == key
    if key.endswith("unknown"):
        assert "memory://" in str(error.value.params["known"]) and "spark://" in str(error.value.params["known"])


def test_spark_without_pyspark_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "pyspark", None)
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(ConfigError) as error:
        Registry(None, Settings(tmp_path, f"spark://local[1]?data={tmp_path}"))  # type: ignore[arg-type]
    assert error.value.key == "facts.engine.missing"
