"""The child process: what it may cost, what its death means, and that nothing of it stays behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from cxdash import ingest
from cxdash.errors import Cancelled, FileDamaged, FileError, FileMapping, FileTooLarge, FileTooSlow
from cxdash.ingest import sandbox
from cxdash.ingest.json_form import mapping_from_json, to_json
from cxdash.ingest.limits import Limits
from tests.ingest import read_kit as kit

LIMITS = Limits(seconds=60, memory_mb=1024, nice=0)


def children() -> set[str]:
    listed = subprocess.run(["ps", "-eo", "pid,ppid,args"], capture_output=True, text=True).stdout
    return {line for line in listed.splitlines() if ("cxdash.ingest.worker" in line or "other.py" in line) and f" {os.getpid()} " in line}


@pytest.fixture(autouse=True)
def nothing_left(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Any:
    scratch = tmp_path_factory.mktemp("scratch")
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    yield
    assert children() == set()
    assert os.listdir(scratch) == []


def sheets(path: Path, **payload: Any) -> dict[str, Any]:
    limits = payload.pop("limits", LIMITS)
    return sandbox.run("sheets", {"path": str(path), "name": path.name, **payload}, limits=limits)


def worker(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, body: str) -> None:
    """Put another program in the worker's place."""
    script = tmp_path / "other.py"
    script.write_text("import sys, os, time, signal\nsys.stdin.readline()\n" + body)
    real = subprocess.Popen

    def start(command: list[str], **options: Any) -> Any:
        return real([sys.executable, str(script)], **options)

    monkeypatch.setattr(sandbox, "subprocess", SimpleNamespace(Popen=start, PIPE=subprocess.PIPE))


def test_a_result_and_its_progress(tmp_path: Path) -> None:
    path = kit.workbook(tmp_path / "x.xlsx", {"설문": kit.sheet(kit.row(1, kit.number("A1", 1)))})
    seen: list[tuple[str, float]] = []
    found = sandbox.run(
        "sheets", {"path": str(path), "name": "x.xlsx"}, limits=LIMITS, on_progress=lambda key, share: seen.append((key, share))
    )
    assert found["sheets"][0]["name"] == "설문" and seen[0] == ("error.stage.open", 0.05)


def test_an_error_crosses_with_its_parameters(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"PK\x03\x04 nothing more")
    with pytest.raises(FileDamaged) as raised:
        sheets(path)
    assert (raised.value.key, raised.value.fix) == ("error.file.damaged_zip", "error.file.fix.resave")
    with pytest.raises(FileTooLarge) as large:
        sheets(path, limits=replace(LIMITS, max_bytes=3))
    assert large.value.params == {"size_mb": 0, "limit_mb": 0}


@pytest.mark.parametrize(
    ("body", "kind", "key"),
    [
        ("os.abort()", FileTooLarge, "error.file.memory"),
        ("os.kill(os.getpid(), signal.SIGKILL)", FileTooLarge, "error.file.memory"),
        ("sys.stderr.write('memory allocation of 9 bytes failed'); sys.exit(1)", FileTooLarge, "error.file.memory"),
        ("os.kill(os.getpid(), signal.SIGSEGV)", FileDamaged, "error.file.crashed"),
        ("sys.exit(0)", FileDamaged, "error.file.crashed"),
        ("os.kill(os.getpid(), signal.SIGXCPU)", FileTooSlow, "error.file.too_slow"),
        ("time.sleep(60)", FileTooSlow, "error.file.too_slow"),
    ],
)
def test_every_death_has_a_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, body: str, kind: type[FileError], key: str) -> None:
    worker(monkeypatch, tmp_path, body)
    began = time.monotonic()
    with pytest.raises(kind) as raised:
        sandbox.run("sheets", {}, limits=replace(LIMITS, seconds=2))
    assert raised.value.key == key and time.monotonic() - began < 10


def test_memory_is_watched_from_outside_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    worker(monkeypatch, tmp_path, "held = bytearray(700 << 20)\ntime.sleep(60)")
    with pytest.raises(FileTooLarge) as raised:
        sandbox.run("sheets", {}, limits=replace(LIMITS, memory_mb=64))
    assert raised.value.key == "error.file.memory"


def test_cancel_ends_it_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    worker(monkeypatch, tmp_path, "time.sleep(60)")
    stop = threading.Event()
    threading.Timer(0.5, stop.set).start()
    began = time.monotonic()
    with pytest.raises(Cancelled):
        sandbox.run("sheets", {}, limits=LIMITS, cancel=stop.is_set)
    assert time.monotonic() - began < 5


def test_the_child_knows_no_secrets_and_no_foreign_modules(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CXDASH_SECRET", "the secret")
    worker(monkeypatch, tmp_path, "import json\nprint(json.dumps({'result': {'env': dict(os.environ), 'cwd': os.getcwd()}}))")
    found = sandbox.run("sheets", {}, limits=LIMITS)
    assert "the secret" not in str(found) and found["env"]["POLARS_MAX_THREADS"] == "2" and not Path(found["cwd"]).exists()


def test_it_dies_with_its_parent(tmp_path: Path) -> None:
    """Closing the pipe is all that a killed parent does."""
    child = subprocess.Popen(
        [sys.executable, "-m", "cxdash.ingest.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(Path(sandbox.__file__).parents[2])},
    )
    assert child.stdin is not None
    request = {"task": "sheets", "payload": {"path": str(survey(tmp_path / "a.csv")), "name": "x"}, "limits": LIMITS.to_json()}
    child.stdin.write(json.dumps(request).encode() + b"\n")
    child.stdin.close()
    try:
        assert child.wait(20) == 3
    finally:
        child.kill()
        child.wait()
        assert child.stdout is not None
        child.stdout.close()


def bomb(path: Path) -> Path:
    def write(archive: zipfile.ZipFile, name: str) -> None:
        with archive.open(name, "w") as part:
            for _ in range(80):
                part.write(b" " * (1 << 20))

    return kit.workbook(path, {"S": write})


def giant_string(path: Path) -> Path:
    def write(archive: zipfile.ZipFile, name: str) -> None:
        with archive.open(name, "w") as part:
            part.write(f'<worksheet xmlns="{kit.MAIN}"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>'.encode())
            for _ in range(60):
                part.write(b"abcdefgh" * (1 << 17))
            part.write(b"</t></is></c></row></sheetData></worksheet>")

    return kit.workbook(path, {"S": write})


def deep(path: Path) -> Path:
    return kit.workbook(
        path, {"S": f'<worksheet xmlns="{kit.MAIN}"><sheetData>{"<row>" * 200_000}{"</row>" * 200_000}</sheetData></worksheet>'}
    )


def far(path: Path) -> Path:
    return kit.workbook(path, {"S": kit.sheet(kit.row(1, kit.number("A1", 1)), kit.row(1048576, kit.number("XFD1048576", 2)))})


def entities(path: Path) -> Path:
    return kit.workbook(path, {"S": f'<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet xmlns="{kit.MAIN}"><sheetData/></worksheet>'})


def cut(path: Path) -> Path:
    far(path)
    path.write_bytes(path.read_bytes()[:-40])
    return path


@pytest.mark.parametrize(
    ("make", "key"),
    [
        (bomb, "error.file.bomb"),
        (giant_string, "error.file.long_text"),
        (deep, None),
        (far, None),
        (entities, "error.file.doctype"),
        (cut, "error.file.damaged_zip"),
    ],
)
def test_hostile_workbooks(tmp_path: Path, make: Callable[[Path], Path], key: str | None) -> None:
    path = make(tmp_path / "hostile.xlsx")
    began = time.monotonic()
    if key is None:
        assert sheets(path)["sheets"][0]["name"] == "S"
    else:
        with pytest.raises(FileError) as raised:
            sandbox.run("propose", {"path": str(path), "name": path.name}, limits=LIMITS)
        assert raised.value.key == key
    assert time.monotonic() - began < 20


def stray(path: Path) -> Path:
    """A large plain sheet with one undeclared cell in the last corner: calamine would allocate 17 thousand million cells."""
    rows = [kit.row(r, *(kit.number(f"{c}{r}", r) for c in "ABCDEFGHIJ")) for r in range(1, 8001)]
    return kit.workbook(
        path, {"S": kit.sheet(kit.row(1, kit.text("A1", "h")), *rows[1:], kit.row(1048576, kit.number("XFD1048576", 7)))}, durations=False
    )


def test_when_calamine_brings_the_child_down_the_exact_reader_takes_over(tmp_path: Path) -> None:
    path = stray(tmp_path / "stray.xlsx")
    request = {
        "path": str(path),
        "name": "s.xlsx",
        "mapping": to_json(
            mapping_from_json(
                {"layout": {"sheet": "S", "header_rows": [1]}, "columns": [{"header": "h", "role": "rating", "scale": {"lo": 1, "hi": 5}}]}
            )
        ),
        "out": str(tmp_path),
        "on_problem": "missing",
        "timezone": "Asia/Seoul",
    }
    with pytest.raises(FileTooLarge) as raised:
        sandbox.run("code", request, limits=LIMITS)
    assert raised.value.key == "error.file.memory"
    with pytest.raises(FileTooLarge) as wide:
        ingest.inspect(path, limits=LIMITS)
    assert wide.value.key == "error.file.too_many_cells"


def survey(path: Path, rows: int = 60, extra: str = "") -> Path:
    lines = ["응답번호,전반적 만족도,추천 의향,지역" + extra]
    lines += [f"R{i},{1 + i % 5},{i % 11},{'서울' if i % 2 else '부산'}" + ("," if extra else "") for i in range(rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_inspect_and_code(tmp_path: Path) -> None:
    path = survey(tmp_path / "7월.csv")
    found = ingest.inspect(path, name="7월 조사.csv", limits=LIMITS)
    assert found.file == "7월 조사.csv" and found.rows == 60 and found.mapping.sha256 == found.sha256
    out = tmp_path / "out"
    coded = ingest.code(path, found.mapping, out=out, name="7월 조사.csv", limits=LIMITS)
    assert coded.rows_read == 60 and pl.read_parquet(coded.responses).height == coded.rows_usable == 60


HAND = {
    "columns": [
        {"header": "추천  의향", "role": "rating", "measure": "recommend", "scale": {"lo": 0, "hi": 10}, "code": "NPS"},
        {"header": "응답번호", "role": "respondent"},
    ]
}


def test_a_short_mapping_written_by_hand(tmp_path: Path) -> None:
    path = survey(tmp_path / "a.csv")
    coded = ingest.code(path, mapping_from_json(HAND), out=tmp_path / "o", limits=LIMITS)
    answers = pl.read_parquet(coded.responses)
    assert coded.codes == ("NPS",) and answers["respondent"].to_list()[:2] == ["R0", "R1"] and answers["answers"][3] == '{"NPS":3}'


def test_a_mapping_of_last_month_reads_all_rows_of_this_month(tmp_path: Path) -> None:
    july = ingest.inspect(survey(tmp_path / "7월.csv", 40), limits=LIMITS)
    august = survey(tmp_path / "8월.csv", 75)
    coded = ingest.code(august, mapping_from_json(to_json(july)), out=tmp_path / "o", limits=LIMITS)
    assert coded.rows_read == 75


def test_a_mapping_that_does_not_fit_names_the_header_and_leaves_nothing(tmp_path: Path) -> None:
    path = survey(tmp_path / "a.csv")
    out = tmp_path / "o"
    with pytest.raises(FileMapping) as raised:
        ingest.code(
            path,
            mapping_from_json({"columns": [{"header": "추천 의항", "role": "rating", "scale": {"lo": 0, "hi": 10}}]}),
            out=out,
            limits=LIMITS,
        )
    assert raised.value.key == "error.mapping.no_header" and raised.value.params["near"] == "추천 의향"
    assert list(out.iterdir()) == []


@pytest.mark.parametrize(
    ("change", "key", "field"),
    [
        ({"rol": "rating"}, "error.mapping.unknown", "columns[0].rol"),
        ({"role": "ratings"}, "error.mapping.one_of", "columns[0].role"),
        ({"scale": {"lo": 5, "hi": 1}}, "error.mapping.scale", "columns[0].scale"),
        ({"scale": {"hi": 1}}, "error.mapping.missing", "columns[0].scale.lo"),
        ({"index": "3"}, "error.mapping.whole", "columns[0].index"),
        ({"missing": "99"}, "error.mapping.list", "columns[0].missing"),
        ({"codes": {"좋음": 1.5}}, "error.mapping.whole", "columns[0].codes.좋음"),
        ({"known": "yes"}, "error.mapping.truth", "columns[0].known"),
    ],
)
def test_a_mapping_is_read_strictly(change: dict[str, Any], key: str, field: str) -> None:
    with pytest.raises(FileMapping) as raised:
        mapping_from_json({"columns": [{"header": "h", "role": "rating", **change}]})
    assert (raised.value.key, raised.value.params["field"]) == (key, field)


@pytest.mark.parametrize("document", [[], "x", None, {}, {"columns": []}, {"columns": 3}, {"columns": [[]]}, {"format": 2, "columns": []}])
def test_what_is_no_mapping(document: Any) -> None:
    with pytest.raises(FileMapping):
        mapping_from_json(document)
