"""The page of loyalty segments, both languages: numbers against pandas, the choice of waves, and what is said where nothing is asked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from cxdash import i18n
from cxdash.services.deps import Deps
from cxdash.store import programs
from cxdash.store.database import writing
from tests import house
from tests.pages.conftest import texts
from tests.services import panel

BARE = "bare"


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    found = panel.answers()
    return found.assign(cls=panel.classes(found))


@pytest.fixture(scope="module")
def home(frame: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Deps:
    made = house.build(Path(tmp_path_factory.mktemp("loyalty")) / "home")
    panel.build(made, frame)
    with writing(made.engine) as session:
        programs.add_program(session, slug=BARE, name={"ko": "빈 조사", "en": "Bare"})
    return made


def plain(test: AppTest) -> str:
    return texts(test).replace("\\", "")


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_shares_change_and_movement_against_pandas(open_page: Callable[..., AppTest], frame: pd.DataFrame, lang: str) -> None:
    address = {"program": panel.SLUG, "period": "all", "vs": "segment", "f__wave": panel.WAVES[1], "v__wave": panel.WAVES[0]}
    test = open_page("loyalty", lang, **address)
    assert not test.exception and not test.error
    said, known = plain(test), frame[frame["cls"].notna()]
    now, before = (known[known["wave"] == wave]["cls"] for wave in reversed(panel.WAVES))
    for name in panel.CLASSES:
        called = i18n.text(f"loyalty.class.{name}", lang)
        assert f"{called} {i18n.percent(100 * (now == name).mean(), lang, 1)}" in said
    gain = 100 * ((now == "truly_loyal").mean() - (before == "truly_loyal").mean())
    assert f"▲ {i18n.text('loyalty.class.truly_loyal', lang)} {i18n.number(gain, lang, 1, signed=True)}%p" in said
    sides = [known[(known["wave"] == w) & (known["source"] != "mystery")].set_index("person")["cls"] for w in panel.WAVES]
    both = pd.concat(sides, axis=1).dropna()
    assert i18n.text("loyalty.moves.said", lang, n=i18n.number(len(both), lang)) in said
    assert [test.selectbox(key=f"w:loyalty:{side}").value for side in ("before", "after")] == list(panel.WAVES)


def test_choosing_a_wave_compares_it_with_its_neighbour(open_page: Callable[..., AppTest], frame: pd.DataFrame) -> None:
    test = open_page("loyalty", program=panel.SLUG, period="all")
    assert i18n.text("loyalty.moves.why.comparison", "ko") in plain(test)
    test.selectbox(key="w:loyalty:after").set_value(panel.WAVES[1]).run()
    assert not test.exception
    held = {k: "".join(test.query_params[k]) for k in ("f.wave", "v.wave", "vs")}
    assert held == {"f.wave": "2차", "v.wave": "1차", "vs": "segment"}
    assert i18n.text("loyalty.moves.title", "ko") in plain(test) and i18n.text("loyalty.moves.net", "ko") in plain(test)


def test_another_attribute_goes_into_the_address(open_page: Callable[..., AppTest]) -> None:
    test = open_page("loyalty", program=panel.SLUG, period="all", by="branch")
    test.selectbox(key="w:loyalty:by").set_value("wave").run()
    assert not test.exception and test.query_params["by"] in ("wave", ["wave"])
    assert i18n.text("loyalty.by_title", "ko", by="조사 회차") in plain(test)


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_a_programme_that_does_not_ask_is_told_what_to_ask(open_page: Callable[..., AppTest], lang: str) -> None:
    test = open_page("loyalty", lang, program=BARE)
    assert not test.exception
    assert all(i18n.text(key, lang) in plain(test) for key in ("loyalty.nothing", "loyalty.ask.attitude", "loyalty.ask.intention"))


def test_few_answers_are_hidden_and_say_so(open_page: Callable[..., AppTest]) -> None:
    test = open_page("loyalty", program=panel.SLUG, period="all", f__branch="제주", f__wave="1차", by="branch")
    assert not test.exception
    assert i18n.text("chart.hidden.small", "ko", n="6").split("(")[0].strip() in plain(test) and "%p" not in plain(test)
