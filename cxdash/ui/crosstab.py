"""The crosstab of the segments page: a picture that is clicked to filter, how to read it, the same in text, its downloads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from cxdash import i18n
from cxdash.charts import crossmap, crosstab
from cxdash.charts.crosstab import Titles
from cxdash.facts.question import NONE
from cxdash.services.crosstab import Crosstab, Line
from cxdash.services.options import Options
from cxdash.services.segments import Segments
from cxdash.ui import cache, names, state
from cxdash.ui.chartcard import Drawing, draw, legend
from cxdash.ui.segments import metric_title


def table_card(result: Segments) -> None:
    """The two attributes crossed or, of one attribute, headlines and stages by its values."""
    table = result.table or result.profile
    if table is None or not any(f.value is not None for f in (*table.row_totals, table.total) if f is not None):
        return
    lang, options = state.language(), cache.options(result.catalog)
    titles = _titles(result, table, options)
    said = crosstab.describe(table, titles, lang=lang)
    with st.container(border=True, key="card-crosstab"):
        draw(_drawing(result, table, titles, said), controls=_as_text, on_pick=lambda pick: _picked(result, table, pick))
        st.caption(i18n.escape(said))
        st.caption(_key(table))
        if state.held("w:crosstab:text"):
            with st.container(key="scroll-text", gap="small"):
                shown = crosstab.shown(table, titles, lang=lang).to_pandas()
                st.table(shown.set_index(shown.columns[0]), border="horizontal", alt=said)


def _as_text() -> None:
    """Words for those who read rather than see; it also takes the keyboard's focus where the picture scrolls."""
    st.toggle(state.say("segments.as_text"), key=state.hold("crosstab:text", False))


def _drawing(result: Segments, table: Crosstab, titles: Titles, said: str) -> Drawing:
    """The picture, with the workbook's sheets: as it stands on screen and one line per cell."""
    lang, options = state.language(), cache.options(result.catalog)
    across = names.title(options, result.across or str(result.by))
    value = metric_title(result) if result.across else state.say("segments.column.value")
    listed = crosstab.listed(table, titles, lang=lang, across=across, value=value)
    sheets = {state.say("segments.table"): crosstab.wide(table, titles, lang=lang), state.say("segments.list"): listed}
    frame = crossmap.data(table, titles, lang=lang)
    key = legend(result.view, state.md("segments.cross_key"))
    return Drawing("crosstab", _title(result, options), crossmap.spec(lang, frame, value=value), frame, said, listed, key,
                   crossmap.least_width(table, titles), sheets, _notes(result, said, options))  # fmt: skip


def _picked(result: Segments, table: Crosstab, pick: str) -> None:
    """A click on a cell filters by its row and column; on a total or a row's name by that side alone. A row of metrics is chosen."""
    i, j = (int(place) for place in pick.split(","))
    row, column = (lines[at] if 0 <= at < len(lines) else None for lines, at in ((table.rows, i), (table.columns, j)))
    view, by = state.view(), str(result.by)
    if result.across is None:
        if column is None and row is not None:
            view = replace(view, metric=str(row.value))
        sides = [(by, column)]
    else:
        sides = [(by, row), (result.across, column)]
    for key, line in sides:
        if line is not None and not line.others:
            view = view.filtered(key, NONE if line.value is None else line.value)
    state.show(view)


def _title(result: Segments, options: Options) -> str:
    by = names.title(options, str(result.by))
    if result.across is None:
        return state.md("segments.profile_title", by=by)
    return state.md("segments.cross_title", by=by, across=names.title(options, result.across), metric=metric_title(result))


def _key(table: Crosstab) -> str:
    """How the table is to be read."""
    parts = [state.md("segments.key")]
    if crosstab.blocked(table):
        parts.append(state.md("segments.blocked_note"))
    if table.left_out:
        parts.append(state.md("segments.columns_left_out", shown=len(table.columns), n=table.left_out))
    return " ".join(parts)


def _titles(result: Segments, table: Crosstab, options: Options) -> Titles:
    by, total = str(result.by), state.say("segments.total")
    if result.across is None:
        rows = [names.metric(result.catalog, str(line.value)) for line in table.rows]
        return Titles(state.say("segments.metric"), rows, _called(table.columns, by, options), total)
    return Titles(names.title(options, by), _called(table.rows, by, options), _called(table.columns, result.across, options), total)


def _called(lines: Sequence[Line], key: str, options: Options) -> list[str]:
    return [state.say("segments.others", n=line.others) if line.others else names.label(options, key, line.value) for line in lines]


def _notes(result: Segments, said: str, options: Options) -> list[tuple[str, str]]:
    """What a reader of the file must know: what it is about, of which responses, how to read it."""
    lang = state.language()
    about = ([(state.say("segments.metric"), metric_title(result))] if result.across else [])
    about += [(state.say("segments.by"), names.title(options, str(result.by)))]
    about += [(state.say("segments.across"), names.title(options, result.across))] if result.across else []
    chosen = [(names.title(options, key), ", ".join(names.label(options, key, v) for v in values))
              for key, values in result.scope.now.equals.items()]
    since, until = (i18n.date(day, lang) if day else "" for day in (result.scope.since, result.scope.until))
    span = [(state.say("filter.period"), f"{since} – {until}")] if since or until else []
    base = [(state.say("overview.metric.responses"), i18n.number(result.responses, lang))]
    weight = [(state.say("segments.weight"), state.say("overview.weighted") if result.view.weighted else state.say("segments.unweighted"))]
    return [*about, *chosen, *span, *base, *weight, (state.say("segments.reading"), state.say("segments.key")),
            (state.say("segments.said"), said)]
