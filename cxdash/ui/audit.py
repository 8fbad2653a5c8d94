"""The log of what was done on screen: filtered, page by page, downloaded, and checked."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta

import polars as pl
import streamlit as st

from cxdash import i18n
from cxdash.export.tables import to_csv, to_xlsx
from cxdash.services import audit as service
from cxdash.services.audit import PAGE, Entry, Log, Wanted
from cxdash.ui import state
from cxdash.ui.chartcard import XLSX

_HEADS = ("audit.at", "audit.who", "audit.role", "audit.address", "audit.action", "audit.about", "audit.before", "audit.after")
_FIELDS = ("who", "action", "about", "since", "until")
_NUMBER = "audit:page"


def audit_log() -> None:
    """Filters, the page of the log, downloads, and whether the chain holds."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="audit-filters"):
        _filters()
    wanted, number = _wanted(), int(state.remember(_NUMBER, 1))
    log = service.entries(state.deps(), state.actor(), wanted=wanted, page=number)
    if not log.entries and number > 1:
        number = 1
        log = service.entries(state.deps(), state.actor(), wanted=wanted)
    with st.container(horizontal=True, vertical_alignment="center", key="audit-head"):
        st.markdown(state.md("audit.total", n=i18n.number(log.total, state.language())), width="stretch")
        _downloads(wanted)
        _verify()
    if not log.entries:
        st.info(state.md("audit.none"), icon=":material/history:")
        return
    st.dataframe(table(log.entries, state.language()), hide_index=True, key="audit-table", placeholder="",
                 column_config={state.say("audit.at"): st.column_config.TextColumn(width=170)},
                 alt=state.say("audit.alt", n=log.total))  # fmt: skip
    _pager(log, number)


def _filters() -> None:
    st.text_input(state.say("audit.who"), key=state.hold("audit:who", ""), on_change=_first, width=160)
    known = _actions()
    st.selectbox(state.say("audit.action"), ["", *known], key=state.hold("audit:action", "", ["", *known]), on_change=_first, width=180,
                 format_func=lambda action: action or state.say("audit.any"))  # fmt: skip
    st.text_input(state.say("audit.about"), key=state.hold("audit:about", ""), on_change=_first, width=160)
    for name, label in (("since", "audit.since"), ("until", "audit.until")):
        st.date_input(state.say(label), key=state.hold(f"audit:{name}", None), on_change=_first, width=150, format="YYYY-MM-DD")


def _actions() -> tuple[str, ...]:
    return service.entries(state.deps(), state.actor(), size=1).actions


def _first() -> None:
    state.keep(_NUMBER, 1)


def _wanted() -> Wanted:
    given = {name: state.held(f"w:audit:{name}") for name in _FIELDS}
    return Wanted(_begin(given["since"], 0), _begin(given["until"], 1), str(given["who"] or "").strip(), str(given["action"] or ""),
                  str(given["about"] or "").strip())  # fmt: skip


def _begin(day: date | None, more: int) -> datetime | None:
    return None if day is None else datetime.combine(day + timedelta(days=more), time(), UTC)


def table(entries: tuple[Entry, ...], lang: str) -> pl.DataFrame:
    """The entries as a table of texts; times are UTC."""
    rows = [(f"{e.at:%Y-%m-%d %H:%M:%S}", e.who, e.role, e.address, e.action, e.about, _told(e.before), _told(e.after)) for e in entries]
    return pl.DataFrame(rows, schema={i18n.text(head, lang): pl.String for head in _HEADS}, orient="row")


def _told(document: object) -> str:
    return "" if document is None else json.dumps(document, ensure_ascii=False)


def _downloads(wanted: Wanted) -> None:
    deps, actor, lang, sheet = state.deps(), state.actor(), state.language(), state.say("audit.sheet")

    def frame() -> pl.DataFrame:
        return table(service.export(deps, actor, wanted=wanted), lang)

    st.download_button(state.say("audit.xlsx"), data=lambda: to_xlsx({sheet: frame()}, lang=lang), file_name="audit.xlsx", mime=XLSX,
                       icon=":material/download:", on_click="ignore", key="audit-xlsx")  # fmt: skip
    st.download_button(state.say("audit.csv"), data=lambda: to_csv(frame()), file_name="audit.csv", mime="text/csv",
                       icon=":material/download:", on_click="ignore", key="audit-csv")  # fmt: skip


def _verify() -> None:
    with st.popover(state.say("audit.verify"), icon=":material/verified:", key="audit-verify", on_change="rerun") as drawer:
        if not drawer.open:
            return
        found = service.verify(state.deps(), state.actor())
        if found.broken is None:
            st.success(state.md("audit.whole", n=found.length), icon=":material/verified:")
        else:
            st.error(state.md("audit.broken", id=found.broken.id), icon=":material/gpp_bad:")
        st.code(found.hash or i18n.NOTHING, language=None, wrap_lines=True)


def _pager(log: Log, number: int) -> None:
    pages = -(-log.total // PAGE)
    if pages > 1:
        key = f"w:audit:page:{number}"
        st.pagination(pages, key=key, default=number, on_change=_turn, args=(key,))


def _turn(key: str) -> None:
    state.keep(_NUMBER, int(state.given(key)))
