"""`cxdash form export` and `form import`: a definition to another installation, a questionnaire through a workbook."""

from __future__ import annotations

import argparse
import io
import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from cxdash import cli, runtime
from cxdash.services import authoring, surveys
from cxdash.services.actor import LOCAL
from cxdash.survey import templates
from cxdash.survey.document import to_document
from tests import house
from tests.serving import ROOT

DOC = ROOT / "docs" / "cli.md"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CXDASH_DEMO", "0")
    monkeypatch.delenv("CXDASH_DATABASE_URL", raising=False)
    house.parse_here(monkeypatch)
    return move(tmp_path / "home", monkeypatch)


def move(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """To another installation."""
    monkeypatch.setenv("CXDASH_HOME", str(folder))
    monkeypatch.setattr(runtime, "_deps", None)
    return folder


def run(*words: object) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    return cli.main([str(w) for w in words], out, err), out.getvalue(), err.getvalue()


def ok(*words: object) -> Any:
    code, out, err = run(*words, "--json")
    assert code == 0, err
    return json.loads(out)


def test_a_programme_moves_to_another_installation(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ok("demo", "add")
    file = tmp_path / "demo.json"
    written = ok("form", "export", "--program", "demo", "--out", file)
    assert written["bytes"] == file.stat().st_size and run("form", "export", "--program", "demo", "--out", file)[0] == 4
    printed = ok("form", "export", "--program", "demo")
    assert printed == json.loads(file.read_text(encoding="utf-8"))
    printed["surveys"] = [{"code": "cem", "form": to_document(templates.start("cem"))}]
    file.write_text(json.dumps(printed, ensure_ascii=False), encoding="utf-8-sig")

    move(tmp_path / "other", monkeypatch)
    assert ok("form", "import", file, "--as", "가전 여정", "--dry-run")["surveys"] == 1 and ok("programs")["programs"] == []
    code, out, err = run("form", "import", file, "--language", "en")
    assert (code, out) == (4, "") and "demo" in err  # the name of the sample programme stays free
    made = ok("form", "import", file, "--as", "가전 여정")
    assert made["program"] == "가전-여정" and made["stages"] == len(printed["stages"]) and made["questions"] == len(printed["questions"])
    again = ok("form", "export", "--program", made["program"])
    assert {**again, "program": {}} == {**printed, "program": {}}
    assert {k: again["program"][k] for k in ("loyalty", "primary")} == {k: printed["program"][k] for k in ("loyalty", "primary")}
    assert ok("programs")["programs"] == [{"program": "가전-여정", "name": {"ko": "가전 여정", "en": "가전 여정"}, "demo": False, "responses": 0}]
    code, out, err = run("form", "import", file, "--as", "가전 여정")
    assert (code, out) == (4, "") and "가전-여정" in err


OTHERS = ["{", "[]", "{}", '{"kind": "cxdash.program", "format": 2, "program": {}}', '{"kind": "cxdash.program", "format": 1}']


@pytest.mark.parametrize("text", OTHERS)
def test_files_that_are_no_definition(home: Path, tmp_path: Path, text: str) -> None:
    file = tmp_path / "x.json"
    file.write_text(text)
    code, out, err = run("form", "import", file)
    assert (code, out) == (3, "") and err.strip() and "Traceback" not in err and ok("programs")["programs"] == []


def test_a_questionnaire_through_a_workbook(home: Path, tmp_path: Path) -> None:
    ok("demo", "add")
    file = tmp_path / "shop.json"
    ok("form", "export", "--program", "demo", "--out", file)
    program = ok("form", "import", file, "--as", "shop")["program"]
    book = tmp_path / "cem.xlsx"
    assert run("form", "export", "--program", program, "--out", book)[0] == 4  # there is no questionnaire yet
    deps = runtime.start(demo=False)
    form = templates.start("cem")
    authoring.begin(deps, LOCAL, program=program, code="cem", form=form)
    ok("form", "export", "--program", program, "--out", book)
    edited = openpyxl.load_workbook(book)
    edited["문항"].append(["extra", "주관식", "의견", "", "", "", "더 하실 말씀", "Anything else?"])
    edited.save(book)
    assert run("form", "import", book)[0] == 4  # of which programme?
    tried = ok("form", "import", book, "--program", program, "--survey", "cem", "--dry-run")
    assert tried["dry_run"] and surveys.draft(deps, LOCAL, program=program, code="cem").form == form
    done = ok("form", "import", book, "--program", program, "--survey", "cem")
    assert (done["survey"], done["questions"], done["kept"], done["notes"]) == ("cem", len(form.questions) + 1, [], [])
    after = surveys.draft(deps, LOCAL, program=program, code="cem").form
    assert after.questions[:-1] == form.questions and after.questions[-1].wording == {"ko": "더 하실 말씀", "en": "Anything else?"}
    assert ok("form", "import", book, "--program", program)["survey"] == "cem-2"  # a new one, called like the file


def test_every_mistake_is_told_and_nothing_stored(home: Path, tmp_path: Path) -> None:
    ok("demo", "add")
    deps = runtime.start(demo=False)
    code, _out, _err = run("form", "export", "--program", "demo", "--out", tmp_path / "d.json")
    program = ok("form", "import", tmp_path / "d.json", "--as", "shop")["program"]
    authoring.begin(deps, LOCAL, program=program, code="cem", form=templates.start("cem"))
    book = tmp_path / "cem.xlsx"
    ok("form", "export", "--program", program, "--out", book)
    edited = openpyxl.load_workbook(book)
    edited["문항"]["B3"], edited["여정"]["A2"] = "별점", "단계 1"
    edited.save(book)
    code, out, err = run("form", "import", book, "--program", program, "--survey", "cem")
    assert (code, out) == (3, "") and "‘문항’ 시트 3행 B열(유형)" in err and "‘여정’ 시트 2행 A열(단계 코드)" in err
    assert surveys.draft(deps, LOCAL, program=program, code="cem").form == templates.start("cem")


def test_options_and_fields_are_documented() -> None:
    text = DOC.read_text(encoding="utf-8")
    commands = next(a for a in cli._parser()._actions if isinstance(a, argparse._SubParsersAction)).choices
    actions = next(a for a in commands["form"]._actions if isinstance(a, argparse._SubParsersAction)).choices
    assert set(actions) == {"export", "import"}
    for name, parser in actions.items():
        section = text.split(f"## cxdash form {name}")[1].split("\n## ")[0] + text.split("## Every command")[1].split("\n## ")[0]
        for option in (option for action in parser._actions for option in action.option_strings):
            assert option in ("-h", "--help") or f"`{option}" in section, option
