"""The address bar: what comes in from outside is checked, and a view survives the way through a link."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from cxdash.services.catalog import Catalog, WaveInfo
from cxdash.services.metric import HEADLINES, is_name
from cxdash.services.view import CROSSHAIRS, GRAINS, IMPORTANCES, LEVELS, PRESETS, Bounds, View, resolve

TEXT = st.text(min_size=1, max_size=40)
NASTY = st.one_of(
    TEXT, st.sampled_from(["", "__import__('os')", "'; DROP TABLE response;--", "\0", "../..", "9" * 5000, "0001-01-01", "9999-12-31", "1"])
)
KEYS = ["program", "period", "since", "until", "by", "metric", "grain", "weighted", "f.wave", "f.", "importance", "cross"]
WAVES = tuple(WaveInfo(i, code, {}) for i, code in enumerate(("1차", "2차", "10차")))
CATALOG = Catalog(1, "p", {}, "Asia/Seoul", False, (), (), (), WAVES, {}, {})


@given(
    st.dictionaries(
        st.one_of(st.sampled_from(KEYS), TEXT),
        st.lists(NASTY, max_size=3),
    )
)
def test_any_query_gives_a_view_that_resolves(query: dict[str, list[str]]) -> None:
    view = View.from_query(query)
    assert is_name(view.metric) and view.grain in GRAINS and view.period in (None, *PRESETS)
    assert view.crosshair in (None, *CROSSHAIRS) and view.importance in (None, *IMPORTANCES)
    for bounds in (Bounds(None, None), Bounds(date(2025, 1, 31), date(2026, 3, 30))):
        scope = resolve(view, CATALOG, bounds)
        assert set(scope.now.equals) <= {"wave", "source"}
        assert not (scope.now.since and scope.now.until) or scope.now.since <= scope.now.until
    assert View.from_query(view.to_query()) == View.from_query(View.from_query(view.to_query()).to_query())


@given(
    st.builds(
        View,
        program=TEXT,
        period=st.sampled_from(PRESETS),
        equals=st.dictionaries(TEXT, st.lists(TEXT, min_size=1, max_size=3, unique=True).map(tuple), max_size=3),
        by=TEXT,
        metric=st.sampled_from(HEADLINES),
        grain=st.sampled_from(GRAINS),
        weighted=st.booleans(),
        level=st.sampled_from((None, *LEVELS)),
        importance=st.sampled_from((None, *IMPORTANCES)),
        crosshair=st.sampled_from((None, *CROSSHAIRS)),
    )
)
def test_a_link_shows_the_same_view(view: View) -> None:
    assert View.from_query(view.to_query()) == view


def test_defaults_stay_out_of_the_link() -> None:
    assert View().to_query() == {} and View(program="p").to_query() == {"program": ["p"]}


def test_a_period_ends_on_the_last_day_with_responses() -> None:
    bounds = Bounds(date(2024, 1, 1), date(2026, 3, 30))
    scope = resolve(View(period="6m"), CATALOG, bounds)
    assert (scope.since, scope.until) == (date(2025, 9, 30), date(2026, 3, 30))
    assert scope.before is not None and scope.before.until == date(2025, 9, 29)


def test_waves_follow_in_natural_order_and_the_first_has_nothing_before() -> None:
    none = Bounds(None, None)
    latest = resolve(View(), CATALOG, none)
    assert latest.now.equals == {"wave": ("10차",)} and latest.before is not None and latest.before.equals == {"wave": ("2차",)}
    assert resolve(View(equals={"wave": ("1차",)}), CATALOG, none).before is None


def test_taking_a_chip_off() -> None:
    view = View(equals={"region": ("서울", "부산"), "wave": ("1차",)})
    assert view.without("region", "서울").equals == {"region": ("부산",), "wave": ("1차",)}
    assert view.without("wave", "1차").equals == {"region": ("서울", "부산")}
