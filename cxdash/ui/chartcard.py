"""A chart in a card: title, drawing with a text alternative, and a drawer with its table and downloads."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import polars as pl
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from cxdash import i18n
from cxdash.charts.theme import PICK, Spec, pickable, standalone
from cxdash.export.images import png, svg
from cxdash.export.tables import to_csv, to_xlsx
from cxdash.services.view import View
from cxdash.ui import state

_PICTURE = 720  # px
_ESCAPED = re.compile(r"\\([^\w\s])")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


Tables = pl.DataFrame | Callable[[], pl.DataFrame]


def legend(view: View, *parts: str) -> str:
    """What belongs above a chart: its key and whatever else is to be said, and that it is weighted. Blanks are left out."""
    return " · ".join(filter(None, (*parts, state.md("overview.weighted") if view.weighted else "")))


def thousands(table: pl.DataFrame) -> dict[str, Any]:
    """For a table on screen: its whole numbers, which are counts, with their thousands apart, as everywhere else on the page."""
    return {name: st.column_config.NumberColumn(format="localized") for name, kind in table.schema.items() if kind.is_integer()}


def downloads(name: str, table: Tables, sheets: Mapping[str, pl.DataFrame] | None = None, notes: Sequence[tuple[str, str]] = ()) -> None:
    """A table as Excel and CSV, made when they are asked for; a long one is a function that is called then, outside of the run.

    sheets: what the workbook holds instead, by name; notes: what its reader must know, as lines of a sheet of their own.
    """
    lang = state.language()  # taken now: it cannot be asked when a file is made

    def made() -> pl.DataFrame:
        return table() if callable(table) else table

    with st.container(horizontal=True):
        st.download_button("XLSX", data=lambda: to_xlsx(sheets or {name: made()}, lang=lang, notes=notes), file_name=f"{name}.xlsx",
                           mime=XLSX, key=f"get-{name}-xlsx", on_click="ignore")  # fmt: skip
        st.download_button("CSV", data=lambda: to_csv(made()), file_name=f"{name}.csv", mime="text/csv", key=f"get-{name}-csv",
                           on_click="ignore")  # fmt: skip


@dataclass(frozen=True)
class Drawing:
    """A chart as charts/ makes it. name: for file names; title, legend: Markdown; said: the text alternative; table: the same as a table.

    least: pixels under which it is not squeezed; in a narrower place it scrolls. sheets, notes: of the workbook, where it holds more than
    the table.
    """

    name: str
    title: str
    spec: Spec
    data: pl.DataFrame
    said: str
    table: pl.DataFrame
    legend: str = ""  # what the marks mean, beside the title
    least: int = 0
    sheets: Mapping[str, pl.DataFrame] | None = None
    notes: Sequence[tuple[str, str]] = ()


def draw(drawing: Drawing, controls: Callable[[], None] | None = None, *, on_pick: Callable[[str], None] | None = None) -> None:
    """Title row with the drawer, what chooses the chart's content, then the chart.

    on_pick: called with the "pick" of the row that was clicked (see `theme.pickable`), before the rerun.
    """
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key=f"head-{drawing.name}"):
        st.markdown(f"**{drawing.title}**" + (f" :gray[:small[{drawing.legend}]]" if drawing.legend else ""), width="stretch")
        _drawer(drawing)
    with _place(drawing):
        if controls is not None:
            controls()
        _chart(drawing, on_pick)


def _place(drawing: Drawing) -> DeltaGenerator:
    """Where the chart stands. One that is not squeezed scrolls beside what chooses its content, which stays in sight: a scrolling place
    must hold something that takes the keyboard's focus."""
    if not drawing.least:
        return st.container()
    st.html(f"<style>{_scrolling(drawing.name, drawing.least)}</style>")
    return st.container(key=f"scroll-{drawing.name}").container(key=f"wide-{drawing.name}")


def _scrolling(name: str, least: int) -> str:
    """The styles of a place that scrolls sideways. The names of the rows move along with it, by a timeline of the scrolling: they are drawn
    in the chart's own picture, where nothing can be sticky. A browser without such timelines scrolls them away."""
    scroll, wide = f".st-key-scroll-{name}", f".st-key-wide-{name}"
    names = f'{wide} g.role-axis[aria-label^="Y-axis"]'
    return (
        f"{scroll}{{overflow:auto hidden}}{wide}{{min-width:{least}px}}"
        f"{wide}>:first-child{{position:sticky;left:0;align-self:flex-start}}"
        f"@supports (animation-timeline:scroll()){{{scroll}{{container-type:inline-size;scroll-timeline:--cx-{name} x}}"
        f"{names}{{animation:cx-{name} linear both;animation-timeline:--cx-{name}}}"
        f"{names} text{{paint-order:stroke;stroke:light-dark(#fff,#11161d);stroke-width:10px;stroke-linejoin:round}}"
        f"@keyframes cx-{name}{{to{{translate:max(0px,{least}px - 100cqw) 0}}}}}}"
    )


def _chart(drawing: Drawing, on_pick: Callable[[str], None] | None) -> None:
    """The words a chart is read out with stand beside it, and its own name stays the same: Streamlit makes the name part of the picture,
    so that a name with numbers in it would build every chart anew on every click, which costs the browser more than all the rest."""
    st.html(f'<p class="cx-said">{escape(drawing.said)}</p>')
    name = _ESCAPED.sub(r"\1", drawing.title)
    if on_pick is None:
        st.vega_lite_chart(drawing.data, drawing.spec, key=f"chart-{drawing.name}", alt=name, width="stretch")
        return
    turn = state.remember(f"picked:{drawing.name}", 0)  # a new widget after every click: the old one would keep its mark chosen
    key = f"chart-{drawing.name}-{turn}"

    def picked() -> None:
        rows = state.given(key)["selection"].get(PICK, [])
        if rows and (value := rows[0].get(PICK)) is not None:
            state.keep(f"picked:{drawing.name}", turn + 1)
            on_pick(str(value))

    st.vega_lite_chart(drawing.data, pickable(drawing.spec), key=key, alt=name, width="stretch", on_select=picked,
                       selection_mode=PICK)


def _drawer(drawing: Drawing) -> None:
    lang, told = state.language(), _switched()  # taken now: they cannot be asked when a file is made
    label = f"{drawing.title}: {state.say('screen.chart.more')}"  # read out, not seen
    opened = st.popover(
        label, icon=":material/more_horiz:", type="tertiary", key=f"more-{drawing.name}", help=state.say("screen.chart.more"),
        on_change="rerun",
    )
    if not opened.open:  # four tables and sixteen downloads that nobody looks at are a quarter of a rerun
        return
    with opened:
        st.caption(drawing.said + "".join(f" · {word}" for word in told.values()))
        st.dataframe(drawing.table, hide_index=True, placeholder=i18n.NOTHING, key=f"table-{drawing.name}", alt=drawing.said,
                     column_config=thousands(drawing.table))
        with st.container(horizontal=True):
            _download(drawing, told, "xlsx", XLSX,
                      lambda: to_xlsx(drawing.sheets or {" ".join((drawing.name, *told)): drawing.table}, lang=lang, notes=drawing.notes))
            _download(drawing, told, "csv", "text/csv", lambda: to_csv(drawing.table))
            _download(drawing, told, "png", "image/png", lambda: png(_picture(drawing, told)))
            _download(drawing, told, "svg", "image/svg+xml", lambda: svg(_picture(drawing, told)))


def _switched() -> dict[str, str]:
    """What is switched on for every number: a word for names of files, and how it is said. A file leaves the chips of the page behind."""
    view = state.view()
    said = {"weighted": state.say("filter.weighted")} if view.weighted else {}
    return said | ({"clean": state.say("filter.clean")} if view.clean else {})


def _picture(drawing: Drawing, told: Mapping[str, str]) -> Spec:
    """The drawing as it stands alone; a picture knows no Markdown, so nothing is escaped there."""
    title = " · ".join((_ESCAPED.sub(r"\1", drawing.title), *told.values()))
    return standalone(drawing.spec, drawing.data, title=title, width=max(_PICTURE, drawing.least))


def _download(drawing: Drawing, told: Mapping[str, str], kind: str, mime: str, make: Callable[[], bytes]) -> None:
    name = "-".join((drawing.name, *told))
    st.download_button(
        kind.upper(), data=make, file_name=f"{name}.{kind}", mime=mime, key=f"get-{drawing.name}-{kind}", on_click="ignore"
    )
