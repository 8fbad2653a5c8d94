"""The responses page: table, pages, downloads."""

from __future__ import annotations

import polars as pl
import streamlit as st

from cxdash import i18n
from cxdash.export.tables import to_csv, to_xlsx
from cxdash.services.catalog import Catalog, QuestionInfo
from cxdash.services.responses import Page, ResponseRow, export_frame
from cxdash.terms import Measure
from cxdash.ui import cache, state

_TABLE_HEIGHT = 560


def response_table(page: Page) -> None:
    """Date, wave, comments and answers of the responses of this page; comments come first because they are what people read."""
    frame = _frame(page)
    texts = {name: st.column_config.TextColumn(width="large") for name in _comment_titles(page.catalog)}
    st.dataframe(frame, hide_index=True, height=_TABLE_HEIGHT, column_config=texts, key="responses-table", placeholder="",
                 alt=state.say("responses.alt", n=len(page.rows), total=page.total))


def _frame(page: Page) -> pl.DataFrame:
    options, lang = cache.options(page.catalog), state.language()
    comments = [q for q in page.catalog.questions if q.measure is Measure.COMMENT]
    others = [q for q in page.catalog.questions if q.measure is not Measure.COMMENT]
    columns: dict[str, list[object]] = {
        state.say("responses.at"): [i18n.datetime(r.at, lang, page.catalog.timezone) for r in page.rows],
        state.say("responses.wave"): [options.label("wave", r.wave, lang) for r in page.rows],
    }
    for question in (*comments, *others):
        columns[_free(_title(question), columns)] = [_shown(r, question) for r in page.rows]
    for attribute in page.catalog.attributes:
        name = _free(options.title(attribute.key, lang), columns)
        columns[name] = [options.label(attribute.key, r.attributes.get(attribute.key), lang) for r in page.rows]
    columns[_free(state.say("responses.source"), columns)] = [r.source for r in page.rows]
    if any(r.respondent for r in page.rows):
        columns[_free(state.say("responses.respondent"), columns)] = [r.respondent for r in page.rows]
    return pl.DataFrame(columns, strict=False)


def _title(question: QuestionInfo) -> str:
    text = state.local(question.wording) or question.code
    return text if len(text) <= 40 else text[:39] + "…"


def _free(name: str, taken: dict[str, list[object]]) -> str:
    number, free = 2, name
    while free in taken:
        number, free = number + 1, f"{name} ({number})"
    return free


def _comment_titles(catalog: Catalog) -> list[str]:
    return [_title(q) for q in catalog.questions if q.measure is Measure.COMMENT]


def _shown(row: ResponseRow, question: QuestionInfo) -> object:
    given = row.answers.get(question.code)
    if isinstance(given, list):
        return "; ".join(question.options[i - 1] for i in given if 1 <= i <= len(question.options))
    return given


def pager(page: Page) -> None:
    """Which page of how many."""
    if page.pages < 2:
        return
    st.pagination(page.pages, key=state.give("w:page", page.number), on_change=_turn)


def _turn() -> None:
    number = int(state.given("w:page"))
    state.show(state.view(), page=str(number) if number > 1 else None)


def downloads(page: Page) -> None:
    """The whole selection as Excel and CSV; made when asked for."""
    name = f"{page.catalog.slug}-responses"
    with st.container(horizontal=True):
        st.download_button(state.say("responses.xlsx"), data=_xlsx, file_name=f"{name}.xlsx", icon=":material/download:", on_click="ignore",
                           mime="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
        st.download_button(state.say("responses.csv"), data=_csv, file_name=f"{name}.csv", icon=":material/download:", on_click="ignore",
                           mime="text/csv")


def _xlsx() -> bytes:
    catalog, frame = export_frame(state.deps(), state.actor(), view=state.view())
    return to_xlsx({state.say("responses.sheet"): frame}, lang=state.language())


def _csv() -> bytes:
    return to_csv(export_frame(state.deps(), state.actor(), view=state.view())[1])
