"""Fresh after every import, edit and undo; quick start from a snapshot; a snapshot that is not right is no snapshot."""

from __future__ import annotations

import json
import random
import threading
import zlib
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from cxdash.facts.memory import MemoryFacts
from cxdash.facts.question import Filter, LoyaltySpec, QuestionSpec
from cxdash.facts.schema import FactsSchema
from cxdash.facts.snapshot import MAGIC, SnapshotFile, forget
from cxdash.terms import Scale
from tests.facts import oracle
from tests.facts.sample import SCHEMA, FakeSource, response, responses


def agree(facts: MemoryFacts, source: FakeSource) -> None:
    """The facts say what the source holds."""
    rows = list(source.rows.values())
    for by, questions in (("성별",), ["NPS", "Q5#1", "secure"]), (("wave",), ["week"]):
        told = {row[:3]: row[3:] for row in facts.tally(Filter(), by, questions).rows()}
        assert told == oracle.tally(rows, source.kind, Filter(), by, questions, False)
    [told] = facts.moments(Filter(), [], ["loyalty"], weighted=True).rows()
    assert told == pytest.approx(oracle.moments(rows, source.kind, Filter(), [], ["loyalty"], True, 0)[()], rel=1e-12)
    assert facts.version() == source.now


@pytest.fixture
def source() -> FakeSource:
    return FakeSource(responses(150))


def test_fresh_after_import_update_undo_and_erasure(source: FakeSource) -> None:
    facts = MemoryFacts(source)
    agree(facts, source)
    source.put(*(response(number) for number in range(151, 200)))
    agree(facts, source)
    source.put(response(10, seed=5), response(400, seed=5), response(199, seed=5))
    agree(facts, source)
    source.erase(*range(151, 190), 400)
    agree(facts, source)
    source.erase(1)
    source.put(response(2, seed=8))
    agree(facts, source)
    assert source.pulled == [0, 1, 2, 3, 4], "only what changed is pulled"


def test_any_sequence_of_changes_is_followed() -> None:
    r = random.Random(7)
    source = FakeSource(responses(20))
    facts, late = MemoryFacts(source), MemoryFacts(source)
    number = 21
    for step in range(25):
        for _ in range(r.randint(1, 3)):
            if r.random() < 0.4 and len(source.rows) > 12:
                source.erase(*r.sample(sorted(source.rows), 3))
            elif r.random() < 0.5:
                source.put(*(response(n, seed=step) for n in r.sample(sorted(source.rows), 4)))
            else:
                source.put(response(number), response(number + 1))
                number += 2
        agree(facts, source)
    agree(late, source)


def test_nothing_is_pulled_when_nothing_changed(source: FakeSource) -> None:
    facts = MemoryFacts(source)
    for _ in range(3):
        facts.count(Filter())
    assert source.pulled == [0]


def test_a_new_question_option_or_attribute_is_read_from_old_responses_too(source: FakeSource) -> None:
    before = SCHEMA.questions[1:]
    source.kind = FactsSchema(before, SCHEMA.attributes[2:], SCHEMA.waves, {"Q5": 1})
    facts = MemoryFacts(source)
    facts.count(Filter())
    source.now += 1
    source.kind = SCHEMA
    agree(facts, source)


def test_new_waves_loyalty_items_and_time_zone_need_no_new_reading(source: FakeSource) -> None:
    facts = MemoryFacts(source)
    facts.count(Filter())
    source.change(waves={3: "봄", 7: "가을", 99: "겨울"}, loyalty=LoyaltySpec({"week": 1.0, "NPS": 2.0}), timezone="America/New_York")
    agree(facts, source)
    told = {row[:1]: row[1:] for row in facts.count(Filter(), ["day"]).rows()}
    assert told == oracle.count(list(source.rows.values()), source.kind, Filter(), ["day"], False)
    source.change(waves={3: "봄 (고침)", 7: "가을"})
    source.put(response(3, seed=4), response(500))
    agree(facts, source)
    assert source.pulled == [0, 1, 2]


def test_a_changed_scale_is_read_again(source: FakeSource) -> None:
    facts = MemoryFacts(source)
    assert facts.broken() == 0
    source.change(questions=(QuestionSpec("NPS", Scale(0, 5)), *SCHEMA.questions[1:]))
    assert facts.tally(Filter(), [], ["NPS"])["point"].max() == 5
    assert facts.broken() == sum(row["answers"].get("NPS", 0) > 5 for row in source.rows.values())


def test_an_older_database_under_the_running_app_is_read_whole(source: FakeSource) -> None:
    facts = MemoryFacts(source)
    source.now = 9
    facts.count(Filter())
    source.rows = {row["id"]: row for row in responses(30, seed=3)}
    source.now = 1
    agree(facts, source)


def test_a_reader_keeps_its_version_while_others_see_the_next(source: FakeSource) -> None:
    facts = MemoryFacts(source)
    held = facts.current()
    source.put(response(999))
    assert facts.count(Filter())["n"].item() == 151
    assert held.count(Filter())["n"].item() == 150 and held.version() == 1


def test_many_readers_and_a_writer_never_see_an_older_or_half_version() -> None:
    source = FakeSource(responses(40))
    facts = MemoryFacts(source)
    lock, errors = threading.Lock(), []
    done = threading.Event()
    sizes = {source.now: len(source.rows)}

    def guarded() -> Any:
        """Reads as a transaction would: no change in the middle."""
        with lock:
            frozen = FakeSource(list(source.rows.values()))
            frozen.gone, frozen.now = dict(source.gone), source.now
        return FakeSource.read(frozen)

    source.read = guarded  # type: ignore[method-assign]

    def read() -> None:
        try:
            while not done.is_set():
                with lock:
                    least = source.now
                seen = facts.current()
                if seen.version() < least or seen.count(Filter())["n"].item() != sizes[seen.version()]:
                    errors.append((seen.version(), least))
        except Exception as error:  # told by the main thread
            errors.append(error)

    readers = [threading.Thread(target=read) for _ in range(6)]
    for reader in readers:
        reader.start()
    for number in range(1000, 1030):
        with lock:
            sizes[source.now + 1] = len(source.rows) + 1
            source.put(response(number))
    done.set()
    for reader in readers:
        reader.join()
    assert not errors


def test_a_failing_source_leaves_the_old_version_and_recovers(source: FakeSource, monkeypatch: pytest.MonkeyPatch) -> None:
    facts = MemoryFacts(source)
    facts.count(Filter())
    source.put(response(151))
    pull = source.pull

    def broken(since: int) -> Any:
        yield from list(pull(since))[:0]
        raise OSError("the database went away")

    monkeypatch.setattr(source, "pull", broken)
    with pytest.raises(OSError, match="went away"):
        facts.count(Filter())
    monkeypatch.undo()
    agree(facts, source)


# --- snapshots


@pytest.fixture
def file(tmp_path: Path) -> SnapshotFile:
    return SnapshotFile(tmp_path, 1, "test")


def saved(source: FakeSource, file: SnapshotFile) -> None:
    facts = MemoryFacts(source, file, snapshot_seconds=3600)
    facts.count(Filter())
    facts.save()
    facts.close()
    assert file.path.is_file()
    source.pulled.clear()


def test_a_restart_reads_the_snapshot_and_what_came_after_it(source: FakeSource, file: SnapshotFile) -> None:
    saved(source, file)
    agree(MemoryFacts(source, file), source)
    assert source.pulled == [1]
    source.put(response(7, seed=4), response(151))
    agree(MemoryFacts(source, file), source)
    assert source.pulled == [1, 1]


def test_the_snapshot_is_written_in_the_background_and_not_at_every_change(source: FakeSource, file: SnapshotFile) -> None:
    facts = MemoryFacts(source, file, snapshot_seconds=3600)
    facts.count(Filter())
    assert facts._timer is not None
    facts._timer.join(20)
    written = file.path.stat().st_mtime_ns
    for number in range(200, 205):
        source.put(response(number))
        facts.count(Filter())
    assert file.path.stat().st_mtime_ns == written
    facts.close()
    assert not list(file.path.parent.glob("*.part"))


def damage(data: bytes, how: str) -> bytes:
    middle = len(data) // 2
    return {
        "empty": b"",
        "cut": data[:-7],
        "cut in the head": data[:40],
        "one bit": data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :],
        "longer": data + b"x",
        "another file": b"PAR1" + data,
        "text": b"hello",
        "no head": MAGIC + b"\n" + data[200:],
        "head is a list": MAGIC + b"[]\n",
        "other programme": data.replace(b'"identity": "test"', b'"identity": "tesT"'),
        "other format": data.replace(b'"format": ', b'"format": 9'),
        "other polars": data.replace(pl.__version__.encode(), b"0.0.1", 1),
        "version is text": data.replace(b'"version": 1', b'"version": "1"'),
        "parquet of something else": _other(data),
    }[how]


def _other(data: bytes) -> bytes:
    body = b"PAR1 not really a parquet file PAR1"
    head = json.loads(data[len(MAGIC) :].split(b"\n", 1)[0]) | {"size": len(body), "crc": zlib.crc32(body)}
    return MAGIC + json.dumps(head).encode() + b"\n" + body


@pytest.mark.parametrize(
    "how",
    [
        "empty",
        "cut",
        "cut in the head",
        "one bit",
        "longer",
        "another file",
        "text",
        "no head",
        "head is a list",
        "other programme",
        "other format",
        "other polars",
        "version is text",
        "parquet of something else",
    ],
)
def test_a_damaged_or_foreign_snapshot_is_ignored_and_replaced(source: FakeSource, file: SnapshotFile, how: str) -> None:
    saved(source, file)
    file.path.write_bytes(damage(file.path.read_bytes(), how))
    facts = MemoryFacts(source, file)
    agree(facts, source)
    assert source.pulled[0] == 0
    facts.save()
    assert file.load(source.kind) is not None
    facts.close()


def test_a_snapshot_newer_than_the_database_is_ignored(source: FakeSource, file: SnapshotFile) -> None:
    source.put(response(300))
    saved(source, file)
    agree(MemoryFacts(older := FakeSource(responses(20)), file), older)


def test_a_snapshot_of_another_history_is_ignored(source: FakeSource, file: SnapshotFile) -> None:
    """The database came back from a backup and went on from there: the clock fits, the responses do not."""
    saved(source, file)
    other = FakeSource(responses(100))
    other.put(response(5000))
    agree(MemoryFacts(other, file), other)


def test_a_snapshot_follows_schema_changes(source: FakeSource, file: SnapshotFile) -> None:
    saved(source, file)
    source.change(loyalty=LoyaltySpec({"week": 1.0, "NPS": 1.0}), waves={7: "하나", 3: "둘"})
    agree(MemoryFacts(source, file), source)
    assert source.pulled == [1]
    source.change(attributes=(*SCHEMA.attributes[1:], "성별"))
    agree(MemoryFacts(source, file), source)
    assert source.pulled == [1, 0]


def test_what_was_erased_is_not_on_disk_any_more(source: FakeSource, file: SnapshotFile) -> None:
    source.put(response(151) | {"attributes": {"성별": "하나뿐인 이름"}})
    saved(source, file)
    source.erase(151)
    facts = MemoryFacts(source, file, snapshot_seconds=3600)
    facts.count(Filter())
    assert not file.path.exists()
    facts.save()
    assert file.path.exists() and facts.count(Filter({"성별": ("하나뿐인 이름",)}))["n"].item() == 0
    loaded = file.load(source.kind)
    assert loaded is not None and 151 not in loaded.frame["id"]
    assert "하나뿐인 이름" not in loaded.frame.schema["a0"].categories.to_list()  # type: ignore[attr-defined]
    facts.close()


def test_a_snapshot_that_an_erasure_overtook_is_taken_back(source: FakeSource, file: SnapshotFile) -> None:
    facts = MemoryFacts(source, file, snapshot_seconds=3600)
    held = facts.current()
    facts.close()
    file.delete()
    facts._saved = (-1, 0.0)
    source.erase(3)
    assert held.version() < source.now
    facts.save()
    assert not file.path.exists()


def test_forget_removes_a_snapshot_and_what_a_killed_writer_left(source: FakeSource, file: SnapshotFile) -> None:
    saved(source, file)
    left = file.path.with_name(file.path.name + ".x1.part")
    left.write_bytes(b"half")
    forget(file.path.parent.parent, 1)
    assert not file.path.exists() and not left.exists()
    forget(file.path.parent.parent, 1)


def test_a_database_that_goes_away_meanwhile_leaves_no_unchecked_snapshot(
    source: FakeSource, file: SnapshotFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = MemoryFacts(source, file, snapshot_seconds=3600)
    facts.count(Filter())
    facts.close()
    facts._saved = (-1, 0.0)

    def gone(since: int) -> list[int]:
        raise ConnectionError("the database went away")

    monkeypatch.setattr(source, "erased", gone)
    facts._save_quietly()
    assert not file.path.exists()


def test_a_disk_that_cannot_be_written_costs_the_snapshot_only(source: FakeSource, tmp_path: Path) -> None:
    (tmp_path / "snapshots").write_text("a file where the folder should be")
    facts = MemoryFacts(source, SnapshotFile(tmp_path, 1, "test"))
    facts.save()
    agree(facts, source)
    facts.save()
    facts.close()
