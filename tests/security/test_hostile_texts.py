"""Markup in every text that somebody can store: no page shows it as anything but text, and no upload gets to decide where it lies."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from streamlit.testing.v1 import AppTest

from cxdash import config, runtime
from cxdash.errors import CxError
from cxdash.services import accounts, imports, machines, pins, programs, shares, views
from cxdash.services.actor import LOCAL, RoleName
from cxdash.services.deps import Deps
from cxdash.services.view import View
from cxdash.ui import imports as screen, kept
from cxdash.ui import state
from tests import house, signing
from tests.services import making

MARK = "<img src=x onerror=alert(1)>![p](https://evil.example/p.png)[l](javascript:alert(1))"
PICTURE = re.compile(r"(?<!\\)!\[p\]\(|(?<!\\)\[l\]\(javascript|(?<!\\)!\\?\[p\\?\]\(https")
TAG = "<img src=x onerror"
# Elements that show what they are given as it is, or draw it without a browser's markup.
PLAIN_KINDS = {"text_input", "text_area", "selectbox", "multiselect", "code", "json", "arrow_data_frame", "arrow_vega_lite_chart",
               "arrow_table", "text", "html", "number_input", "date_input"}  # fmt: skip


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deps]:
    """A house in which everything that has a name is called by the mark."""
    folder = tmp_path_factory.mktemp("hostile")
    with pytest.MonkeyPatch.context() as patch:
        house.parse_here(patch)
        made = house.build(folder / "home")
        data = making.rows(200)
        for row in data:
            row[2], row[7] = f"{MARK} {row[2]}", MARK
        chosen = making.mapping({"header": "배송", "role": "rating", "code": "ship", "measure": "satisfaction", "stage": MARK,
                                 "scale": {"lo": 1, "hi": 7}, "missing": ["99"]})  # fmt: skip
        file = making.write(folder / "a.csv", data)
        making.bring(made, file, program=f"가게 {MARK}", wave=f"1차 {MARK}"[:60], chosen=chosen, save_as=MARK)
        [program] = programs.list_programs(made, LOCAL)
        catalog = programs.catalog_of(made, program.slug)
        view = View(program=program.slug, period="all")
        pins.pin(made, LOCAL, view=view, metric="nps", name=MARK)
        views.save_view(made, LOCAL, catalog=catalog, name=MARK[:80], page="overview", query={"period": ["all"]})
        shares.create(made, LOCAL, view=view, name=MARK, live=True, days=7, language="ko")
        machines.create_key(made, LOCAL, program=program.slug, name=MARK[:80], scopes=machines.SCOPES)
        accounts.invite(made, LOCAL, email="guest@example.com", rights=accounts.Rights(RoleName.VIEWER), name=MARK[:80])
        yield made
        house.close(made)


@pytest.fixture
def inside(hostile: Deps, monkeypatch: pytest.MonkeyPatch) -> Deps:
    deps = signing.closed(hostile)
    monkeypatch.setattr(runtime, "_deps", deps)
    signing.use(monkeypatch, signing.signed_in(deps, "admin", email="boss@example.com", name=MARK[:80]))
    kept.clear()
    return deps


def told(test: AppTest) -> Iterator[tuple[str, str, Any]]:
    """(kind, text, proto) of everything on the page that a browser reads as Markdown or HTML."""
    for element in (*test.main, *test.sidebar):
        proto = getattr(element, "proto", None)
        for field in ("body", "label", "help"):
            if isinstance(found := getattr(proto, field, None), str) and found:
                yield str(element.type), found, proto


@pytest.mark.parametrize("page", sorted(path.stem for path in config.PAGES.glob("*.py")))
def test_no_page_takes_it_for_markup(inside: Deps, page: str) -> None:
    test = AppTest.from_file(str(config.PAGES / f"{page}.py"), default_timeout=60)
    test.query_params["program"], test.query_params["period"] = programs.list_programs(inside, LOCAL)[0].slug, "all"
    test.run()
    assert not test.exception, page
    for kind, text, proto in told(test):
        if getattr(proto, "allow_html", False) or kind == "html":
            assert TAG not in text, (page, kind, text[:300])
        if kind not in PLAIN_KINDS:
            assert not PICTURE.search(text), (page, kind, text[:300])


def test_the_mark_is_there_to_be_seen(inside: Deps) -> None:
    """So that the test above does not pass because nothing hostile was shown."""
    test = AppTest.from_file(str(config.PAGES / "ledger.py"), default_timeout=60)
    test.query_params["program"] = programs.list_programs(inside, LOCAL)[0].slug
    assert any("onerror" in text for _, text, _ in told(test.run()))
    assert PICTURE.search(MARK) and not PICTURE.search(re.sub(r"([!\[\]()])", r"\\\1", MARK))


@pytest.mark.parametrize("name", ["../../../evil.py", "..\\..\\evil.exe", "/etc/cron.d/evil", "a\x00.csv/../evil", ".csv/../../evil.sh",
                                  "x" * 4000 + ".xlsx", "CON", "", "evil.p/y", f"{MARK}.xlsx"])  # fmt: skip
def test_a_files_name_does_not_say_where_it_lies(hostile: Deps, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: dict[str, Any] = {}
    for target, found in (("deps", lambda: hostile), ("keep", kept.__setitem__)):
        monkeypatch.setattr(state, target, found)
    for target in ("reset", "inspect"):
        monkeypatch.setattr(screen, target, lambda *_: None)
    monkeypatch.setattr(screen.st, "rerun", lambda: None)
    home = hostile.settings.home
    before = set(home.parent.rglob("*"))
    screen._receive(name, memoryview(b"a,b\n1,2\n"))
    path = kept["import:file"]["path"]
    assert path.parent == home / "scratch" and re.fullmatch(r"upload-[0-9a-f]{16}(\.[a-z0-9.]{0,7})?", path.name)
    assert set(home.parent.rglob("*")) - before <= {path, path.parent}
    path.unlink()


def book(*extra: str) -> bytes:
    made = io.BytesIO()
    sheet = openpyxl.Workbook()
    for row in (["지점", "추천"], ["강남", 9], ["부산", 3], ["강남", 10]):
        sheet.active.append(row)
    sheet.save(made)
    with zipfile.ZipFile(made, "a") as archive:
        for name in extra:
            archive.writestr(name, "evil")
    return made.getvalue()


@pytest.mark.parametrize(("name", "content"), [
    ("a.xlsx", book("../../evil.txt", "/evil.txt", "..\\evil.txt", "xl/../../../evil.txt")),  # entries that point elsewhere
    ("a.csv", book()),  # and what is called something else than it is
    ("a.xlsx", "지점,추천\n강남,9\n부산,3\n".encode()),
    ("a.png", "지점,추천\n강남,9\n".encode()),
    ("a.csv", b"MZ\x90\x00" + bytes(range(256)) * 20),
    ("a.xlsx", b"\x89PNG\r\n\x1a\n" + bytes(4000)),
    ("a.csv", b"%PDF-1.7\n" + b"x" * 999),
    ("a.html", f"<table><tr><td>{MARK}</td></tr></table>".encode()),
    ("a.zip", book("../evil.txt")),
])  # fmt: skip
def test_a_file_is_what_it_holds_and_writes_nowhere(hostile: Deps, tmp_path: Path, name: str, content: bytes,
                                                    monkeypatch: pytest.MonkeyPatch) -> None:
    house.parse_here(monkeypatch)
    folder = tmp_path / "in"
    folder.mkdir()
    path = folder / f"upload-0{Path(name).suffix}"
    path.write_bytes(content)
    try:
        found = imports.inspect(hostile, LOCAL, path, name=name)
        assert found is not None
    except CxError as error:
        assert error.key
    assert not [one for root in (tmp_path, hostile.settings.home.parent) for one in root.glob("**/evil*")]
