"""The weights page: shares in editable tables, what raking to them costs, the headlines beside each other."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl
import streamlit as st

from cxdash import i18n
from cxdash.errors import CxError
from cxdash.services.actor import Permission
from cxdash.services.options import Options
from cxdash.services.weighting import CAPS, MOST_ATTRIBUTES, Line, Margin, Outcome, Plan, Weights, remove_weighting, save_weighting
from cxdash.stats.weights import RATIO_HIGH, RATIO_LOW, TRIM
from cxdash.ui import cache, names, state
from cxdash.ui.cards import with_interval
from cxdash.ui.chartcard import downloads
from cxdash.ui.errors import guarded, show_error

_ROW, _TALLEST = 33, 400  # pixels
_WARNED = {"deff_block": "weights.flag.deff_block", "deff_high": "weights.flag.deff_high", "margin_ratio": "weights.flag.margin_ratio",
           "trimmed": "weights.flag.trimmed", "trim_incomplete": "weights.flag.trim_incomplete"}


def columns() -> list[Any]:
    return st.columns([5, 6], gap="small")


def shares_card(base: Weights) -> Weights:
    """The shares as they stand on the screen, and the page for them: tried when they can be, else for what is saved."""
    with st.container(border=True, key="card-weights-shares"):
        st.markdown("**" + state.md("weights.shares") + "**")
        st.caption(state.md("weights.about"))
        if not base.margins:
            st.caption(state.md("weights.no_attributes"))
            return base
        options = cache.options(base.catalog)
        plan = _plan(base, options)
        if not plan.shares:
            st.caption(state.md("weights.pick"))
            _remove(base)
            return base if base.saved is None else replace(base, outcomes=(), effects=())
        try:
            tried = cache.weights_of_screen(plan)
        except CxError as problem:
            st.warning(i18n.said_markdown(_worded(problem, options), state.language()), icon=":material/edit:")
            _remove(base)
            return replace(base, outcomes=(), effects=())
        _saving(base, plan, tried)
        return tried


def _plan(base: Weights, options: Options) -> Plan:
    saved, slug = base.saved or Plan({}), base.catalog.slug
    keys = [m.key for m in base.margins]
    called = {key: names.title(options, key) for key in keys}
    held = state.hold(f"weights:{slug}:keys", [k for k in saved.shares if k in keys])
    chosen = st.multiselect(state.say("weights.attributes"), keys, key=held, format_func=called.__getitem__, select_all=False,
                            max_selections=MOST_ATTRIBUTES, placeholder=state.say("weights.attributes_hint"))
    shares = {m.key: _shares(m, options, saved.shares.get(m.key, {}), slug) for m in base.margins if m.key in chosen}
    return Plan(shares, *_how(base, saved)) if shares else Plan({})


def _shares(margin: Margin, options: Options, saved: Any, slug: str) -> dict[str, float]:
    """The editable table of one attribute: values that have a share."""
    title, lang = names.title(options, margin.key), state.language()
    values = list(margin.counts)
    frame = pl.DataFrame({
        "value": [names.label(options, margin.key, v) for v in values],
        "sample": [round(margin.sample(v), 1) for v in values],
        "share": pl.Series([saved.get(v) for v in values], dtype=pl.Float64),
    })
    st.markdown("**" + i18n.escape(title) + "**")
    percent = "%.1f%%"
    edited = st.data_editor(
        frame.to_pandas(), hide_index=True, num_rows="fixed", placeholder="", disabled=["value", "sample"], row_height=_ROW,
        key=f"w:weights:{slug}:{state.remember('weights:turn', 0)}:{margin.key}",
        column_config={
            "value": st.column_config.TextColumn(title),
            "sample": st.column_config.NumberColumn(state.say("weights.column.sample"), format=percent),
            "share": st.column_config.NumberColumn(state.say("weights.column.share"), format=percent, min_value=0.0, max_value=100.0),
        },
    )
    given = pl.from_pandas(edited)["share"].to_list()
    shares = {v: float(s) for v, s in zip(values, given, strict=True) if s is not None}
    total = i18n.percent(sum(shares.values()), lang)
    left_out = " · " + state.md("weights.nobody", n=i18n.number(margin.nobody, lang)) if margin.nobody else ""
    st.caption(state.md("weights.total", total=total) + left_out)
    return shares


def _how(base: Weights, saved: Plan) -> tuple[float | None, bool]:
    """The limit of a weight, and whether each wave is raked by itself."""
    slug = base.catalog.slug
    held = state.hold(f"weights:{slug}:limited", saved.cap is not None)
    limited = st.checkbox(state.say("weights.cap"), key=held, help=state.md("weights.cap_help"))
    cap = None
    if limited:
        held = state.hold(f"weights:{slug}:cap", float(saved.cap or TRIM))
        cap = st.number_input(state.say("weights.cap_times"), *CAPS, key=held, step=0.5, width=140)
    if len(base.catalog.waves) < 2:
        return cap, saved.per_wave
    held = state.hold(f"weights:{slug}:each", saved.per_wave)
    return cap, st.checkbox(state.say("weights.per_wave"), key=held, help=state.md("weights.per_wave_help"))


def _worded(problem: CxError, options: Options) -> i18n.Message:
    """The sentence, with attributes and values as they are called on screen."""
    params = dict(problem.params)
    if key := str(params.get("attribute", "")):
        values: Any = params.get("values", ())
        params |= {"attribute": names.title(options, key), "values": [names.label(options, key, str(v)) for v in values]}
    return i18n.Message(problem.key, params)


def _saving(base: Weights, plan: Plan, tried: Weights) -> None:
    with st.container(horizontal=True, key="weights-save"):
        refused = next((o for o in tried.outcomes if o.refused), None)
        if not state.actor().may(Permission.MANAGE_PROGRAM):
            return
        if base.saved == plan:
            st.caption(":material/check: " + state.md("weights.saved", at=i18n.date(base.saved_at, state.language())), width="content")
        else:
            st.button(state.say("weights.save"), type="primary", key="weights-save-now", on_click=_save, args=(base, plan),
                      disabled=refused is not None)
            if base.saved is not None:
                st.button(state.say("weights.discard"), key="weights-discard", on_click=_discard, args=(base,))
        _remove(base)


def _save(base: Weights, plan: Plan) -> None:
    try:
        save_weighting(state.deps(), state.actor(), program=base.catalog.slug, plan=plan)
    except CxError as problem:
        show_error(problem)
        return
    _again(base)
    st.toast(state.say("weights.saved_now"))


def _discard(base: Weights) -> None:
    _again(base)


def _remove(base: Weights) -> None:
    if base.saved is None or not state.actor().may(Permission.MANAGE_PROGRAM):
        return
    with st.popover(state.say("weights.remove"), key="weights-remove"):
        st.markdown(state.md("weights.remove_about_imported" if base.imported else "weights.remove_about"))
        st.button(state.say("weights.remove_confirm"), key="weights-remove-now", type="primary", on_click=_removed, args=(base,))


def _removed(base: Weights) -> None:
    with guarded():
        remove_weighting(state.deps(), state.actor(), program=base.catalog.slug)
        _again(base)


def _again(base: Weights) -> None:
    """The tables begin again from what is saved."""
    cache.clear()
    state.keep("weights:turn", state.remember("weights:turn", 0) + 1)
    for name in ("keys", "limited", "cap", "each"):
        state.drop(f"weights:{base.catalog.slug}:{name}")


def outcome_card(result: Weights) -> None:
    """What the weights cost, with warnings, and the margins before and after."""
    with st.container(border=True, key="card-weights-outcome"):
        st.markdown("**" + state.md("weights.outcome") + "**")
        if result.stale:
            st.warning(state.md("weights.stale"), icon=":material/warning:")
        if not result.outcomes:
            st.caption(state.md("weights.no_outcome"))
            if result.imported:
                st.caption(state.md("weights.imported_only", n=i18n.number(result.imported, state.language())))
            return
        shown = result.outcomes[0] if len(result.outcomes) == 1 else _pick(result)
        if shown.refused:
            _refusal(result, shown)
        else:
            _cost(result, shown)
            _lines(result, shown)
        if result.imported:
            st.caption(state.md("weights.imported", n=i18n.number(result.imported, state.language())))


def _pick(result: Weights) -> Outcome:
    """Every wave in a line, and the one whose margins are shown."""
    lang = state.language()
    called = _waves(result)
    st.dataframe(
        pl.DataFrame({
            state.say("weights.column.wave"): [called[o.wave or ""] for o in result.outcomes],
            state.say("weights.column.n"): [i18n.number(o.n, lang) for o in result.outcomes],
            state.say("weights.column.n_eff"): [i18n.number(o.n_eff, lang, 0) for o in result.outcomes],
            state.say("weights.column.deff"): [i18n.number(o.deff, lang, 2) for o in result.outcomes],
            state.say("weights.column.note"): [_note(o) for o in result.outcomes],
        }),
        hide_index=True, placeholder=i18n.NOTHING, key="weights-waves", alt=state.say("weights.waves_alt"),
    )
    codes = [o.wave or "" for o in result.outcomes]
    code = st.selectbox(state.say("weights.wave"), codes, key=state.hold("weights:wave", codes[-1], codes), format_func=called.__getitem__)
    return next(o for o in result.outcomes if (o.wave or "") == code)


def _waves(result: Weights) -> dict[str, str]:
    said = {w.code: state.local(w.name) for w in result.catalog.waves}
    return {o.wave or "": said.get(o.wave or "", "") or o.wave or "" for o in result.outcomes}


def _note(outcome: Outcome) -> str:
    if outcome.refused:
        return state.say("weights.note.refused")
    if "deff_block" in outcome.flags:
        return state.say("weights.note.block")
    return state.say("weights.note.high") if "deff_high" in outcome.flags else ""


def _refusal(result: Weights, outcome: Outcome) -> None:
    why = _worded(outcome.problem, cache.options(result.catalog))
    if outcome.wave is not None:
        why = i18n.Message("weights.problem.wave", {"wave": _waves(result)[outcome.wave], "why": why})
    st.error(i18n.said_markdown(why, state.language()), icon=":material/block:")


def _cost(result: Weights, outcome: Outcome) -> None:
    lang = state.language()
    with st.grid(4, min_column_width=110, gap="small"):
        st.metric(state.say("weights.column.deff"), i18n.number(outcome.deff, lang, 2), help=state.md("weights.deff_help"))
        st.metric(state.say("weights.column.n_eff"), i18n.number(outcome.n_eff, lang, 0), help=state.md("weights.n_eff_help"))
        st.metric(state.say("weights.column.ratio"), i18n.number(outcome.ratio, lang, 1), help=state.md("weights.ratio_help"))
        st.metric(state.say("weights.column.iterations"), i18n.number(outcome.iterations, lang))
    st.caption(state.md("weights.base", n=i18n.number(outcome.n, lang)) + (
        " · " + state.md("weights.kept", n=i18n.number(outcome.kept, lang)) if outcome.kept else ""))
    for flag, key in _WARNED.items():
        if flag in outcome.flags and not (flag == "deff_high" and "deff_block" in outcome.flags):
            write = st.error if flag == "deff_block" else st.info if flag == "trimmed" else st.warning
            write(i18n.markdown(key, lang, values=_outside(result, outcome)), icon=":material/warning:")


def _outside(result: Weights, outcome: Outcome) -> str:
    options = cache.options(result.catalog)
    return ", ".join(names.label(options, line.key, line.value) for line in outcome.lines if not RATIO_LOW <= line.ratio <= RATIO_HIGH)


def _lines(result: Weights, outcome: Outcome) -> None:
    options = cache.options(result.catalog)
    table = _margins(outcome.lines, options)
    st.dataframe(table, hide_index=True, placeholder=i18n.NOTHING, key="weights-margins", row_height=_ROW,
                 height=min(_TALLEST, _ROW * (len(outcome.lines) + 1) + 3), alt=state.say("weights.margins_alt"))
    downloads("weights-margins", table)


def _margins(lines: tuple[Line, ...], options: Options) -> pl.DataFrame:
    lang = state.language()
    return pl.DataFrame({
        state.say("weights.column.attribute"): [names.title(options, line.key) for line in lines],
        state.say("weights.column.value"): [names.label(options, line.key, line.value) for line in lines],
        state.say("weights.column.before"): [i18n.percent(line.before, lang) for line in lines],
        state.say("weights.column.target"): [i18n.percent(line.target, lang) for line in lines],
        state.say("weights.column.after"): [i18n.percent(line.after, lang) for line in lines],
        state.say("weights.column.margin_ratio"): [i18n.number(line.ratio, lang, 2) for line in lines],
    })


def effect_card(result: Weights) -> None:
    """Every headline unweighted and weighted."""
    if not result.effects:
        return
    with st.container(border=True, key="card-weights-effect"):
        st.markdown("**" + state.md("weights.effect") + "**")
        table = _effects(result)
        st.dataframe(table, hide_index=True, placeholder=i18n.NOTHING, key="weights-effects", alt=state.say("weights.effect_alt"))
        downloads("weights-effects", table)
        st.caption(state.md("weights.effect_note"))


def _effects(result: Weights) -> pl.DataFrame:
    lang = state.language()
    return pl.DataFrame({
        state.say("weights.column.metric"): [i18n.text(f"overview.metric.{e.metric}", lang) for e in result.effects],
        state.say("weights.plain"): [with_interval(e.plain) for e in result.effects],
        state.say("weights.weighted"): [with_interval(e.weighted) for e in result.effects],
        state.say("weights.column.base"): [i18n.number(e.weighted.n, lang) for e in result.effects],
        state.say("weights.column.n_eff"): [i18n.number(e.weighted.n_eff, lang, 0) for e in result.effects],
    })
