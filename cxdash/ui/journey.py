"""The parts of the journey page: headlines, stages, the open stage, stage by attribute."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from cxdash import i18n
from cxdash.charts import answers, heatmap, journey as scores
from cxdash.charts.words import GLYPHS
from cxdash.facts.question import STAGE
from cxdash.services.journey import Journey, StageScale
from cxdash.services.stages import StageScore
from cxdash.services.touchpoints import StageDetail
from cxdash.stats.figure import Figure
from cxdash.ui import cache, names, state
from cxdash.ui.cards import base_text, value_text
from cxdash.ui.chartcard import Drawing, draw

_RANKED = ("caution", "ok")
_LISTED = 5  # stages of one scale named one by one


def headlines(result: Journey) -> None:
    """Index, highest and lowest stage, what changed."""
    with st.grid(4, min_column_width=150, gap="small"):
        with st.container(border=True, height="stretch", key="card-index"):
            _index(result)
        ranked = sorted((s for s in result.stages if s.figure.base in _RANKED), key=lambda s: s.figure.value or 0.0)
        for key, title, score in (("card-best", "journey.best", ranked[-1:]), ("card-worst", "journey.worst", ranked[:1])):
            with st.container(border=True, height="stretch", key=key):
                _extreme(state.say(title), score[0] if len(ranked) > 1 else None)
        with st.container(border=True, height="stretch", key="card-moved"):
            _moved(result)


def _index(result: Journey) -> None:
    title, lang = state.say("journey.index"), state.language()
    if result.index is None or result.index.figure.value is None:
        st.markdown(f"**{title}**")
        st.caption(state.md("journey.index.one" if result.index is None else "journey.index.hidden"))
        return
    figure = result.index.figure
    st.metric(title, value_text(figure), help=state.md("journey.index.help"))
    measured, used = len(result.stages), round(result.index.weight_covered * len(result.stages))
    told = [_interval(figure), state.md("journey.index.base", used=used, n=i18n.number(figure.n, lang))]
    if used < measured:
        told.append(state.md("journey.index.partial", all=measured, used=used))
    if result.view.weighted:
        told.append(state.md("journey.weighted"))
    st.caption(" · ".join(filter(None, told)))


def _interval(figure: Figure) -> str:
    if figure.ci_low is None:
        return ""
    low, high = (i18n.number(end, state.language(), 1) for end in (figure.ci_low, figure.ci_high))
    return state.md("journey.index.interval", low=low, high=high)


def _extreme(title: str, score: StageScore | None) -> None:
    if score is None:
        st.markdown(f"**{title}**")
        st.caption(state.md("journey.no_extremes"))
        return
    st.metric(title, value_text(score.figure))
    st.caption(f"**{i18n.escape(_stage_name(score))}** · {base_text(score.figure)}")


def _stage_name(score: StageScore) -> str:
    return names.short(scores.name_of(score, state.language()), 24)


def _moved(result: Journey) -> None:
    title, lang = state.say("journey.moved"), state.language()
    moved = [s for s in result.stages if s.verdict in GLYPHS and s.change is not None]
    if not moved:
        tested = sum(s.verdict == "none" for s in result.stages)
        key = "journey.moved.no_comparison" if result.scope.before is None else "journey.moved.none" if tested else "journey.moved.untested"
        st.markdown(f"**{title}**")
        st.caption(state.md("journey.moved.none", tested=tested) if key == "journey.moved.none" else state.md(key))
        return
    up = sum(s.verdict == "up" for s in moved)
    st.metric(title, state.say("journey.moved.count", up=up, down=len(moved) - up))
    told = [f"{GLYPHS[s.verdict]} {_stage_name(s)} {i18n.number(s.change.value, lang, 1, signed=True)}" for s in moved if s.change]
    st.caption(i18n.escape(" · ".join(told)))


def no_stages() -> None:
    """A programme whose questions name no stage: why the page is empty and where to go."""
    with st.container(border=True, key="no-stages"):
        st.markdown(f"#### {state.md('journey.none.title')}")
        st.markdown(state.md("journey.none.text"))
        if st.button(state.say("journey.none.go"), key="journey-import", icon=":material/upload_file:", type="primary"):
            st.switch_page(cache.page("imports"))


def stages_card(result: Journey, opened: str | None) -> None:
    """Every stage in journey order; a click opens it, a second click closes it."""
    lang = state.language()
    with st.container(border=True, key="card-journey"):
        keys = ["journey.stages.key", *(["journey.stages.key_change"] if result.scope.before else []), "journey.stages.key_click"]
        frame = scores.data(result.stages, lang=lang, opened=opened)
        draw(
            Drawing(
                "journey",
                state.say("journey.stages"),
                scores.spec(lang, height=scores.height(frame)),
                frame,
                scores.describe(result.stages, lang=lang),
                scores.table(result.stages, lang=lang, first=i18n.text("chart.column.stage", lang)),
                " · ".join(i18n.markdown(key, lang) for key in (*keys, *_weighted(result))),
            ),
            on_pick=lambda code: _open(None if code == opened else code),
        )
        st.caption(_scales(result))
        if result.unmeasured:
            st.caption(state.md("journey.unmeasured", stages=", ".join(state.local(s.name) or s.code for s in result.unmeasured)))
        _chooser(result, opened)


def _weighted(result: Journey) -> list[str]:
    return ["journey.weighted"] if result.view.weighted else []


def _open(code: str | None) -> None:
    state.show(state.view(), open=code)


def _chooser(result: Journey, opened: str | None) -> None:
    """The same as a click on the chart, for the keyboard and for a finger on a phone."""
    codes = [s.code for s in result.catalog.stages]
    called = {s.code: state.local(s.name) or s.code for s in result.catalog.stages}
    st.selectbox(state.say("journey.open.choose"), codes, index=None, key=state.give("w:open", opened if opened in codes else None),
                 format_func=lambda code: called.get(code, code), placeholder=state.say("journey.open.nothing"),
                 on_change=_chosen, label_visibility="collapsed", width=260)


def _chosen() -> None:
    _open(state.given("w:open"))


def _scales(result: Journey) -> str:
    """On which scales the stages were asked, said whenever a score on 0-100 is shown."""
    if len(result.scales) == 1 and result.scales[0].ends is not None:
        return state.md("journey.scale.one", lo=result.scales[0].ends[0], hi=result.scales[0].ends[1])
    most = max(result.scales, key=lambda s: len(s.stages))
    ordered = sorted(result.scales, key=lambda s: s is most)  # stable: the largest group comes last, in a few words where it is long
    return state.md("journey.scale.many", scales=" · ".join(_scale(s, others=s is most and len(s.stages) > _LISTED) for s in ordered))


def _scale(scale: StageScale, *, others: bool) -> str:
    lang, stages = state.language(), ", ".join(state.local(s.name) or s.code for s in scale.stages)
    if scale.ends is None:
        return i18n.text("journey.scale.mixed", lang, stages=stages)
    if others:
        return i18n.text("journey.scale.others", lang, n=len(scale.stages), lo=scale.ends[0], hi=scale.ends[1])
    return i18n.text("journey.scale.part", lang, lo=scale.ends[0], hi=scale.ends[1], stages=stages)


def stage_card(detail: StageDetail | None, opened: str) -> None:
    """The open stage: its touchpoints beside the answers to every question. detail: None where the link names no stage there is."""
    with st.container(border=True, key="card-stage"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="stage-title"):
            title = state.md("journey.open.title", stage=state.local(detail.stage.name) or opened) if detail else ""
            st.markdown(f"**{title}**" if detail else state.md("journey.open.gone", code=names.short(opened, 60)), width="stretch")
            if detail and detail.questions and opened not in state.view().equals.get(STAGE, ()):
                st.button(state.say("journey.open.filter"), key="stage-filter", icon=":material/filter_alt:", type="tertiary",
                          on_click=_only, args=(opened,))
            st.button(state.say("journey.open.close"), key="stage-close", icon=":material/close:", type="tertiary", on_click=_open,
                      args=(None,))
        if detail is None:
            return
        if not detail.questions:
            st.caption(state.md("journey.open.no_questions"))
        elif any(t.figure is not None for t in detail.touchpoints):
            left, right = st.columns([2, 3], gap="medium")
            with left:
                _touchpoints(detail)
                _unasked(detail)
            with right:
                _answers(detail)
        else:
            if not detail.touchpoints:
                st.caption(state.md("journey.open.no_touchpoints"))
            _answers(detail)
            _unasked(detail)


def _unasked(detail: StageDetail) -> None:
    if detail.unasked:
        st.caption(state.md("journey.open.unasked", names=", ".join(state.local(t.name) or t.key for t in detail.unasked)))


def _only(code: str) -> None:
    state.show(state.view().filtered(STAGE, code))


def _touchpoints(detail: StageDetail) -> None:
    lang = state.language()
    frame = scores.data(detail.touchpoints, lang=lang)
    draw(Drawing("touchpoints", state.md("journey.open.touchpoints", stage=state.local(detail.stage.name)),
                 scores.spec(lang, height=scores.height(frame)), frame, scores.describe(detail.touchpoints, lang=lang),
                 scores.table(detail.touchpoints, lang=lang, first=i18n.text("journey.column.touchpoint", lang))))


def _answers(detail: StageDetail) -> None:
    lang = state.language()
    frame = answers.data(detail, lang=lang)
    draw(Drawing("answers", state.md("journey.answers.title", stage=state.local(detail.stage.name)),
                 answers.spec(lang, height=answers.height(frame)), frame, answers.describe(detail, lang=lang),
                 answers.table(detail, lang=lang), state.md("journey.answers.key")))


def heat_card(result: Journey) -> None:
    """Every stage by the values of one attribute; a click on a cell filters by its value."""
    lang, heat = state.language(), result.heat
    with st.container(border=True, key="card-heat"):
        if heat is None:
            st.markdown(f"**{state.md('journey.heat.title', by=i18n.NOTHING)}**")
            st.caption(state.md("journey.heat.none"))
            return
        options, attribute = cache.options(result.catalog), result.catalog.attribute(heat.by)
        key = result.catalog.name_of(attribute)
        called = {v: names.label(options, key, v) for v in heat.values if v is not None}
        frame = heatmap.data(heat, lang=lang, names=called)
        draw(
            Drawing(
                "heat",
                state.md("journey.heat.title", by=names.title(options, key)),
                heatmap.spec(lang, frame),
                frame,
                heatmap.describe(heat, lang=lang, names=called),
                heatmap.table(heat, lang=lang, names=called),
                " · ".join(i18n.markdown(key, lang) for key in ("journey.heat.key", *_weighted(result))),
                heatmap.least_width(heat, lang, called),
            ),
            controls=lambda: _attribute(result, heat.by),
            on_pick=lambda value: state.show(state.view().filtered(key, value)),
        )
        if heat.left_out:
            st.caption(state.md("journey.heat.left_out", shown=len(heat.values), n=heat.left_out))


def _attribute(result: Journey, by: str) -> None:
    options = cache.options(result.catalog)
    keys = {a.key: names.title(options, result.catalog.name_of(a)) for a in result.catalog.attributes}
    st.selectbox(state.say("journey.heat.by"), list(keys), key=state.give("w:heat-by", by), format_func=lambda k: keys.get(k, k),
                 on_change=_pick_attribute, label_visibility="collapsed", width=200)


def _pick_attribute() -> None:
    state.show(replace(state.view(), by=state.given("w:heat-by")))
