"""The crosstab of the segments page: the table, how to read it, its downloads."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from cxdash import i18n
from cxdash.charts import crosstab
from cxdash.charts.crosstab import Titles
from cxdash.export.tables import to_csv, to_xlsx
from cxdash.services.crosstab import Crosstab, Line
from cxdash.services.options import Options
from cxdash.services.segments import Segments
from cxdash.ui import cache, names, state
from cxdash.ui.chartcard import XLSX
from cxdash.ui.segments import metric_title


def table_card(result: Segments) -> None:
    """The two attributes crossed or, of one attribute, headlines and stages by its values."""
    table = result.table or result.profile
    if table is None or not any(f.value is not None for f in (*table.row_totals, table.total) if f is not None):
        return
    lang, options = state.language(), cache.options(result.catalog)
    titles = _titles(result, table, options)
    said, title = crosstab.describe(table, titles, lang=lang), _title(result, options)
    with st.container(border=True, key="card-crosstab"):
        with st.container(key="scroll-crosstab", gap="small"):  # a place that scrolls must hold something that takes the keyboard's focus
            with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="head-crosstab"):
                weighted = f" :gray[:small[{state.md('overview.weighted')}]]" if result.view.weighted else ""
                st.markdown(f"**{title}**{weighted}", width="stretch")
                _downloads(result, table, titles, said)
            shown = crosstab.shown(table, titles, lang=lang).to_pandas()
            st.table(shown.set_index(shown.columns[0]), border="horizontal", alt=said)
        st.caption(i18n.escape(said))
        st.caption(_key(table))


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


def _downloads(result: Segments, table: Crosstab, titles: Titles, said: str) -> None:
    lang, options = state.language(), cache.options(result.catalog)
    label = f"{state.say('segments.table')}: {state.say('screen.chart.more')}"  # read out, not seen
    opened = st.popover(label, icon=":material/more_horiz:", type="tertiary", key="more-crosstab", help=state.say("screen.chart.more"),
                        on_change="rerun")
    if not opened.open:
        return
    across = names.title(options, result.across or str(result.by))
    value = metric_title(result) if result.across else state.say("segments.column.value")
    listed = crosstab.listed(table, titles, lang=lang, across=across, value=value)
    sheets = {state.say("segments.table"): crosstab.wide(table, titles, lang=lang), state.say("segments.list"): listed}
    notes = _notes(result, said, options)
    with opened:
        st.caption(i18n.escape(said))
        with st.container(horizontal=True):
            st.download_button("XLSX", data=lambda: to_xlsx(sheets, lang=lang, notes=notes), file_name="crosstab.xlsx", mime=XLSX,
                               key="get-crosstab-xlsx", on_click="ignore")
            st.download_button("CSV", data=lambda: to_csv(listed), file_name="crosstab.csv", mime="text/csv", key="get-crosstab-csv",
                               on_click="ignore")


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
