"""The executive page on screen: its findings as text, what it looks like on paper, the page and the workbook to download."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from html import escape

import streamlit as st

from cxdash import i18n
from cxdash.charts.words import GLYPHS
from cxdash.export.pdf import pdf
from cxdash.export.pictures import Called
from cxdash.export.report import Report, file_name, sentences, verdict_of_all
from cxdash.export.workbook import workbook
from cxdash.facts.question import WAVE
from cxdash.services import audit
from cxdash.services.findings import findings
from cxdash.services.options import Options
from cxdash.services.overview import Overview
from cxdash.ui import cache, names, state
from cxdash.ui.chartcard import XLSX

PDF = "application/pdf"
_LOOK = 0.3  # seconds between two looks at a page that is being drawn
_COLOURS = {"up": "green", "down": "orange"}


def report_of(result: Overview, *, ledger_note: str = "") -> Report:
    """The view in the reader's words. ledger_note: what has become of figures that were reported before."""
    options, catalog, lang = cache.options(result.catalog), result.catalog, state.language()
    by = catalog.name_of(catalog.attribute(result.by)) if result.by else ""
    called = Called(
        names.of_chart(catalog, result.metric), names.metric(catalog, result.metric), names.title(options, by) if by else "",
        {s.value: names.label(options, by, s.value) for s in result.segments if s.value is not None},
    )
    filters = tuple((names.title(options, key), tuple(names.label(options, key, v) for v in values))
                    for key, values in result.scope.now.equals.items())
    return Report(result, findings(result), called, lang, state.local(catalog.name) or catalog.slug, _period(result, options), filters,
                  _against(result, options), catalog.today(), ledger_note)


def _period(result: Overview, options: Options) -> str:
    """The days that are looked at, and the name of the preset that chose them."""
    scope, lang = result.scope, state.language()
    preset = i18n.text(f"filter.period.{scope.period}", lang)
    if scope.period == "wave":
        return f"{preset}: " + ", ".join(options.label(WAVE, code, lang) for code in scope.now.equals.get(WAVE, ()))
    since, until = scope.since or result.bounds.first, scope.until or result.bounds.last
    if since is None or until is None:
        return preset
    span = state.say("filter.dates", since=i18n.date(since, lang), until=i18n.date(until, lang))
    return span if scope.period == "custom" else f"{span} ({preset})"


def _against(result: Overview, options: Options) -> str:
    """The other side of the comparison: a wave, the rest, a segment, or the days of a period; "" for none."""
    scope, before = result.scope, result.scope.before
    if before is None:
        return ""
    if scope.comparison == "rest":
        return state.say("report.rest")
    if scope.comparison == "previous_wave":
        return ", ".join(names.label(options, WAVE, code) for code in before.equals[WAVE])
    if scope.comparison == "segment":
        other = {k: values for k, values in before.equals.items() if scope.now.equals.get(k) != values}
        said = {k: ", ".join(names.label(options, k, v) for v in values) for k, values in other.items()}
        return " · ".join(f"{names.title(options, k)}: {values}" for k, values in said.items())
    return state.say("filter.dates", since=i18n.date(before.since, state.language()), until=i18n.date(before.until, state.language()))


def report_card(result: Overview, *, ledger_note: str = "") -> None:
    """What the page says, then the downloads, then the page itself as it will be printed."""
    report = report_of(result, ledger_note=ledger_note)
    said, page = st.columns([2, 5], gap="medium")
    with said:
        with st.container(border=True, key="card-findings"):
            _findings(report)
        downloads = st.container(key="report-downloads")
        with st.container(border=True, key="card-contents"):
            _contents(result)
    with page:
        paper = cache.paper(report)
        with st.container(border=True, key="report-page"):
            if paper.done():
                st.image(paper.result()[1], width="stretch", alt=state.say("report.alt", program=report.program))
            else:
                _awaited(paper)
    with downloads:
        _download("pdf", PDF, ":material/picture_as_pdf:", file_name(report, "pdf"), lambda: pdf(paper.result()[0]))
        _download("xlsx", XLSX, ":material/table_view:", file_name(report, "xlsx"), lambda: workbook(report))


@st.fragment(run_every=_LOOK)
def _awaited(paper: Future[tuple[str, bytes]]) -> None:
    """A sheet of the same size while the page is drawn; the words beside it are there already."""
    if paper.done():
        st.rerun()
    st.html(f'<div class="cx-paper" role="status">{escape(state.say("report.drawing"))}</div>')


def _findings(report: Report) -> None:
    lang = report.lang
    st.markdown(f"**{state.md('report.findings')}**")
    lines = []
    for s in sentences(report):
        text, detail = i18n.said_markdown(s.text, lang), i18n.said_markdown(s.detail, lang)
        lines.append(f":{_COLOURS[s.verdict]}[{GLYPHS[s.verdict]}] {text}  \n:gray[:small[{detail}]]")
    if lines:
        st.markdown("\n\n".join(lines))
    if verdict := verdict_of_all(report):
        st.caption(i18n.said_markdown(verdict, lang))


def _contents(result: Overview) -> None:
    """Which metric and which attribute the page shows."""
    options = cache.options(result.catalog)
    metrics = {m: names.metric(result.catalog, m) for m in result.metrics}
    keys = {a.key: names.title(options, result.catalog.name_of(a)) for a in result.catalog.attributes}
    st.markdown(f"**{state.md('report.contents')}**")
    if metrics:
        _choose("metric", state.say("overview.metric_choice"), metrics, result.metric)
    if keys:
        _choose("by", state.say("overview.by"), keys, result.by)


def _choose(field: str, label: str, said: dict[str, str], chosen: str | None) -> None:
    key = f"w:report:{field}"

    def picked() -> None:
        state.show(replace(state.view(), **{field: state.given(key)}))

    st.selectbox(label, list(said), key=state.give(key, chosen), format_func=said.__getitem__, on_change=picked)


def _download(kind: str, mime: str, icon: str, name: str, make: Callable[[], bytes]) -> None:
    deps, actor, about = state.deps(), state.actor(), f"program:{state.view().program}"

    def made() -> bytes:
        audit.exported(deps, actor, what="report", about=about, kind=kind)
        return make()

    label = state.say("report.get_pdf") if kind == "pdf" else state.say("report.get_xlsx")
    st.download_button(label, data=made, file_name=name, mime=mime, key=f"get-report-{kind}", icon=icon, on_click="ignore",
                       type="primary" if kind == "pdf" else "secondary", width="stretch")
