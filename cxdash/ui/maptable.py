"""The table of the mapping screen: one row per column of the file, editable, with the figures that follow from it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl
import streamlit as st

from cxdash import i18n
from cxdash.ingest.plan import Column, Mapping, Proposal
from cxdash.services.mapping import SCALES, Change, Preview, changed, confirmed, preview_of, scale_text, untouched
from cxdash.terms import Direction, Measure, Role
from cxdash.ui import state

_MEASURES = [m for m in Measure if m not in (Measure.COMMENT, Measure.MULTI, Measure.ATTRIBUTE)]
_EDITED = ("role", "code", "measure", "scale", "direction", "stage")
_ORDER = (
    "ask",
    "header",
    "role",
    "measure",
    "scale",
    "direction",
    "stage",
    "n",
    "missing",
    "mean",
    "top",
    "nps",
    "spread",
    "certainty",
    "reason",
    "code",
)
WIDTHS = {"ask": 44, "header": 204, "role": 106, "measure": 114, "scale": 62, "direction": 106, "stage": 84}  # pixels
_ROW, _MOST = 35, 15  # height of a row in pixels; rows shown without scrolling
_ROUND, _SEEN = "import:table", "import:seen"  # how often the table was begun anew; the edits of it that are taken over


def refresh() -> None:
    """Begin the table anew: its columns were changed from elsewhere, and its own edits would hide that."""
    state.keep(_ROUND, state.remember(_ROUND, 0) + 1)
    state.forget(_SEEN)


def _rows(now: Mapping) -> pl.DataFrame:
    return pl.DataFrame(
        [_row(c) for c in now.columns],
        infer_schema_length=None,
        schema_overrides={
            "mean": pl.Float64,
            "top": pl.Float64,
            "nps": pl.Float64,
            "spread": pl.List(pl.Int64),
            "measure": pl.Utf8,
            "scale": pl.Utf8,
            "direction": pl.Utf8,
            "stage": pl.Utf8,
            "ask": pl.Utf8,
            "code": pl.Utf8,
            "reason": pl.Utf8,
        },
    )


def _row(column: Column) -> dict[str, Any]:
    shown = preview_of(column)
    return {
        "ask": "?" if column.questions else "",
        "header": column.header,
        "role": str(column.role),
        "code": column.code,
        "measure": str(column.measure) if column.measure and column.role is Role.RATING else None,
        "scale": scale_text(column.scale),
        "direction": str(column.scale.direction) if column.scale else None,
        "stage": column.stage,
        "n": shown.n if shown else column.n,
        "missing": shown.missing if shown else column.blank,
        "mean": shown.mean.value if shown else None,
        "top": shown.top_box.value if shown else None,
        "nps": shown.nps.value if shown and shown.nps else None,
        "spread": _spread(column, shown),
        "certainty": round(column.certainty * 100),
        "reason": i18n.said(column.reason, state.language()) if column.reason else "",
    }


def _spread(column: Column, shown: Preview | None) -> list[int]:
    """Answers per point; for other columns the counts of the most frequent texts."""
    return list(shown.counts.values()) if shown else [count for _, count in column.values[:12]]


def table(proposal: Proposal, now: Mapping, changes: dict[int, Change]) -> None:
    """One row per column; what is edited counts at once."""
    frame = _rows(now)
    key = f"import-editor:{proposal.sha256[:12]}:{now.layout.sheet}:{state.remember(_ROUND, 0)}"
    st.data_editor(
        frame,
        key=key,
        hide_index=True,
        num_rows="fixed",
        disabled=[c for c in frame.columns if c not in _EDITED],
        placeholder="",
        column_config=_columns(now),
        column_order=_ORDER,
        row_height=_ROW,
        height=_ROW * (min(frame.height, _MOST) + 1) + 3,
        alt=state.say("imports.map.table_alt", n=frame.height),
        on_change=_edited,
        args=(key, proposal.mapping, now, changes),
    )


def _columns(now: Mapping) -> dict[str, Any]:
    lang, config = state.language(), st.column_config
    scales = sorted({*SCALES, *(text for c in now.columns if (text := scale_text(c.scale)))}, key=str)
    percent, number = config.NumberColumn(format="%.1f%%"), config.NumberColumn(format="%.1f")

    def named(kind: str, column: Any = None, **options: Any) -> Any:
        made = column or config.TextColumn()
        return {**made, "label": i18n.text(f"imports.column.{kind}", lang), **options}

    return {
        "ask": named("ask", width=WIDTHS["ask"]),
        "header": named("header", width=WIDTHS["header"]),
        "role": named(
            "role",
            config.SelectboxColumn(
                options=[str(r) for r in Role],
                required=True,
                width=WIDTHS["role"],
                format_func=lambda r: i18n.text(f"common.role.{r}", lang),
            ),
        ),
        "code": named("code", width=200),
        "measure": named(
            "measure",
            config.SelectboxColumn(
                options=[str(m) for m in _MEASURES], width=WIDTHS["measure"], format_func=lambda m: i18n.text(f"common.measure.{m}", lang)
            ),
        ),
        "scale": named("scale", config.SelectboxColumn(options=scales), width=WIDTHS["scale"]),
        "direction": named(
            "direction",
            config.SelectboxColumn(
                options=[str(d) for d in Direction],
                width=WIDTHS["direction"],
                format_func=lambda d: i18n.text(f"common.direction.{d}", lang),
            ),
        ),
        "stage": named("stage", width=WIDTHS["stage"]),
        "n": named("n", config.NumberColumn(), width=58),
        "missing": named("missing", config.NumberColumn(), width=58),
        "mean": named("mean", config.NumberColumn(format="%.2f"), width=54),
        "top": named("top", percent, width=64),
        "nps": named("nps", number, width=54),
        "spread": named("spread", config.BarChartColumn(y_min=0), width=72),
        "certainty": named("certainty", config.ProgressColumn(min_value=0, max_value=100, format="%d%%"), width=90),
        "reason": named("reason", width=420),
    }


def _edited(key: str, proposed: Mapping, now: Mapping, changes: dict[int, Change]) -> None:
    """Take over what the user has edited since the last time; a scale that cannot be read is left as it was and said.

    Streamlit hands over every edit since the table was begun. Only new ones are applied: an older one may have been overtaken.
    """
    edits: dict[int, dict[str, Any]] = {int(row): dict(cells) for row, cells in state.given(key)["edited_rows"].items()}
    seen: dict[int, dict[str, Any]] = state.remember(_SEEN, {})
    new = dict(changes)
    for row, cells in edits.items():
        fresh = {name: value for name, value in cells.items() if name not in seen.get(row, {}) or seen[row][name] != value}
        if fresh:
            _take(now.columns[row], proposed.columns[row], fresh, new)
    state.keep("import:changes", new)
    state.keep(_SEEN, edits)
    after = confirmed(proposed, new).columns
    if any(_row(after[row]).get(name) != value for row, cells in edits.items() for name, value in cells.items()):
        refresh()  # an edit has changed another cell of its row, or was refused


def _take(column: Column, proposed: Column, fresh: dict[str, Any], changes: dict[int, Change]) -> None:
    """Put the edited cells of one row into `changes`."""
    value = {**_row(column), **fresh}
    old = changes.get(column.index) or untouched(proposed)
    change = replace(
        old,
        role=Role(value["role"]),
        code=str(value["code"] or ""),
        scale=value["scale"],
        stage=value["stage"],
        measure=Measure(value["measure"]) if value["measure"] else None,
        direction=Direction(value["direction"]) if value["direction"] else None,
    )
    try:
        changed(proposed, change)
    except ValueError:
        state.keep("import:notice", "imports.map.bad_scale")
    else:
        changes[column.index] = change
