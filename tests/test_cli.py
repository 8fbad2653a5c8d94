"""The contract of the command line: JSON, exit codes, words on stderr, nothing written by looking. docs/cli.md names everything."""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from cxdash import cli, runtime
from tests import house
from tests.serving import ROOT

DOC = ROOT / "docs" / "cli.md"
HEADERS = ["응답일", "지점", "유입=경로", "추천하시겠습니까? (0~10점)", "전반적 만족도", "전화번호"]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    monkeypatch.setenv("CXDASH_HOME", str(folder))
    monkeypatch.setenv("CXDASH_DEMO", "0")
    monkeypatch.delenv("CXDASH_DATABASE_URL", raising=False)
    monkeypatch.setattr(runtime, "_deps", None)
    house.parse_here(monkeypatch)
    return folder


@pytest.fixture
def survey(tmp_path: Path) -> Path:
    """60 answers: promoters 30, passives 12, detractors 18, in two branches."""
    path = tmp_path / "설문 결과.csv"
    points = [10] * 30 + [8] * 12 + [3] * 18
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        out = csv.writer(file)
        out.writerow(HEADERS)
        out.writerows([f"2026-05-{1 + i % 28:02}", "강남점" if i % 3 else "부산점", f"a=b{i % 2}", p, f"{1 + i % 5}점", f"010-1234-{1000 + i}"]
                      for i, p in enumerate(points))
    return path


def run(*words: object) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    code = cli.main([str(w) for w in words], out, err)
    return code, out.getvalue(), err.getvalue()


def ok(*words: object) -> Any:
    code, out, err = run(*words, "--json")
    assert code == 0, err
    return json.loads(out)


def bring(survey: Path, *more: object) -> Any:
    return ok("import", survey, "--program", "우리 가게", "--wave", "2026 상반기", *more)


def test_inspect_says_everything_and_writes_nothing(home: Path, survey: Path) -> None:
    found = ok("inspect", survey)
    assert not home.exists()
    layout = found["layout"]
    assert (layout["sheet"], layout["header_rows"], layout["first_data_row"], layout["encoding"]) == ("설문 결과", [1], 2, "utf-8-sig")
    columns = {c["header"]: c for c in found["columns"]}
    nps = columns[HEADERS[3]]
    assert (nps["role"], nps["measure"], nps["scale"]["lo"], nps["scale"]["hi"], nps["scale"]["direction"]) == (
        "rating",
        "recommend",
        0,
        10,
        "high",
    )
    assert {"key", "params", "text"} <= set(nps["reason"]) and nps["reason"]["text"] != nps["reason"]["key"] and 0 < nps["certainty"] <= 1
    worded = columns[HEADERS[4]]
    assert worded["scale"]["hi"] == 5 and set(worded) >= {"codes", "missing", "missing_counts", "values", "n", "blank", "questions"}
    assert columns["전화번호"]["role"] == "personal" and columns["응답일"]["role"] == "date" and columns["지점"]["role"] == "attribute"


def test_inspect_in_lines_and_both_languages(home: Path, survey: Path) -> None:
    _, korean, _ = run("inspect", survey)
    _, english, _ = run("--language", "en", "inspect", survey)
    assert english == run("inspect", survey, "--language", "en")[1] != korean
    assert len(korean.splitlines()) >= len(HEADERS) + 1


def test_import_then_metrics(home: Path, survey: Path) -> None:
    done = bring(survey)
    assert (done["id"], done["program"], done["wave"], done["rows_inserted"], done["dry_run"]) == (1, "우리-가게", "2026 상반기", 60, False)
    for name in ("우리-가게", "우리 가게", " 우리  가게"):
        total = ok("metrics", "--program", name)["total"]
        assert (total["nps"]["value"], total["nps"]["n"], total["nps"]["unit"], total["nps"]["base"]) == (
            pytest.approx(20.0),
            60,
            "points",
            "caution",
        )
    code, out, err = run("metrics", "--program", "우리 가게", "--language", "en")
    assert code == 0 and "Total" in out and "20.0" in out and err == ""


def test_json_is_all_that_goes_to_stdout(home: Path, survey: Path) -> None:
    code, out, err = run("import", survey, "--program", "p", "--wave", "w", "--json")
    assert code == 0 and json.loads(out)["rows_inserted"] == 60
    for words in (["demo", "add"], ["programs"], ["history"], ["metrics", "--program", "p"], ["undo", "1"], ["demo", "remove"]):
        code, out, err = run(*words, "--json")
        assert code == 0 and isinstance(json.loads(out), dict), (words, err)


def test_dry_run_leaves_no_trace(home: Path, survey: Path) -> None:
    told = bring(survey, "--dry-run", "--save-mapping", "m")
    assert (told["id"], told["rows_inserted"], told["dry_run"]) == (None, 60, True) and "rows_updated" in told
    assert not home.exists()
    ok("programs")
    bring(survey)
    before = {p: p.read_bytes() for p in home.rglob("*") if p.is_file()}
    other = survey.with_name("other.csv")
    other.write_bytes(survey.read_bytes() + "2026-06-01,제주점,a=b,9,3점,010\r\n".encode())
    ok("import", other, "--program", "다른 가게", "--wave", "1", "--dry-run")
    assert [p["program"] for p in ok("programs")["programs"]] == ["우리-가게"]
    assert {p: b for p, b in before.items() if p.suffix == ".db" and p.read_bytes() != b} == {}


def test_history_and_undo(home: Path, survey: Path) -> None:
    bring(survey)
    assert [(i["id"], i["state"], i["rows_inserted"]) for i in ok("history")["imports"]] == [(1, "done", 60)]
    assert ok("undo", 1)["deleted"] == 60
    assert ok("history", "--program", "우리 가게")["imports"][0]["state"] == "undone"
    assert run("undo", 1)[0] == 4 and run("undo", 77)[0] == 4


@pytest.mark.parametrize(("filters", "n"), [
    (["지점=부산점"], 20), (["지점=부산점", "지점=강남점"], 60), (["지점=강남점", "유입=경로=a=b1"], None), (["wave=2026 상반기"], 60), (["source=import"], 60),
    (["지점="], 0)])
def test_filters(home: Path, survey: Path, filters: list[str], n: int | None) -> None:
    bring(survey)
    words = [w for f in filters for w in ("--filter", f)]
    want = n if n is not None else sum(1 for i in range(60) if i % 3 and i % 2)
    assert ok("metrics", "--program", "우리 가게", *words)["total"]["n"] == want


def test_a_filter_value_nobody_has_is_said(home: Path, survey: Path) -> None:
    bring(survey)
    code, out, err = run("metrics", "--program", "우리 가게", "--filter", "지점=화성점", "--json")
    found = json.loads(out)
    assert (
        code == 0
        and found["total"]["n"] == 0
        and found["unmatched"] == [{"key": found["unmatched"][0]["key"], "value": "화성점"}]
        and "화성점" in err
    )


@pytest.mark.parametrize("by", ["지점", "wave", "source", "month", "quarter"])
def test_by(home: Path, survey: Path, by: str) -> None:
    bring(survey)
    found = ok("metrics", "--program", "우리 가게", "--by", by, "--since", "2026-05-01", "--until", "2026-05-31")
    assert sum(g["n"] for g in found["groups"]) == 60 and all(g["attribute"] for g in found["groups"])


@pytest.mark.parametrize(("words", "listed"), [
    (["--program", "없음"], "우리-가게"), (["--program", "우리 가게", "--by", "없음"], "지점"), (["--program", "우리 가게", "--filter", "없음=1"], "지점"),
    (["--program", "우리 가게", "--filter", "wave=없음"], "2026 상반기")])
@pytest.mark.parametrize("language", ["ko", "en"])
def test_unknown_names_list_what_exists(home: Path, survey: Path, words: list[str], listed: str, language: str) -> None:
    bring(survey)
    code, out, err = run("metrics", *words, "--language", language, "--json")
    assert (code, out) == (4, "") and listed in err and "없음" in err
    assert ("no " in err) == (language == "en")


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["nonsense"],
        ["import", "x.csv"],
        ["metrics"],
        ["metrics", "--program", "p", "--filter", "novalue"],
        ["metrics", "--program", "p", "--since", "soon"],
        ["import", "x.csv", "--program", "p", "--wave", "w", "--on-problem", "shrug"],
        ["--language", "fr", "programs"],
        ["undo", "one"],
    ],
)
def test_wrong_arguments(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main(words)
    captured = capsys.readouterr()
    assert stopped.value.code == cli.USAGE and captured.out == "" and "usage:" in captured.err


@pytest.mark.parametrize("language", ["ko", "en"])
def test_files_that_cannot_be_read(home: Path, tmp_path: Path, language: str) -> None:
    (tmp_path / "broken.xlsx").write_bytes(b"PK\x03\x04 this is no workbook")
    (tmp_path / "empty.csv").write_bytes(b"")
    for name in ("missing.csv", "broken.xlsx", "empty.csv", "."):
        for words in (["inspect", tmp_path / name], ["import", tmp_path / name, "--program", "p", "--wave", "w"]):
            code, out, err = run(*words, "--language", language)
            assert (code, out) == (3, "") and "Traceback" not in err and 0 < len(err.splitlines()) <= 3, (name, err)
            assert any("가" <= c <= "힣" for c in err.replace(str(tmp_path), "")) == (language == "ko"), err


@pytest.mark.parametrize(
    "document",
    [
        "{",
        "[]",
        '{"columns": []}',
        '{"columns": [{"header": "지점"}]}',
        '{"columns": [{"header": "지점", "role": "king"}]}',
        '{"columns": [{"header": "없는 열", "role": "comment"}]}',
        '{"columns": [{"header": "응답일", "role": "date", "date_format": "iso"}, {"header": "지점", "role": "comment"}]}',
    ],
)
def test_mappings_that_do_not_fit(home: Path, survey: Path, tmp_path: Path, document: str) -> None:
    path = tmp_path / "m.json"
    path.write_text(document, encoding="utf-8")
    code, out, err = run("import", survey, "--program", "p", "--wave", "w", "--mapping", path)
    assert (code, out) == (3, "") and err.strip() and "Traceback" not in err
    assert ok("programs")["programs"] == []


def test_saved_mapping_by_name(home: Path, survey: Path) -> None:
    bring(survey, "--save-mapping", "월간")
    other = survey.with_name("next.csv")
    other.write_text(survey.read_text(encoding="utf-8-sig").replace("2026-05", "2026-06"), encoding="utf-8")
    assert bring(other, "--mapping", "월간")["rows_inserted"] == 60
    code, _, err = run("import", other, "--program", "p", "--wave", "w", "--mapping", "주간")
    assert code == 4 and "월간" in err


def test_same_file_again_is_exit_4(home: Path, survey: Path) -> None:
    bring(survey)
    code, out, err = run("import", survey, "--program", "우리 가게", "--wave", "2026 상반기", "--language", "en")
    assert (code, out) == (4, "") and "--force" in err


def test_home_that_cannot_be_written(home: Path, survey: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    monkeypatch.setenv("CXDASH_HOME", str(blocked / "home"))
    code, out, err = run("import", survey, "--program", "p", "--wave", "w", "--language", "en")
    assert (code, out) == (5, "") and "CXDASH_HOME" in err and "Traceback" not in err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_home_without_permission(home: Path, survey: Path) -> None:
    home.mkdir()
    home.chmod(stat.S_IRUSR | stat.S_IXUSR)
    assert run("import", survey, "--program", "p", "--wave", "w")[0] == 5


def test_database_that_is_none(home: Path, survey: Path) -> None:
    home.mkdir()
    (home / "cxdash.db").write_bytes(b"this is not a database file, but something else entirely" * 40)
    code, out, err = run("programs", "--language", "en")
    assert (code, out) == (5, "") and "database" in err and "Traceback" not in err


def test_server_that_does_not_answer(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXDASH_DATABASE_URL", "postgresql://nobody:pw-not-shown@127.0.0.1:9/x")
    code, _, err = run("programs", "--language", "en")
    assert code == 5 and "pw-not-shown" not in err and "Traceback" not in err


def test_database_held_by_another(home: Path, survey: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sqlite3

    from cxdash.store import database

    monkeypatch.setattr(database, "BUSY_SECONDS", 0.2)
    bring(survey)
    runtime._deps.engine.dispose()  # type: ignore[union-attr]
    monkeypatch.setattr(runtime, "_deps", None)
    other = survey.with_name("more.csv")
    other.write_text(survey.read_text(encoding="utf-8-sig").replace("2026-05", "2026-06"), encoding="utf-8")
    holder = sqlite3.connect(home / "cxdash.db", isolation_level=None)
    try:
        holder.execute("BEGIN IMMEDIATE")
        code, out, err = run("import", other, "--program", "우리 가게", "--wave", "w")
        assert (code, out) == (4, "") and err.strip() and "Traceback" not in err
        monkeypatch.setattr(runtime, "_deps", None)
        monkeypatch.setattr(database, "BUSY_SECONDS", 30)  # SQLite's own short locks need more on a busy machine; the writer outlasts both
        assert run("metrics", "--program", "우리 가게")[0] == 0  # reading does not wait for the writer
    finally:
        holder.close()


def test_every_option_is_documented() -> None:
    text = DOC.read_text(encoding="utf-8")
    parser = cli._parser()
    commands = next(a for a in parser._actions if isinstance(a, argparse._SubParsersAction)).choices
    for name, sub in commands.items():
        section = (
            text.split(f"## cxdash {name}")[1].split("\n## ")[0]
            + text.split("\n## ")[0]
            + text.split("## Every command")[1].split("\n## ")[0]
        )
        for action in sub._actions:
            for option in action.option_strings:
                assert option in ("-h", "--help") or f"`{option}" in section, f"{name} {option}"
    for code in (cli.OK, cli.UNEXPECTED, cli.USAGE, cli.FILE, cli.STATE, cli.SETTINGS, cli.STOPPED):
        assert f"| {code} |" in text


def test_every_json_field_is_documented(home: Path, survey: Path) -> None:
    text = DOC.read_text(encoding="utf-8")

    def fields(name: str, document: dict[str, Any]) -> None:
        section = text.split(f"## cxdash {name}")[1].split("\n## ")[0] + text.split("## Figures")[1].split("\n## ")[0]
        missing = [key for key in document if f"`{key}`" not in section]
        assert not missing, f"docs/cli.md, {name}: {missing}"

    found = ok("inspect", survey)
    for part in (found, found["layout"], found["columns"][0], found["sheets"][0]):
        fields("inspect", part)
    done = bring(survey)
    fields("import", done)
    told = ok("metrics", "--program", "우리 가게")
    for part in (told, told["filter"], told["total"], told["total"]["questions"][0], told["total"]["nps"]):
        fields("metrics", part)
    fields("programs", ok("programs"))
    fields("programs", ok("programs")["programs"][0])
    fields("history", ok("history")["imports"][0])
    fields("undo", ok("undo", 1))
    fields("demo", ok("demo", "add"))
    fields("demo", ok("demo", "remove"))
