"""The quota of a wave on the publish page: how many responses at most, for everybody, by an attribute, or by several crossed."""

from __future__ import annotations

from itertools import product

import streamlit as st

from cxdash import i18n
from cxdash.errors import Conflict
from cxdash.services import surveys
from cxdash.services.linklines import value_of
from cxdash.services.options import Options
from cxdash.services.publishing import Board, Quota, RoundInfo
from cxdash.store.surveys import Cell
from cxdash.ui import cache, names, state
from cxdash.ui.errors import guarded
from cxdash.ui.publish import At
from cxdash.ui.publishnames import values

_MOST_N = 1_000_000
_MOST_KEYS, _MOST_CELLS = 3, 200  # attributes crossed, and cells of a wave: more nobody oversees
_LISTED = 8  # cells shown before the list scrolls
_HIGH = 420  # pixels of the list


def quota(at: At, board: Board, held: RoundInfo) -> None:
    """The card: what is set, how far it is, and more of it."""
    options = cache.options(cache.catalog(state.view().program))
    with st.container(border=True, key="card-publish-quota"):
        st.markdown(f"**{state.md('publish.quota.title')}**")
        st.caption(state.md("publish.quota.about"))
        with st.container(height=_HIGH if len(held.quota) > _LISTED else "content", border=False, key="publish-cells"):
            for number, one in enumerate(held.quota):
                _cell(at, held, one, number, options)
        _more(at, board, held, options)


def _cell(at: At, held: RoundInfo, one: Quota, number: int, options: Options) -> None:
    lang = state.language()
    named = " · ".join(f"{names.title(options, k)}: {names.label(options, k, v)}" for k, v in one.cell.attributes.items())
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key=f"publish-cell-{number}"):
        text = i18n.text("publish.quota.line", lang, n=i18n.number(one.so_far, lang), most=i18n.number(one.cell.n, lang))
        st.progress(min(1.0, one.so_far / one.cell.n), text=f"{i18n.escape(named or state.say('publish.quota.everybody'))} · {text}")
        if one.full:
            st.markdown(f":orange-badge[{state.md('publish.quota.full')}]", width="content")
        st.button(state.say("publish.quota.drop"), key=f"publish-quota-drop-{number}", type="tertiary", icon=":material/close:",
                  on_click=_keep_cells, args=(at, held, [q.cell for q in held.quota if q is not one]))  # fmt: skip


def _more(at: At, board: Board, held: RoundInfo, options: Options) -> None:
    """Attributes, values of each, and a number: a cell for every combination."""
    keys = [a.key for a in options.catalog.attributes if a.key not in ("duration", "device", "language")]
    called = {key: names.title(options, key) for key in keys}
    chosen = st.multiselect(
        state.say("publish.quota.attribute"), keys, key=state.hold("publish:quota:keys", []), format_func=called.__getitem__,
        max_selections=_MOST_KEYS, select_all=False, placeholder=state.say("publish.quota.everybody"),
        help=state.md("publish.quota.attribute_help"),
    )  # fmt: skip
    for key in chosen:
        st.multiselect(
            state.say("publish.quota.values_of", name=called[key]), values(board, options, key),
            key=state.hold(f"publish:quota:values:{key}", []),
            format_func=lambda v, key=key: names.label(options, key, v), accept_new_options=True,
            placeholder=state.say("publish.links.value_hint"),
        )  # fmt: skip
    many = 1
    for key in chosen:
        many *= len(state.held(f"w:publish:quota:values:{key}") or ())
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        st.number_input(state.say("publish.quota.each" if many > 1 else "publish.quota.most"), min_value=1, max_value=_MOST_N, step=10,
                        width=160, key=state.hold("publish:quota:n", 100))  # fmt: skip
        label = state.say("publish.quota.add_many", n=many) if many > 1 else state.say("publish.quota.add")
        st.button(label, key="publish-quota-add", icon=":material/add:", on_click=_add_cells, args=(at, held, chosen))


def _add_cells(at: At, held: RoundInfo, keys: list[str]) -> None:
    with guarded():
        labels = {a.key: a.labels for a in cache.catalog(state.view().program).attributes}
        typed = [state.given(f"w:publish:quota:values:{key}") or () for key in keys]
        given = [[value_of(labels.get(k, {}), str(v).strip()) for v in some] for k, some in zip(keys, typed, strict=True)]
        if not all(values and all(values) for values in given):
            raise Conflict("publish.word_empty")
        n = int(state.given("w:publish:quota:n"))
        made = {cell.segment: cell for cell in (Cell(dict(zip(keys, row, strict=True)), n) for row in product(*given))}
        kept = [q.cell for q in held.quota if q.cell.segment not in made]
        if len(kept) + len(made) > _MOST_CELLS:
            raise Conflict("publish.quota.too_many", most=_MOST_CELLS)
        _save_cells(at, held, [*kept, *made.values()])
        for name in ("keys", *(f"values:{key}" for key in keys)):
            state.drop(f"publish:quota:{name}")


def _keep_cells(at: At, held: RoundInfo, kept: list[Cell]) -> None:
    with guarded():
        _save_cells(at, held, kept)


def _save_cells(at: At, held: RoundInfo, cells: list[Cell]) -> None:
    surveys.set_round(
        state.deps(), state.actor(), program=at.program, code=at.survey, wave=held.wave, opens_at=held.opens_at, closes_at=held.closes_at,
        quota=cells, languages=held.languages,
    )  # fmt: skip
