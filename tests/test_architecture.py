"""Keeps docs/architecture.md true: floors, page rules, sizes, what is imported, and that what the documents name exists."""

from __future__ import annotations

import ast
import importlib.metadata
import importlib.util
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from cxdash.config import DEFAULTS, ROOT, variable
from tests.serving import environment

MODULE_GOAL, MODULE_MAX, PAGE_MAX, LINE_MAX = 300, 400, 60, 140
CODE = sorted((ROOT / "cxdash").rglob("*.py"))
PAGES = sorted((ROOT / "pages").glob("*.py"))
DOCS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
TEST_VARIABLES = {"CXDASH_SHARED_DATA", "CXDASH_REQUIRE_BROWSER", "CXDASH_REQUIRE_SPARK"}


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def nodes(path: Path) -> list[ast.AST]:
    """Of a source, as `ast.walk` gives them."""
    return list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


@cache
def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in nodes(path):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def test_floors(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env=environment(tmp_path),
    )
    assert run.returncode == 0 and "0 broken" in run.stdout, run.stdout[-5000:] + run.stderr[-2000:]


@pytest.mark.parametrize("module", ["cxdash.services", "cxdash.cli"])
def test_services_and_commands_load_no_streamlit(module: str, tmp_path: Path) -> None:
    if importlib.util.find_spec(module) is None:
        pytest.skip(f"{module} does not exist yet")
    script = f"""
import importlib, pkgutil, sys
found = importlib.import_module({module!r})
for part in pkgutil.walk_packages(getattr(found, "__path__", []), {module!r} + "."):
    importlib.import_module(part.name)
print([name for name in sys.modules if name.split(".")[0] == "streamlit"][:5])
"""
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, env=environment(tmp_path))
    assert run.returncode == 0, run.stderr[-3000:]
    assert run.stdout.strip() == "[]"


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_a_page_reads_as_a_table_of_contents(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert source.count("\n") <= PAGE_MAX
    defined = [
        node for node in nodes(path) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda)
    ]
    assert not defined, f"line {defined[0].lineno}: a page defines nothing"
    assert not re.search(r"\b(select|insert|update|delete)\b.+\b(from|into|set|where)\b|group_by|groupby", source, re.I)
    foreign = {module.split(".")[0] for module in imports(path)} & {
        "sqlalchemy",
        "sqlmodel",
        "polars",
        "pandas",
        "numpy",
        "scipy",
        "narwhals",
    }
    below = {module for module in imports(path) if re.match(r"cxdash\.(store|facts|stats|ingest)\b", module)}
    assert not foreign and not below, f"a page asks services: {sorted(foreign | below)}"


def test_only_the_store_speaks_sql() -> None:
    """Elsewhere only the types that are handed through may be named: Engine and Session."""
    handed = {
        "sqlalchemy",
        "sqlmodel",
        "sqlalchemy.Engine",
        "sqlalchemy.engine",
        "sqlalchemy.engine.Engine",
        "sqlmodel.Session",
        "sqlalchemy.orm",
        "sqlalchemy.orm.Session",
    }
    for path in [*CODE, *PAGES]:
        if "store" in path.relative_to(ROOT).parts:
            continue
        used = {module for module in imports(path) if module.split(".")[0] in ("sqlalchemy", "sqlmodel", "alembic", "psycopg", "sqlite3")}
        assert used <= handed, f"{name(path)}: {sorted(used - handed)}"
        bare = [
            node.names[0].name
            for node in nodes(path)
            if isinstance(node, ast.Import) and node.names[0].name in ("sqlalchemy", "sqlmodel")
        ]
        assert not bare, f"{name(path)} imports the whole of {bare}"


def test_streamlit_state_and_caches_have_one_home() -> None:
    for path in [*CODE, *PAGES]:
        source = path.read_text(encoding="utf-8")
        if "session_state" in source:
            assert name(path) == "cxdash/ui/state.py", f"{name(path)} touches session_state; cxdash/ui/state.py owns every key"
        assert not re.search(r"\bcache_(data|resource)\b", source), f"{name(path)} keeps something; cxdash/ui/kept.py does"
        if re.search(r"\bui\.kept\b|\bui import .*\bkept\b", source):
            assert name(path) == "cxdash/ui/cache.py", f"{name(path)} has a cache; they live in cxdash/ui/cache.py"


def test_no_pages_folder_beside_the_shell() -> None:
    assert not (ROOT / "cxdash" / "pages").exists(), "it would open every page past the shell"


def test_modules_are_read_in_one_sitting() -> None:
    sizes = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in CODE}
    long = {path: lines for path, lines in sizes.items() if lines > MODULE_GOAL}
    assert not {path: lines for path, lines in long.items() if lines > MODULE_MAX}, long
    print("modules over the goal:", long)


def test_lines_are_not_too_long() -> None:
    wide = [
        f"{name(path)}:{number}"
        for path in [*CODE, *PAGES, ROOT / "app.py", *sorted((ROOT / "tests").rglob("*.py"))]
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if len(line) > LINE_MAX
    ]
    assert not wide, wide


def test_every_return_is_annotated() -> None:
    bare = [
        f"{name(path)}:{node.lineno} {node.name}"
        for path in CODE
        for node in nodes(path)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns is None
    ]
    assert not bare, bare


def test_what_we_import_is_what_we_require() -> None:
    listed = {
        re.split(r"[\[=<>~ ]", line)[0].lower().replace("_", "-")
        for line in (ROOT / "requirements.in").read_text().splitlines()
        if line and not line.startswith("#")
    }
    optional = {"pyspark"}  # only where CXDASH_FACTS_URL asks for Spark
    arrives_with = {"anyio": "starlette", "sqlalchemy": "sqlmodel"}
    owners = importlib.metadata.packages_distributions()
    for path in [ROOT / "app.py", *PAGES, *CODE]:
        for top in {module.split(".")[0] for module in imports(path)} - set(sys.stdlib_module_names) - {"cxdash"}:
            packages = {owner.lower().replace("_", "-") for owner in owners.get(top, [top])}
            packages |= {arrives_with[package] for package in packages & set(arrives_with)}
            assert packages & (listed | optional), f"{name(path)} imports {top}, which requirements.in does not list"


@pytest.mark.parametrize("path", ["requirements.txt", "requirements-dev.txt"])
def test_pins_are_exact_and_come_from_anywhere(path: str) -> None:
    lines = [line for line in (ROOT / path).read_text().splitlines() if line and not line.lstrip().startswith("#")]
    assert lines and all(re.fullmatch(r"[A-Za-z0-9._-]+(\[[a-z,]+\])?==[^\s;]+", line) for line in lines), lines
    assert not re.search(r"--|https?:|file:|(?<![\w.])/\w", "\n".join(lines))


def test_every_requirement_says_why() -> None:
    for path in ("requirements.in", "requirements-dev.in"):
        for line in (ROOT / path).read_text().splitlines():
            assert not line or line.startswith(("#", "-r ")) or "  # " in line or "# " in line, f"{path}: {line}"


# ---------------------------------------------------------------- documents


def spans(path: Path) -> list[str]:
    """What a document writes as code: `spans` and the lines of its blocks."""
    text = path.read_text(encoding="utf-8")
    blocks = re.findall(r"```.*?\n(.*?)```", text, re.S) + re.findall(r"(?:^ {4}.+\n)+", text, re.M)
    return re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.S)) + [
        line.strip() for block in blocks for line in block.splitlines()
    ]


@pytest.mark.parametrize("path", DOCS, ids=name)
def test_files_named_in_the_documents_exist(path: Path) -> None:
    for span in spans(path):
        for word in re.findall(r"(?<![\w./~<-])(?:[\w.-]+/)*[\w.-]+(?:/|\.(?:py|md|toml|txt|in|po|json|ttf))(?![\w*{<(/])", span):
            first = word.split("/")[0]
            if word.startswith("..") or first in ("var", "artifacts", ".venv") or word == ".streamlit/secrets.toml":
                continue  # made by running, not part of the project
            inside = (ROOT / word).exists() or ("/" not in word and any(ROOT.rglob(word)))
            if "/" in word.rstrip("/") or word.endswith((".py", ".md", ".toml", ".txt", ".in")):
                assert inside, f"{name(path)} names {word}, which does not exist"


@pytest.mark.parametrize("path", DOCS, ids=name)
def test_settings_named_in_the_documents_exist(path: Path) -> None:
    known = {variable(setting) for setting in DEFAULTS} | TEST_VARIABLES
    assert set(re.findall(r"CXDASH_[A-Z_]*[A-Z]", path.read_text(encoding="utf-8"))) <= known


def test_commands_named_in_the_documents_exist(tmp_path: Path) -> None:
    if importlib.util.find_spec("cxdash.cli") is None:
        pytest.skip("cxdash.cli does not exist yet")
    named = {match for path in DOCS for span in spans(path) for match in re.findall(r"(?<![\w./])cxdash ([a-z][a-z-]+)", span)}
    run = subprocess.run([sys.executable, "-m", "cxdash", "--help"], capture_output=True, text=True, cwd=ROOT, env=environment(tmp_path))
    assert run.returncode == 0, run.stderr[-2000:]
    offered = set(re.findall(r"[a-z][a-z-]+", run.stdout))
    assert named <= offered, sorted(named - offered)


def test_ci_runs_the_command_of_the_readme() -> None:
    commands = re.findall(r"^python3 -m venv .+$", (ROOT / "README.md").read_text(encoding="utf-8"), re.M)
    assert len(commands) == 2 and commands[0].endswith("streamlit run app.py") and commands[1].endswith("python -m pytest")
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "README.md" in script and "CXDASH_REQUIRE_BROWSER=1" in script
    assert subprocess.run(["bash", "-n", str(ROOT / ".ci" / "run")]).returncode == 0
