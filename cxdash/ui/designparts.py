"""Parts of the design page: a field or a table whose every change is an edit of the draft."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from typing import Any

import polars as pl
import streamlit as st

from cxdash.services.designing import Edit
from cxdash.survey.form import Form
from cxdash.ui import designdraft, state

Cell = Callable[[str, str, Any], Edit | None]  # (code of the row, column, new value) -> the edit; None: the value cannot be taken
ROW, MOST = 35, 13  # height of a row in pixels; rows shown without scrolling


def line(label: str, key: str, value: str, made: Callable[[str], Edit], *, tall: bool = False, **options: Any) -> None:
    """A text; `tall` for several lines."""
    box = st.text_area if tall else st.text_input
    if tall:
        options.setdefault("height", 88)
    box(label, key=state.follow(f"w:design:{key}", value), on_change=_take, args=(f"w:design:{key}", made), **options)


def switch(label: str, key: str, value: bool, made: Callable[[bool], Edit], **options: Any) -> None:
    st.toggle(label, key=state.follow(f"w:design:{key}", value), on_change=_take, args=(f"w:design:{key}", made), **options)


def choice(
    label: str, key: str, value: Any, allowed: Sequence[Any], made: Callable[[Any], Edit], says: Callable[[Any], str], **options: Any
) -> None:
    """One of several; the key carries the language, because Streamlit keeps the words of a chosen option."""
    name = f"w:design:{key}:{state.language()}"
    words = {one: says(one) for one in allowed}
    key = state.follow(name, value)
    st.selectbox(label, allowed, key=key, format_func=words.__getitem__, on_change=_take, args=(name, made), **options)


def _take(key: str, made: Callable[[Any], Edit]) -> None:
    designdraft.edit(made(state.given(key)))


def table(
    name: str, rows: Sequence[Mapping[str, Any]], config: Mapping[str, Any], edits: Cell, *, alt: str, fixed: Sequence[str] = ()
) -> None:
    """Rows that are edited in place; each has a "code". The columns are those of `config`, in its order; `fixed` cannot be edited.

    The table is begun anew when its rows are others, and when what it shows as edited is not what the draft says (an edit was refused,
    taken back, or made elsewhere); otherwise it stays, so that cell after cell can be typed without losing one's place.
    """
    codes = [str(row["code"]) for row in rows]
    digest = blake2b("\n".join(codes).encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()
    base = f"design-table:{name}:{state.language()}:{digest}"
    turn = state.remember(base, 0)
    if _differs(state.held(f"{base}:{turn}"), rows):
        turn += 1
        state.keep(base, turn)
    key = f"{base}:{turn}"
    st.data_editor(
        _frame(rows, config),
        key=key,
        hide_index=True,
        num_rows="fixed",
        placeholder="",
        column_config=dict(config),
        column_order=list(config),
        disabled=list(fixed),
        row_height=ROW,
        height=ROW * (min(len(rows), MOST) + 1) + 3,
        on_change=_edited,
        args=(key, codes, edits),
        alt=alt,
    )


def _frame(rows: Sequence[Mapping[str, Any]], config: Mapping[str, Any]) -> pl.DataFrame:
    """Columns with a type of their own also when every cell is empty."""
    kinds = {"checkbox": pl.Boolean, "number": pl.Int64}
    made = {}
    for column, about in config.items():
        kind = kinds.get(str((about.get("type_config") or {}).get("type")), pl.Utf8)
        made[column] = pl.Series(column, [row.get(column) for row in rows], dtype=kind)
    return pl.DataFrame(made)


def _differs(widget: Any, rows: Sequence[Mapping[str, Any]]) -> bool:
    edited = widget["edited_rows"] if widget else {}
    return any(rows[int(at)].get(column) != value for at, cells in edited.items() for column, value in cells.items())


def _edited(key: str, codes: Sequence[str], edits: Cell) -> None:
    """Streamlit hands over every edit since the table was begun; only new ones are made."""
    given = {int(at): dict(cells) for at, cells in state.given(key)["edited_rows"].items()}
    seen: dict[int, dict[str, Any]] = state.remember(f"{key}:seen", {})
    new = [
        edits(codes[at], column, value)
        for at, cells in given.items()
        for column, value in cells.items()
        if column not in seen.get(at, {}) or seen[at][column] != value
    ]
    state.keep(f"{key}:seen", given)
    made = [one for one in new if one is not None]
    if made:
        designdraft.edit(_together(made))


def _together(edits: Sequence[Edit]) -> Edit:
    def made(form: Form) -> Form:
        for one in edits:
            form = one(form)
        return form

    return made


def adder(label: str, name: str, made: Callable[[str], Edit], *, hint: str, then: Callable[[Form, Form], None] | None = None) -> None:
    """Names typed or pasted one per line, and the button that adds them. then(before, after): what to do when they are there."""
    key = f"w:design:add:{name}"
    with st.popover(label, icon=":material/add:", key=f"design-add-{name}"):
        st.text_area(state.say("design.add.names"), key=state.follow(key, state.held(key) or ""), placeholder=hint, height=110)
        st.caption(state.md("design.add.about"))
        st.button(state.say("design.add.go"), key=f"design-added-{name}", type="primary", on_click=_added, args=(key, made, then))


def _added(key: str, made: Callable[[str], Edit], then: Callable[[Form, Form], None] | None) -> None:
    text, before = str(state.given(key)), designdraft.seen()
    if not text.strip() or before is None:
        return
    after = designdraft.edit(made(text))
    if after is not None:
        state.give(key, "")
        if then is not None:
            then(before.form, after)
