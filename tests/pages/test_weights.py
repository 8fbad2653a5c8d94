"""The weights page, both languages: cost, margins and weighted figures against raking every demo response."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from cxdash import i18n
from cxdash.services import weighting
from cxdash.services.actor import LOCAL
from cxdash.services.demo_data import load_demo
from cxdash.services.deps import Deps
from cxdash.services.weighting import Plan
from cxdash.stats.weights import rake
from tests.pages.conftest import TODAY, texts

LANGUAGES = ("ko", "en")
SHARES = {"gender": {"female": 40.0, "male": 60.0}}


@pytest.fixture
def saved(deps: Deps) -> Iterator[Deps]:
    weighting.save_weighting(deps, LOCAL, program=None, plan=Plan(SHARES))
    yield deps
    weighting.remove_weighting(deps, LOCAL, program=None)


@pytest.fixture(scope="module")
def answers() -> pd.DataFrame:
    """One row per demo response with its raked weight: imported weights, mean 1 in each wave, are the base."""
    frame = load_demo(TODAY).frame.to_pandas()
    docs = [{**json.loads(a), **json.loads(b)} for a, b in zip(frame["attributes"], frame["answers"], strict=True)]
    table = pd.DataFrame(docs).assign(wave=frame["wave"], base=frame["weight"])
    base = (table["base"] / table.groupby("wave")["base"].transform("mean")).to_numpy()
    told = rake({"gender": table["gender"].tolist()}, {"gender": {"female": 0.4, "male": 0.6}}, base)
    return table.assign(weight=told.weights)


def nps(table: pd.DataFrame) -> float:
    given = table.dropna(subset=["recommend"])
    w, p = given["weight"].to_numpy(), given["recommend"].to_numpy()
    return float(100 * (w[p >= 9].sum() - w[p <= 6].sum()) / w.sum())


@pytest.mark.parametrize("lang", LANGUAGES)
def test_cost_margins_and_effect_against_raking_every_row(
    open_page: Callable[..., AppTest], saved: Deps, answers: pd.DataFrame, lang: str
) -> None:
    test = open_page("weights", lang, period="all")
    assert not test.exception and not test.error
    shown = {m.label: m.value for m in test.metric}
    w = answers["weight"].to_numpy()
    n_eff = w.sum() ** 2 / (w * w).sum()
    assert shown[i18n.text("weights.column.deff", lang)] == i18n.number(len(w) / n_eff, lang, 2)
    assert shown[i18n.text("weights.column.n_eff", lang)] == i18n.number(n_eff, lang, 0)
    assert shown[i18n.text("weights.column.ratio", lang)] == i18n.number(w.max() / w.min(), lang, 1)
    margins = next(d.value for d in test.dataframe if d.value.shape[1] == 6)
    assert margins.iloc[:, 3].tolist() == margins.iloc[:, 4].tolist() == [i18n.percent(40, lang), i18n.percent(60, lang)]
    effects = next(d.value for d in test.dataframe if d.value.iloc[0, 0] == "NPS")
    plain = answers.assign(weight=1.0)
    assert effects.iloc[0, 1].startswith(i18n.number(nps(plain), lang, 1) + " (")
    assert effects.iloc[0, 2].startswith(i18n.number(nps(answers), lang, 1) + " (")
    assert i18n.text("weights.imported", lang, n=i18n.number(len(w), lang)) in texts(test)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_weights_switch_uses_them_and_labels_the_page(
    open_page: Callable[..., AppTest], saved: Deps, answers: pd.DataFrame, lang: str
) -> None:
    test = open_page("overview", lang, period="all", weighted="1")
    assert next(m.value for m in test.metric if m.label == "NPS") == i18n.number(nps(answers), lang, 1)
    assert [b.label for b in test.button if b.key == "chip:filter.weighted"] == [i18n.text("filter.weighted", lang) + " ✕"]
    test.button(key="chip:filter.weighted").click().run()
    assert next(m.value for m in test.metric if m.label == "NPS") == i18n.number(nps(answers.assign(weight=1.0)), lang, 1)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_without_shares_the_page_says_what_to_do(open_page: Callable[..., AppTest], lang: str) -> None:
    test = open_page("weights", lang, period="all")
    assert not test.exception and i18n.text("weights.pick", lang) in texts(test) and not test.metric
    test.multiselect(key="w:weights:demo:keys").set_value(["gender"]).run()
    called = {"ko": ("성별", "여성", "남성"), "en": ("Gender", "Female", "Male")}[lang]
    want = i18n.text("weights.problem.missing", lang, attribute=called[0], values=list(called[1:]))
    assert [w.value.replace("\\", "") for w in test.warning] == [want]
    assert not [b for b in test.button if b.key == "weights-save-now"], "what cannot be is not offered to be saved"


def test_shares_removed_leave_the_imported_weights(open_page: Callable[..., AppTest], deps: Deps, answers: pd.DataFrame) -> None:
    weighting.save_weighting(deps, LOCAL, program=None, plan=Plan(SHARES))
    test = open_page("weights", period="all")
    test.button(key="weights-remove-now").click().run()
    assert weighting.weights(deps, LOCAL, view=weighting.View()).saved is None
    test = open_page("overview", period="all", weighted="1")
    imported = answers.assign(weight=answers["base"])
    assert next(m.value for m in test.metric if m.label == "NPS") == i18n.number(nps(imported), "ko", 1)
    assert np.isfinite(nps(imported))
