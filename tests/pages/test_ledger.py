"""The ledger page in both languages: what is pinned, what a late file and an undo do to it, in numbers and sentences."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pandas as pd
import pytest
from streamlit.elements.lib.mutable_popover_container import PopoverContainer
from streamlit.testing.v1 import AppTest

from cxdash import i18n, runtime
from cxdash.services import history, pins
from cxdash.services.actor import LOCAL
from cxdash.services.deps import Deps
from cxdash.services.programs import catalog_of
from cxdash.services.view import View
from cxdash.ui import cache, filters
from tests import house
from tests.pages.conftest import texts

PROGRAM = "조사"
COLUMNS = ["고객번호", "응답일시", "지점", "추천하실 의향은 몇 점입니까? (0~10점)"]


def answers(first: int, n: int, seed: int) -> pd.DataFrame:
    chance = Random(seed)
    rows = [
        [f"C{i:04}", f"2026-03-{i % 28 + 1:02d} 10:00:00", chance.choice(["강남", "종로"]), chance.choice([10, 9, 9, 8, 6, 3])]
        for i in range(first, first + n)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def write(path: Path, table: pd.DataFrame) -> Path:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *table.to_numpy().tolist()])
    return path


def nps(*tables: pd.DataFrame) -> float:
    given = pd.concat(tables).drop_duplicates("고객번호", keep="last")[COLUMNS[3]]
    return 100 * float((given >= 9).mean() - (given <= 6).mean())


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deps]:
    house.parse_here(monkeypatch)
    made = house.build(tmp_path / "home")
    house.bring(made, write(tmp_path / "처음.csv", answers(1, 80, 5)), program=PROGRAM, wave="1")
    yield made
    house.close(made)


@pytest.fixture
def page(own: Deps, open_page: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    monkeypatch.setattr(runtime, "_deps", own)

    def opened(*args: str, **address: str) -> AppTest:
        cache.clear()  # the data version is asked twice a second, and tests are quicker
        return open_page(*args, **address)

    return opened


def pin(deps: Deps, name: str = "이사회 보고", **view: object) -> int:
    return pins.pin(deps, LOCAL, view=View(program=PROGRAM, period="all", **view), metric="nps", name=name).id  # type: ignore[arg-type]


def plain(test: AppTest) -> str:
    return texts(test).replace("\\", "")


@pytest.mark.parametrize(
    ("lang", "late", "undone"),
    [
        ("ko", "{then}{was} 지금 {now}: 응답 37건이 추가되었습니다", "응답 37건이 삭제되었습니다"),
        ("en", "Was {then}, now {now}: responses: 37 added", "responses: 37 removed"),
    ],
)
def test_a_late_file_and_its_undo(own: Deps, page: Callable[..., AppTest], tmp_path: Path, lang: str, late: str, undone: str) -> None:
    first, second = answers(1, 80, 5), answers(81, 37, 2)
    pin(own)
    said = plain(page("ledger", lang))
    then, now = (i18n.number(nps(*t), lang, 1) for t in ((first,), (first, second)))
    assert then != now and i18n.text("ledger.unmoved", lang) in said and f"**{then}**" in said
    done = house.bring(own, write(tmp_path / "뒤늦은 응답.csv", second), program=PROGRAM, wave="1")
    test = page("ledger", lang)
    assert not test.exception and not test.error
    assert late.format(then=then, now=now, was=i18n.particle(then, "이었고", "였고")) in plain(test)
    moved = i18n.number(nps(first, second) - nps(first), lang, 1, signed=True)
    assert i18n.text("ledger.state.moved", lang, difference=moved) in plain(test)
    assert any("뒤늦은 응답.csv" in b.label.replace("\\", "") and "37" in b.label for b in test.button)
    pin(own, "뒤늦은 응답까지")
    history.undo(own, LOCAL, import_id=done.id or 0)
    test = page("ledger", lang)
    assert undone in plain(test) and i18n.text("ledger.title", lang, n=2) in plain(test)
    assert i18n.text("ledger.cause.undone", lang) in "\n".join(b.label for b in test.button)


def test_pinning_on_the_page_keeps_the_view(own: Deps, page: Callable[..., AppTest]) -> None:
    test = page("ledger", program=PROGRAM, f__지점="강남")
    test.text_input(key="w:pin:nps").set_value("강남 *NPS*").run()
    test.button(key="pin-save").click().run()
    assert not test.exception and not test.error
    found, count = pins.list_pins(own, LOCAL, catalog=catalog_of(own, PROGRAM), limit=5)
    assert count == 1 and found[0].name == "강남 *NPS*" and found[0].where.equals == {"지점": ("강남",)}
    first = answers(1, 80, 5)
    assert found[0].figure.value == pytest.approx(nps(first[first["지점"] == "강남"]))
    assert "강남 \\*NPS\\*" in texts(test) and "지점: 강남" in plain(test), "a name is text, not Markdown"


def test_renaming_and_deleting(own: Deps, page: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch) -> None:
    number = pin(own)
    monkeypatch.setattr(PopoverContainer, "open", property(lambda _: True, lambda _s, _v: None))  # every drawer stands open …
    monkeypatch.setattr(filters, "filter_bar", lambda *_, **__: None)  # … but those of the filter bar
    test = page("ledger", program=PROGRAM)
    test.text_input(key=f"w:pin:name:{number}").set_value("새 이름")
    next(b for b in test.button if b.label == "이름 바꾸기").click().run()
    assert "**새 이름**" in plain(test) and not test.exception
    told = test.dataframe[0].value
    assert (told["이름"][0], told["그때 n"][0], told["지금 n"][0], told["무엇이 움직였나"][0]) == ("새 이름", 80, 80, "변하지 않음")
    assert told["그때 값"][0] == pytest.approx(nps(answers(1, 80, 5)), abs=0.05)
    test.button(key=f"pin-delete-{number}").click().run()
    assert "아직 고정한 수치가 없습니다" in plain(test) and not test.exception
    assert pins.list_pins(own, LOCAL, catalog=catalog_of(own, PROGRAM), limit=5) == ((), 0)


def test_many_pins_come_page_by_page(own: Deps, page: Callable[..., AppTest]) -> None:
    for i in range(23):
        pin(own, f"보고 {i:02}")
    said = plain(page("ledger", program=PROGRAM))
    assert "보고 22" in said and "보고 02" not in said and "고정한 수치 23건" in said
    said = plain(page("ledger", program=PROGRAM, page="2"))
    assert "보고 02" in said and "보고 22" not in said
    assert "보고 02" in plain(page("ledger", program=PROGRAM, page="99")), "a page that is not there is the last one"


def test_a_filter_without_responses_still_shows_the_ledger(own: Deps, page: Callable[..., AppTest]) -> None:
    pin(own)
    test = page("ledger", program=PROGRAM, f__지점="없는 지점")
    assert not test.exception and "고정할 수치가 없습니다" in plain(test) and "이사회 보고" in plain(test)


def test_the_pin_of_a_card(own: Deps, page: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch) -> None:
    """What cards show: a drawer that is empty until it is opened, then pins the metric under the view of the screen."""

    def card() -> None:
        from cxdash.ui.ledger import pin_button

        pin_button("nps", name="카드에서")

    cache.clear()
    test = AppTest.from_function(card, default_timeout=60)
    test.query_params.update({"program": PROGRAM, "period": "all", "f.지점": "종로"})
    assert not test.run().exception and not test.text_input
    monkeypatch.setattr(PopoverContainer, "open", property(lambda _: True, lambda _s, _v: None))
    test.run()
    assert test.text_input[0].value == "카드에서"
    test.button[0].click().run()
    assert not test.exception and not test.error
    found, count = pins.list_pins(own, LOCAL, catalog=catalog_of(own, PROGRAM), limit=5)
    first = answers(1, 80, 5)
    assert (count, found[0].name, found[0].where.equals) == (1, "카드에서", {"지점": ("종로",)})
    assert found[0].figure.value == pytest.approx(nps(first[first["지점"] == "종로"]))
