"""The examples in the docstrings run, every public figure is explained in docs/metrics.md, every reference case is a test."""

from __future__ import annotations

import ast
import doctest
import importlib
import inspect
from pathlib import Path

import pytest

from tests.stats.reference import REPOSITORY, document

STATS = REPOSITORY / "cxdash" / "stats"
MODULES = sorted(p.stem for p in STATS.glob("*.py") if p.stem != "__init__")
METRICS = REPOSITORY / "docs" / "metrics.md"
ELSEWHERE = {"week_bucket_kst", "voc_null_answer"}  # calendar weeks are cut by facts, comments are read by voc
RESULTS = {"Figure", "Difference", "NpsClasses", "Ces", "Alpha", "JourneyIndex", "Gap", "Paired", "MultiResponse", "Ipa", "Kish", "Raked",
           "ControlChart", "XmrChart", "Trend", "Suppressed", "Drivers", "Contrasts", "WhatIf", "Paths", "Placement", "Experience",
           "Movement"}


@pytest.mark.parametrize("name", MODULES)
def test_docstring_examples_run(name):
    outcome = doctest.testmod(importlib.import_module(f"cxdash.stats.{name}"))
    assert outcome.failed == 0


def public_functions(name: str) -> list[ast.FunctionDef]:
    tree = ast.parse((STATS / f"{name}.py").read_text(encoding="utf-8"))
    return [node for node in tree.body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")]


@pytest.mark.parametrize("name", MODULES)
def test_public_functions_are_documented_and_annotated(name):
    for function in public_functions(name):
        assert ast.get_docstring(function), f"{name}.{function.name} has no docstring"
        assert function.returns is not None, f"{name}.{function.name} has no return annotation"


def test_every_public_figure_is_explained():
    text = METRICS.read_text(encoding="utf-8")
    missing = [f"{module}.{f.name}" for module in MODULES for f in public_functions(module)
               if f.returns is not None and any(r in ast.unparse(f.returns) for r in RESULTS) and f"`{module}.{f.name}`" not in text]
    assert missing == []


def test_names_in_the_metrics_page_exist():
    import re

    for module, name in re.findall(r"`(\w+)\.(\w+)`", METRICS.read_text(encoding="utf-8")):
        if module in MODULES:
            assert hasattr(importlib.import_module(f"cxdash.stats.{module}"), name), f"{module}.{name}"


def test_every_reference_case_of_these_sections_is_a_test():
    tests = "".join(p.read_text(encoding="utf-8") for p in Path(__file__).parent.glob("test_*.py") if p.name != Path(__file__).name)
    wanted = {c["id"] for c in document()["cases"] if c["section"] in (1, 2, 3, 4, 5, 8, 10)} - ELSEWHERE
    assert {name for name in wanted if f'"{name}"' not in tests} == set()


def test_statistics_touch_no_files_frames_or_screens():
    for name in MODULES:
        source = inspect.getsource(importlib.import_module(f"cxdash.stats.{name}"))
        imports = {n.name.split(".")[0] if isinstance(node, ast.Import) else (node.module or "") for node in ast.walk(ast.parse(source))
                   if isinstance(node, ast.Import | ast.ImportFrom) for n in node.names}
        ours = {i for i in imports if i.startswith("cxdash") and not i.startswith("cxdash.stats")}
        assert ours <= {"cxdash.errors", "cxdash.terms"}
        assert not {i.split(".")[0] for i in imports} & {"polars", "pandas", "streamlit", "sqlmodel", "sqlalchemy", "pathlib", "os", "io"}
