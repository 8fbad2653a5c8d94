"""The bar beside a long computation: told within what is kept, gone afterwards, and no part of what is kept."""

from __future__ import annotations

import pytest
from streamlit.delta_generator import DeltaGenerator
from streamlit.testing.v1 import AppTest

from cxdash.ui import working


def _page() -> None:
    import streamlit as st

    from cxdash.stats.progress import tell
    from cxdash.ui.kept import kept
    from cxdash.ui.working import working

    def count(n: int) -> int:
        for done in range(1, n + 1):
            tell(done / n)
        return n

    counted = st.session_state.setdefault("counted", kept(most=1)(count))
    with working("잠시만요"):
        st.session_state["found"] = counted(4)
    st.markdown(f"done {st.session_state['found']}")


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[tuple[float, str]]:
    """What the bars said."""
    told: list[tuple[float, str]] = []
    bar = DeltaGenerator.progress

    def progress(self: DeltaGenerator, value: float, text: str | None = None, **more: object) -> DeltaGenerator:
        told.append((value, str(text)))
        return bar(self, value, text, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(DeltaGenerator, "progress", progress)
    return told


@pytest.mark.usefixtures("deps")  # the language of who looks is the house's to tell
def test_the_share_is_shown_and_a_kept_result_shows_no_bar(drawn: list[tuple[float, str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(working, "AFTER", 0.0)
    test = AppTest.from_function(_page).run()
    assert not test.exception and [m.value for m in test.markdown] == ["done 4"]
    assert [value for value, _ in drawn] == [0.25, 0.5, 0.75, 1.0] and drawn[1][1] == "잠시만요 50%"
    test.run()
    assert not test.exception and len(drawn) == 4 and not test.get("progress")


@pytest.mark.usefixtures("deps")
def test_what_is_done_at_once_shows_no_bar(drawn: list[tuple[float, str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(working, "AFTER", 60.0)
    test = AppTest.from_function(_page).run()
    assert not test.exception and [m.value for m in test.markdown] == ["done 4"] and not drawn
