"""After an import: what was stored, what was not and why; and the history with undo."""

from __future__ import annotations

import json
from collections.abc import Callable

import polars as pl
import streamlit as st

from cxdash import i18n
from cxdash.export.problems import problems_xlsx
from cxdash.services import history as service
from cxdash.services.history import ImportInfo
from cxdash.services.imports import ImportResult
from cxdash.ui import cache, imports, state
from cxdash.ui.chartcard import XLSX
from cxdash.ui.errors import guarded

_IMPORTS = 50  # of the history on screen
_SHOWN = 200  # problem rows on screen; the download has all


def result() -> None:
    """What the import stored and what it left out."""
    done: ImportResult = state.remember("import:result", None)
    lang = state.language()

    def n(value: int) -> str:
        return i18n.number(value, lang)

    with st.container(border=True, key="import-result"):
        st.markdown(
            "#### :green[:material/check_circle:] "
            + i18n.markdown("imports.result.title", lang, n=n(done.rows_inserted + done.rows_updated))
        )
        st.markdown(
            i18n.markdown(
                "imports.result.rows",
                lang,
                read=n(done.rows_read),
                inserted=n(done.rows_inserted),
                updated=n(done.rows_updated),
                empty=n(done.rows_empty),
                rejected=n(done.rows_rejected),
                cells=n(done.problem_cells),
            )
        )
        with st.container(horizontal=True):
            st.button(state.say("imports.result.dashboard"), key="import-dashboard", type="primary", on_click=_open, args=(done.program,))
            st.button(state.say("imports.result.another"), key="import-another", on_click=imports.reset)
        if done.id is not None and done.problems:
            problems(done.id, originals=imports.originals(done.id))


def _open(program: str) -> None:
    """Show the whole of the programme just filled."""
    imports.reset()
    state.show(state.View(program=program, period="all"))
    state.keep("import:open", True)


def problems(import_id: int, *, originals: Callable[[], pl.DataFrame] | None = None) -> None:
    """Cells and rows that could not be used, with the reason, and all of them as a workbook.

    originals: gives the rows as they stand in the file, while the file is there; the workbook then shows the reason beside each.
    """
    lang, deps, actor = state.language(), state.deps(), state.actor()
    shown = service.problems(deps, actor, import_id=import_id, limit=_SHOWN)
    if shown.is_empty():
        return
    total = service.problem_count(deps, actor, import_id=import_id)
    st.markdown("**" + i18n.markdown("imports.problems.title", lang, n=i18n.number(total, lang)) + "**")
    said = [i18n.text(r["reason"], lang, **json.loads(r["params"] or "{}")) for r in shown.iter_rows(named=True)]
    st.dataframe(
        pl.DataFrame(
            {
                i18n.text("imports.problems.row", lang): shown["row"],
                i18n.text("imports.problems.column", lang): shown["column"],
                i18n.text("imports.problems.value", lang): shown["value"],
                i18n.text("imports.problems.reason", lang): said,
            }
        ),
        hide_index=True,
        key=f"problems-{import_id}",
        height=240,
        alt=state.say("imports.problems.alt"),
    )
    st.download_button(
        state.say("imports.problems.download"),
        data=lambda: problems_xlsx(
            service.export_problems(deps, actor, import_id=import_id), lang=lang, originals=originals() if originals else None
        ),
        mime=XLSX,
        on_click="ignore",
        file_name=f"import-{import_id}-problems.xlsx",
        key=f"problems-get-{import_id}",
        icon=":material/download:",
    )


def history() -> None:
    """Every import, newest first, each with its problems and undo."""
    found = service.history(state.deps(), state.actor())
    st.markdown("#### " + state.md("imports.history.title"))
    if not found:
        st.caption(state.md("imports.history.none"))
        return
    names = {p.slug: state.local(p.name) or p.slug for p in cache.programs()}
    for info in found[:_IMPORTS]:
        _line(info, names.get(info.program, info.program))


def _line(info: ImportInfo, program: str) -> None:
    lang = state.language()
    undone = info.state == "undone"
    with st.container(
        border=True, horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key=f"import-{info.id}"
    ):
        name = i18n.escape(info.file_name)
        st.markdown(
            f"{'~~' if undone else '**'}{name}{'~~' if undone else '**'}  \n"
            + i18n.markdown(
                "imports.history.line",
                lang,
                id=info.id,
                program=program,
                wave=info.wave,
                at=i18n.datetime(info.created_at, lang),
                stored=i18n.number(info.rows_inserted + info.rows_updated, lang),
                rejected=i18n.number(info.rows_rejected, lang),
                cells=i18n.number(info.problem_cells, lang),
            ),
            width="stretch",
        )
        if undone:
            st.caption(i18n.markdown("imports.history.undone", lang, at=i18n.datetime(info.undone_at, lang)))
            return
        if info.problem_cells or info.rows_rejected:
            with st.popover(state.say("imports.history.problems"), key=f"history-problems-{info.id}"):
                problems(info.id)
        with st.popover(state.say("imports.history.undo"), key=f"undo-open-{info.id}"):
            st.markdown(
                i18n.markdown(
                    "imports.history.undo_about", lang, n=i18n.number(info.rows_inserted, lang), m=i18n.number(info.rows_updated, lang)
                )
            )
            st.button(state.say("imports.history.undo_confirm"), key=f"undo-{info.id}", type="primary", on_click=_undo, args=(info.id,))


def _undo(import_id: int) -> None:
    with guarded():
        service.undo(state.deps(), state.actor(), import_id=import_id)
        cache.clear()
