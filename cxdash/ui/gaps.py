"""The gaps page: expectation, service standards, performance and emotion, kinds of touchpoints; each says what to ask where it was not."""

from __future__ import annotations

import streamlit as st

from cxdash import i18n
from cxdash.charts import gaps as chart
from cxdash.charts import pairs, rows, standards
from cxdash.services.gaps import Gaps, Kinds
from cxdash.stats.adjust import method_of
from cxdash.ui import state
from cxdash.ui.chartcard import Drawing, draw, legend
from cxdash.ui.priorities import item_names, to_design
from cxdash.ui.standards import standard_editor

_ADJUSTED = {"holm": "gaps.adjusted.holm", "bh": "gaps.adjusted.bh"}
_PARTS = {"initiative": "gaps.kinds.initiative", "domain": "gaps.kinds.domain"}


def _missing(card: str, title: str, text: str) -> None:
    """What would stand here, and which question makes it."""
    with st.container(border=True, key=card):
        st.markdown(f"**{title}**")
        st.markdown(text)
        to_design(f"design-of-{card}")


def expectation_card(result: Gaps) -> None:
    """What was expected of each factor beside what was experienced."""
    title, lang = state.say("gaps.expectation"), state.language()
    if not result.factors:
        _missing("card-gaps-expectation", title, state.md("gaps.expectation.unasked"))
        return
    called = item_names(result.catalog, tuple(f"question:{g.question.code}" for g in result.factors))
    names = {code.removeprefix("question:"): name for code, name in called.items()}
    data = pairs.data(chart.gap_pairs(result.factors, names, lang=lang), lang=lang)
    spec = pairs.spec(lang, chart.gap_titles(lang), height=pairs.height(data))
    said = chart.gap_describe(result.factors, names, lang=lang)
    with st.container(border=True, key="card-gaps-expectation"):
        draw(Drawing("gaps", title, spec, data, said, chart.gap_table(result.factors, names, lang=lang),
                     legend(result.view, state.md("gaps.expectation.key"))))  # fmt: skip
        st.caption(i18n.escape(said))
        st.caption(state.md("gaps.expectation.about", adjusted=state.say(_ADJUSTED[method_of(len(result.factors))])))


def standards_card(result: Gaps) -> None:
    """How much of each stage is below, at and above what the company promises."""
    if not result.standards:
        return
    title, lang = state.say("gaps.standards"), state.language()
    with st.container(border=True, key="card-gaps-standards"):
        if standards.with_shares(result.standards):
            data = standards.data(result.standards, lang=lang)
            draw(Drawing("standards", title, standards.spec(lang, height=standards.height(data)), data,
                         standards.describe(result.standards, lang=lang), standards.table(result.standards, lang=lang),
                         legend(result.view, state.md("gaps.standards.key"))), controls=lambda: standard_editor(result))  # fmt: skip
            without = [state.local(s.stage.name) or s.stage.code for s in result.standards if s.standard is None]
            if without:
                st.caption(state.md("gaps.standards.without", stages=", ".join(without)))
        else:
            st.markdown(f"**{title}**")
            st.markdown(state.md("gaps.standards.none"))
            standard_editor(result)


def experience_card(result: Gaps) -> None:
    """The experience score of each stage: performance and emotion multiplied."""
    title, lang = state.say("gaps.experience"), state.language()
    if not result.stages:
        _missing("card-gaps-experience", title, state.md("gaps.experience.unasked"))
        return
    data = pairs.data(chart.experience_pairs(result.stages, lang=lang), lang=lang)
    spec = pairs.spec(lang, chart.experience_titles(lang), height=pairs.height(data))
    said = chart.experience_describe(result.stages, lang=lang)
    with st.container(border=True, key="card-gaps-experience"):
        draw(Drawing("experience", title, spec, data, said, chart.experience_table(result.stages, lang=lang),
                     legend(result.view, state.md("gaps.experience.key"))))  # fmt: skip
        st.caption(i18n.escape(said))
        st.caption(state.md("gaps.experience.about"))


def kinds_card(result: Gaps) -> None:
    """Active against passive touchpoints, product, people and communication."""
    if not result.kinds:
        with st.container(border=True, key="card-gaps-kinds"):
            st.markdown(f"**{state.say('gaps.kinds')}**")
            st.markdown(state.md("gaps.kinds.unasked"))
        return
    for found in result.kinds:
        with st.container(border=True, key=f"card-gaps-{found.part}"):
            _kinds(result, found)


def _kinds(result: Gaps, found: Kinds) -> None:
    lang = state.language()
    data = rows.data(chart.kind_rows(found, lang=lang), lang=lang, signed=False)
    spec = chart.kind_spec(lang, data)
    told = [chart.kind_sentence(pair, lang) for pair in found.pairs]
    scores, compared = chart.kind_table(found, lang=lang), chart.pair_table(found, lang=lang)
    draw(Drawing(f"kinds-{found.part}", state.say(_PARTS[found.part]), spec, data, " ".join(told), compared, legend(result.view),
                 sheets={state.say("gaps.kinds.score"): scores, state.say("gaps.difference"): compared}))  # fmt: skip
    st.markdown("\n".join(f"- {i18n.escape(line)}" for line in told))
    st.caption(state.md("gaps.kinds.about"))
