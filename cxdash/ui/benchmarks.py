"""The benchmarks page: outside figures, rated competitors, own branches, mystery shoppers."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from cxdash import i18n
from cxdash.charts import benchgaps as gaps
from cxdash.charts import segments as ranking
from cxdash.charts import words
from cxdash.charts.benchgaps import Gap
from cxdash.services.benchmarks import Benchmarks, Line
from cxdash.services.rivals import Rival
from cxdash.stats.figure import Difference, Figure
from cxdash.ui import cache, names, state
from cxdash.ui.benchlines import editor, line_card, may_edit
from cxdash.ui.chartcard import Drawing, draw

_WIDTH = 230
_DOUBTS = {"benchmark_exact": "bench.doubt.exact", "benchmark_spread": "bench.doubt.spread"}


def outside_card(page: Benchmarks) -> None:
    """The entered benchmarks: how far we are from each, and each with what can be done with it."""
    lang = state.language()
    with st.container(border=True, key="card-bench"):
        if page.lines:
            every = [_outside(page, line) for line in page.lines]
            _draw("bench", state.md("bench.title"), every, state.md("bench.key"))
        else:
            st.markdown(f"**{state.md('bench.title')}**")
            st.markdown(state.md("bench.none") if page.metrics else state.md("bench.no_metric"))
        if any("benchmark_exact" in line.gap.flags for line in page.lines):
            st.caption(state.md("bench.exact_about"))
        if may_edit() and page.metrics:
            editor(page)
        for line in page.lines:
            line_card(page, line, names.metric(page.catalog, line.benchmark.metric), lang)


def _outside(page: Benchmarks, line: Line) -> Gap:
    lang, b, figure = state.language(), line.benchmark, line.figure or Figure(None, 0, base="hidden")
    sides = i18n.text("bench.sides", lang, ours=words.value(figure, lang), theirs=words.amount(b.value, figure, lang))
    doubt = "".join(i18n.text(key, lang) for flag, key in _DOUBTS.items() if flag in line.gap.flags)
    note = " · ".join(filter(None, (_verdict(line.gap, line.verdict, b.name), doubt)))
    return Gap(f"{names.metric(page.catalog, b.metric)} · {b.name}", sides, line.gap, line.verdict, figure.n, figure.value, b.value, note,
               small=figure.base == "small")  # fmt: skip


def _verdict(difference: Difference, verdict: str, what: str) -> str:
    return words.against(difference, verdict, state.language(), what) if difference.value is not None else ""


def _draw(name: str, title: str, every: list[Gap], legend: str) -> None:
    lang = state.language()
    data, said = gaps.data(every, lang=lang), gaps.describe(every, lang=lang)
    draw(Drawing(name, title, gaps.spec(lang, height=gaps.height(data)), data, said, gaps.table(every, lang=lang), legend))
    st.caption(i18n.escape(said))


def rivals_card(page: Benchmarks) -> None:
    """Competitors as respondents rated them."""
    with st.container(border=True, key="card-rivals"):
        if not page.rivals:
            st.markdown(f"**{state.md('bench.rivals.title')}**")
            st.markdown(state.md("bench.rivals.none"))
            return
        _draw("rivals", state.md("bench.rivals.title"), [_rival(page, one) for one in page.rivals], state.md("bench.rivals.key"))
        if any(one.own is None and not one.relative for one in page.rivals):
            st.caption(state.md("bench.rivals.no_own"))


def _rival(page: Benchmarks, one: Rival) -> Gap:
    lang = state.language()
    name = names.short(state.local(one.question.wording) or one.question.code, 48)
    ours, theirs = one.ours, one.theirs
    base = ours or theirs or Figure(None, 0, base="hidden")
    if one.relative:
        sides, what = i18n.text("bench.rivals.relative", lang, ours=words.value(base, lang)), i18n.text("bench.rivals.alike", lang)
    elif one.own is None or ours is None:
        sides, what = i18n.text("bench.rivals.theirs", lang, theirs=words.value(base, lang)), ""
    else:
        mine = names.metric(page.catalog, one.own)
        sides = i18n.text("bench.sides_of", lang, mine=mine, ours=words.value(ours, lang), theirs=words.value(theirs or base, lang))
        what = i18n.text("bench.rivals.what", lang)
    note = " · ".join(filter(None, (words.base(base, lang), _verdict(one.gap, one.verdict, what))))
    return Gap(name, sides, one.gap, one.verdict, base.n, ours.value if ours else None,
               50.0 if one.relative else theirs.value if theirs else None, note, small=base.base == "small")  # fmt: skip


def branches_card(page: Benchmarks) -> None:
    """Own branches side by side, each against the rest; a click filters by the branch."""
    with st.container(border=True, key="card-branches"):
        if page.by is None or page.metric is None:
            st.markdown(f"**{state.md('bench.branches.title')}**")
            st.markdown(state.md("bench.branches.none"))
            return
        lang, by, options = state.language(), page.by, cache.options(page.catalog)
        called = {s.value: names.label(options, by, s.value) for s in page.branches if s.value is not None}
        given = {"metric": names.of_chart(page.catalog, page.metric), "lang": lang, "names": called}
        data = ranking.data(page.branches, average=page.average, order="ranked", **given)
        spec = ranking.spec(lang, given["metric"], height=ranking.height(data, at_least=110))
        said, table = ranking.describe(page.branches, **given), ranking.compared(page.branches, order="ranked", **given)
        title = state.md("bench.branches.of", by=names.title(options, by), metric=names.metric(page.catalog, page.metric))
        draw(Drawing("branches", title, spec, data, said, table, state.md("overview.segments_key")), controls=lambda: _choices(page),
             on_pick=lambda value: state.show(state.view().filtered(by, value)))  # fmt: skip
        st.caption(i18n.escape(said))
        if page.left_out:
            st.caption(state.md("overview.segments_left_out", shown=len(page.branches), n=page.left_out))


def _choices(page: Benchmarks) -> None:
    options = cache.options(page.catalog)
    offered = {"metric": names.metrics(page.catalog, page.metrics), "by": {k: names.title(options, k) for k in page.keys}}
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom", key="branch-choices"):
        for field, title, current in (("metric", "segments.metric", page.metric), ("by", "bench.branches.by", page.by)):
            said = offered[field]
            st.selectbox(i18n.text(title, state.language()), list(said), key=state.give(f"w:bench:{field}", current), width=_WIDTH,
                         format_func=said.__getitem__, on_change=_choose, args=(field,))  # fmt: skip


def _choose(field: str) -> None:
    state.show(replace(state.view(), **{field: state.given(f"w:bench:{field}")}))


def mystery_card(page: Benchmarks) -> None:
    """Mystery shoppers' scores beside customers', stage by stage."""
    lang = state.language()
    with st.container(border=True, key="card-mystery"):
        if not page.beside:
            st.markdown(f"**{state.md('bench.mystery.title')}**")
            st.markdown(state.md("bench.mystery.none"))
            return
        every = []
        for one in page.beside:
            sides = i18n.text("bench.mystery.sides", lang, shoppers=_with_n(one.shoppers), customers=_with_n(one.customers))
            note = _verdict(one.gap, one.verdict, i18n.text("bench.mystery.customers", lang))
            small = "small" in (one.shoppers.base, one.customers.base)
            every.append(Gap(names.metric(page.catalog, one.metric), sides, one.gap, one.verdict, one.shoppers.n, one.shoppers.value,
                             one.customers.value, note, small=small))  # fmt: skip
        _draw("mystery", state.md("bench.mystery.title"), every, state.md("bench.mystery.key"))
        st.caption(state.md("bench.mystery.about", shoppers=page.shoppers, customers=page.customers))


def _with_n(figure: Figure) -> str:
    lang = state.language()
    value = words.value(figure, lang)
    return value if figure.value is None else i18n.text("bench.with_n", lang, value=value, n=words.count(figure.n, lang))
