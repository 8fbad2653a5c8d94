"""The responses page: what it lists under a filter, in both languages."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from cxdash import i18n
from cxdash.services import responses
from cxdash.services.actor import LOCAL
from cxdash.services.deps import Deps
from cxdash.services.view import View
from cxdash.terms import Measure
from tests.pages.conftest import texts


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_page_lists_the_filtered_responses(open_page: Callable[..., AppTest], deps: Deps, lang: str) -> None:
    view = View(period="all", equals={"tier": ("vip",)})
    want = responses.page(deps, LOCAL, view=view)
    test = open_page("responses", lang, period="all", f__tier="vip")
    assert not test.exception and not test.error
    assert i18n.text("filter.count", lang, n=i18n.number(want.total, lang), total=i18n.number(want.of, lang)) in texts(test).replace(
        "\\", ""
    )
    shown = test.dataframe[0].value
    assert len(shown) == len(want.rows) == 50
    dates, comments = shown.iloc[:, 0], shown.iloc[:, 1]  # columns are numbered; their titles are given apart
    asked = next(q for q in want.catalog.questions if q.measure is Measure.COMMENT)
    assert list(dates) == [i18n.datetime(r.at, lang) for r in want.rows]
    assert [c if isinstance(c, str) else None for c in comments] == [r.answers.get(asked.code) for r in want.rows]


def test_the_number_of_rows_is_chosen(open_page: Callable[..., AppTest]) -> None:
    assert len(open_page("responses", period="all", rows="100").dataframe[0].value) == 100
    assert len(open_page("responses", period="all", rows="7").dataframe[0].value) == 50
    test = open_page("responses", period="all", rows="25", page="3")
    assert len(test.dataframe[0].value) == 25
    test.selectbox(key="w:rows").set_value(50).run()
    assert "rows" not in test.query_params and "page" not in test.query_params and len(test.dataframe[0].value) == 50


def test_second_page_continues(open_page: Callable[..., AppTest], deps: Deps) -> None:
    one, two = (open_page("responses", period="all", page=n).dataframe[0].value for n in ("1", "2"))
    assert len(one) == len(two) == 50 and not one.equals(two)


@pytest.mark.parametrize("number", ["0", "-3", "999999999", "x", "²"])
def test_odd_page_numbers(open_page: Callable[..., AppTest], number: str) -> None:
    test = open_page("responses", period="all", page=number)
    assert not test.exception and len(test.dataframe[0].value) in (50, 5000 % 50 or 50)
