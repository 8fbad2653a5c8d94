"""The responses page: table, pages, downloads."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl
import streamlit as st

from cxdash import i18n
from cxdash.export.tables import to_csv, to_xlsx
from cxdash.facts.question import SOURCE, WAVE
from cxdash.services.catalog import QuestionInfo
from cxdash.services.options import Options
from cxdash.services.responses import PAGE_SIZES, Page, ResponseRow, export_frame, questions_of
from cxdash.terms import Measure
from cxdash.ui import cache, names, state
from cxdash.ui.chartcard import XLSX
from cxdash.ui.state import PAGE_SIZE

_TABLE_HEIGHT, _ROW = 630, 33
_DATE, _COMMENT, _RATING = 180, 380, 104  # pixels


def response_table(page: Page) -> None:
    """Date, comments, answers and attributes of the responses of this page; comments come first because they are what people read."""
    columns = _columns(page)
    frame = pl.DataFrame({str(i): c.values for i, c in enumerate(columns)}, strict=False)
    config = {str(i): st.column_config.Column(c.title, width=c.width, help=c.help or None) for i, c in enumerate(columns)}
    st.dataframe(
        frame,
        hide_index=True,
        height=min(_TABLE_HEIGHT, _ROW * (frame.height + 1) + 3),
        row_height=_ROW,
        column_config=config,
        key="responses-table",
        placeholder="",
        alt=state.say("responses.alt", n=len(page.rows), total=page.total),
    )


@dataclass(frozen=True)
class _Column:
    title: str
    values: list[object]
    width: int | None = None
    help: str = ""


def _columns(page: Page) -> list[_Column]:
    options, lang, rows = cache.options(page.catalog), state.language(), page.rows
    told = questions_of(state.actor(), page.catalog)
    comments = [q for q in told if q.measure is Measure.COMMENT]
    others = [q for q in told if q.measure is not Measure.COMMENT]
    found = [_Column(state.say("responses.at"), [i18n.datetime(r.at, lang, page.catalog.timezone) for r in rows], _DATE)]
    found += [_Column(names.question(page.catalog, q), [_shown(r, q) for r in rows], _COMMENT, state.local(q.wording)) for q in comments]
    found += [
        _Column(names.question(page.catalog, q), [_shown(r, q) for r in rows], _RATING if q.scale else None, state.local(q.wording))
        for q in others
    ]
    found += [
        _Column(options.title(a.key, lang), [_named(options, a.key, r.attributes.get(a.key)) for r in rows])
        for a in page.catalog.attributes
    ]
    found += [
        _Column(state.say("responses.wave"), [options.label(WAVE, r.wave, lang) for r in rows]),
        _Column(state.say("responses.source"), [names.label(options, SOURCE, r.source) for r in rows]),
    ]
    if any(r.respondent for r in rows):
        found.append(_Column(state.say("responses.respondent"), [r.respondent for r in rows]))
    return [c for c in found if any(v is not None for v in c.values) or c.help]


def _named(options: Options, key: str, value: str | None) -> str | None:
    return None if value is None else options.label(key, value, state.language())


def _shown(row: ResponseRow, question: QuestionInfo) -> object:
    given = row.answers.get(question.code)
    if isinstance(given, list):
        return "; ".join(question.options[i - 1] for i in given if 1 <= i <= len(question.options))
    return given


def pager(page: Page) -> None:
    """Which page of how many, and how many responses on each."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="pager"):
        if page.pages > 1:
            key = f"w:page:{page.number}"  # a key of its own per page: the address leads, and st.pagination warns of values it is given
            st.pagination(page.pages, key=key, default=page.number, on_change=_turn, args=(key,))
        if page.total > PAGE_SIZES[0]:
            said = {n: state.say("responses.size_n", n=n) for n in PAGE_SIZES}
            st.selectbox(
                state.say("responses.size"),
                PAGE_SIZES,
                key=state.give("w:rows", page.size),
                on_change=_resize,
                width=150,
                label_visibility="collapsed",
                format_func=said.__getitem__,
            )


def _turn(key: str) -> None:
    number = int(state.given(key))
    state.show(state.view(), page=str(number) if number > 1 else None, rows=_rows(state.page_size()))


def _resize() -> None:
    state.show(state.view(), rows=_rows(int(state.given("w:rows"))))


def _rows(size: int) -> str | None:
    return None if size == PAGE_SIZE else str(size)


def downloads(page: Page) -> None:
    """The whole selection as Excel and CSV, made when asked for."""
    name = f"{page.catalog.slug}-responses"
    # Taken now: when the file is made the run is over, and the address with its filters and language cannot be asked any more.
    deps, actor, view, lang, sheet = state.deps(), state.actor(), state.view(), state.language(), state.say("responses.sheet")

    def xlsx() -> bytes:
        return to_xlsx({sheet: export_frame(deps, actor, view=view)[1]}, lang=lang)

    def csv() -> bytes:
        return to_csv(export_frame(deps, actor, view=view)[1])

    with st.container(horizontal=True, key="downloads"):
        st.download_button(
            state.say("responses.xlsx"), data=xlsx, file_name=f"{name}.xlsx", icon=":material/download:", on_click="ignore", mime=XLSX
        )
        st.download_button(
            state.say("responses.csv"), data=csv, file_name=f"{name}.csv", icon=":material/download:", on_click="ignore", mime="text/csv"
        )
