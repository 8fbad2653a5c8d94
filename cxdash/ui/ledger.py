"""The ledger on screen: pin a figure, and what has become of those that were pinned."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from cxdash import i18n
from cxdash.services import pins as service
from cxdash.services.catalog import Catalog
from cxdash.services.ledger import DIGITS, Cause, Draft, Entry
from cxdash.services.options import Options
from cxdash.services.pins import NAME_MAX, PinInfo
from cxdash.stats.figure import Figure
from cxdash.stats.rounding import half_away
from cxdash.ui import cache, ledgerwords, names, state
from cxdash.ui.cards import base_text, value_text
from cxdash.ui.chartcard import downloads
from cxdash.ui.errors import guarded

SIZE = 20  # pins on one screen: only these are asked for
_WIDTH = 320
_COLOURS = {"same": "green", "moved": "orange", "hidden": "gray", "impossible": "red"}


def pin_button(metric: str, *, name: str = "") -> None:
    """A small drawer, an icon on screen, that pins the metric under the view of the screen. For cards: one per metric and page.

    name: what to propose; default the metric and today's date.
    """
    catalog = cache.catalog(state.view().program)
    drawer = st.popover(
        f"{i18n.escape(names.metric(catalog, metric))}: {state.md('ledger.pin')}",  # read out, not seen
        icon=":material/push_pin:",
        key=f"more-pin-{metric}",
        on_change="rerun",
        type="tertiary",
        help=state.md("ledger.pin_help"),
    )
    if not drawer.open:
        return
    with drawer, st.container(width=_WIDTH), st.form(f"pin-form-{metric}", border=False):
        key = f"w:pin:{metric}"
        st.text_input(state.say("ledger.name"), key=state.hold(f"pin:{metric}", name or _proposed(catalog, metric)), max_chars=NAME_MAX)
        st.form_submit_button(state.say("ledger.save"), on_click=_pin, args=(metric, key))


def _proposed(catalog: Catalog, metric: str) -> str:
    """A name to begin with: the metric and today."""
    return f"{names.metric(catalog, metric)} · {i18n.date(catalog.today(), state.language())}"[:NAME_MAX]


def _pin(metric: str, key: str) -> None:
    with guarded():
        made = service.pin(state.deps(), state.actor(), view=state.view(), metric=metric, name=str(state.given(key)), page=state.page())
        state.drop(key.removeprefix("w:"))
        st.toast(state.md("ledger.saved", name=made.name), icon=":material/push_pin:")


def note(catalog: Catalog) -> str:
    """What the executive page says of the newest pins: how many still hold, and the first one that has moved. "" without pins."""
    found, _ = cache.ledger_of(catalog, SIZE, 1)
    if not found:
        return ""
    moved, lang = [entry for entry in found if entry.state != "same"], state.language()
    if not moved:
        return i18n.text("ledger.note_same", lang, n=len(found))
    first = f"{moved[0].pin.name}: {ledgerwords.sentence(moved[0], lang)}"
    return i18n.text("ledger.note_moved", lang, n=len(found), moved=len(moved), first=first)


def draft_card(draft: Draft) -> None:
    """Choose a metric of the present view, see its figure, pin it under a name."""
    with st.container(border=True, key="card-pin"):
        st.markdown(f"**{state.md('ledger.new')}**", help=state.md("ledger.pin_help"))
        if draft.figure is None or draft.responses == 0:
            st.caption(state.md("ledger.nothing") if draft.metrics else state.md("ledger.no_metric"))
            return
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            said = {m: names.metric(draft.catalog, m) for m in draft.metrics}
            st.selectbox(
                state.say("ledger.metric"),
                list(said),
                key=state.give("w:metric", draft.metric),
                format_func=said.__getitem__,
                on_change=_measure,
                width=260,
            )
            key = f"w:pin:{draft.metric}"
            st.text_input(
                state.say("ledger.name"),
                key=state.hold(f"pin:{draft.metric}", _proposed(draft.catalog, draft.metric)),
                max_chars=NAME_MAX,
                width=320,
            )
            st.button(
                state.say("ledger.save"),
                key="pin-save",
                icon=":material/push_pin:",
                type="primary",
                on_click=_pin,
                args=(draft.metric, key),
                disabled=draft.figure.value is None,
            )
        if draft.figure.value is None:
            st.caption(state.md("overview.base_hidden", n=draft.figure.n))
        else:
            st.markdown(f"**{value_text(draft.figure)}** :gray[{base_text(draft.figure)}]")


def _measure() -> None:
    state.show(replace(state.view(), metric=str(state.given("w:metric"))))


def ledger(draft: Draft) -> None:
    """The pins, newest first, each with what has become of it."""
    options, number = cache.options(draft.catalog), state.page_number()
    entries, count = cache.ledger_of(draft.catalog, SIZE, number)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="ledger-head"):
        st.markdown("#### " + state.md("ledger.title", n=count))
        if count:
            _downloads(draft.catalog, options, count)
    if not count:
        st.caption(state.md("ledger.none"))
    for entry in entries:
        _entry(options, entry)
    _pager(count, number)


def _pager(count: int, number: int) -> None:
    pages = -(-count // SIZE)
    if pages > 1:
        key = f"w:pins:{number}"  # of its own per page: the address leads
        st.pagination(pages, key=key, default=min(number, pages), on_change=_turn, args=(key,))


def _turn(key: str) -> None:
    number = int(state.given(key))
    state.show(state.view(), page=str(number) if number > 1 else None)


def _entry(options: Options, entry: Entry) -> None:
    pin, lang = entry.pin, state.language()
    with st.container(border=True, key=f"card-pin-{pin.id}"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(f"**{i18n.escape(pin.name)}** :{_COLOURS[entry.state]}-badge[{_badge(entry)}]", width="stretch")
            if st.button(state.say("ledger.open"), key=f"pin-open-{pin.id}", icon=":material/open_in_new:", type="tertiary"):
                _open(pin)
            _manage(pin)
        metric, chosen = names.metric(options.catalog, pin.metric), ledgerwords.selection(options, pin, lang)
        st.caption(
            state.md("ledger.line", metric=metric, filter=chosen)
            + " · "
            + state.md("ledger.pinned", at=i18n.datetime(pin.at, lang, options.catalog.timezone), by=pin.by)
        )
        st.markdown(_told(entry))
        st.caption(_bases(entry))
        if entry.causes:
            with st.container(horizontal=True, gap="small"):
                for i, cause in enumerate(entry.causes):
                    _cause(pin, i, cause, options.catalog)


def _open(pin: PinInfo) -> None:
    """To the page where it was read, with the pinned selection."""
    state.carry(pin.view(state.view().program))
    st.switch_page(cache.page(pin.page if pin.page not in ("", "ledger", "targets") else "overview"))


def _badge(entry: Entry) -> str:
    key = ledgerwords.STATES[entry.state]
    if entry.state == "moved" and not half_away(entry.difference or 0.0, DIGITS):
        key = "ledger.state.rounding"  # 41.24 and 41.25 are told as 41.2 and 41.3
    return state.md(key, difference=ledgerwords.difference(entry, state.language()))


def _told(entry: Entry) -> str:
    """The sentence; the value alone where nothing happened."""
    if entry.state == "same" and not entry.changes and not entry.rules:
        return f"**{value_text(entry.pin.figure)}**"
    told = i18n.escape(ledgerwords.sentence(entry, state.language()))
    return told if entry.state == "moved" else f"**{value_text(entry.pin.figure)}** → {told}"


def _bases(entry: Entry) -> str:
    """Interval and base then, and now where they differ."""
    then = _base(entry.pin.figure, "ledger.base")
    now = entry.now if entry.now is not None and entry.now.value is not None else None
    same = now is None or (now.n, now.ci_low, now.ci_high) == (entry.pin.figure.n, entry.pin.figure.ci_low, entry.pin.figure.ci_high)
    return then if same or now is None else f"{then} → {_base(now, 'ledger.base_now')}"


def _base(figure: Figure, key: str) -> str:
    lang = state.language()
    low, high = (i18n.number(end, lang, 1) for end in (figure.ci_low, figure.ci_high))
    return state.md(key, low=low, high=high, n=i18n.number(figure.n, lang))


def _cause(pin: PinInfo, number: int, cause: Cause, catalog: Catalog) -> None:
    lang = state.language()
    if cause.erased:
        said = state.md(ledgerwords.ERASED[cause.erased], n=i18n.number(cause.removed, lang))
        st.caption(f":material/person_off: {said} · {i18n.escape(i18n.datetime(cause.at, lang, catalog.timezone))}")
        return
    told = [i18n.escape(names.short(cause.file_name, 40)) if cause.import_id else state.md("ledger.cause.form")]
    told += [state.md("ledger.cause.undone")] if cause.undone else []
    told += [state.md("ledger.cause.added", n=i18n.number(cause.added, lang))] if cause.added else []
    told += [state.md("ledger.cause.updated", n=i18n.number(cause.updated, lang))] if cause.updated else []
    told += [i18n.escape(i18n.datetime(cause.at, lang, catalog.timezone))] if cause.at else []
    text = " · ".join(told)  # what matters first: a narrow screen cuts the end
    if cause.import_id is None:
        st.caption(text)
    elif st.button(
        text, key=f"cause-{pin.id}-{number}", icon=":material/upload_file:", type="tertiary", help=state.md("ledger.cause_help")
    ):
        st.switch_page(cache.page("imports"))


def _manage(pin: PinInfo) -> None:
    drawer = st.popover(
        state.md("ledger.more", name=pin.name),
        icon=":material/more_horiz:",
        type="tertiary",
        key=f"more-pin-{pin.id}",
        on_change="rerun",
    )
    if not drawer.open:
        return
    with drawer, st.container(width=_WIDTH):
        with st.form(f"pin-rename-{pin.id}", border=False):
            st.text_input(state.say("ledger.name"), key=state.give(f"w:pin:name:{pin.id}", pin.name), max_chars=NAME_MAX)
            st.form_submit_button(state.say("ledger.rename"), on_click=_rename, args=(pin.id,))
        st.caption(state.md("ledger.delete_about"))
        st.button(state.say("ledger.delete"), key=f"pin-delete-{pin.id}", icon=":material/delete:", on_click=_delete, args=(pin.id,))


def _rename(pin_id: int) -> None:
    with guarded():
        catalog, name = cache.catalog(state.view().program), str(state.given(f"w:pin:name:{pin_id}"))
        service.rename_pin(state.deps(), state.actor(), catalog=catalog, pin_id=pin_id, name=name)


def _delete(pin_id: int) -> None:
    with guarded():
        service.delete_pin(state.deps(), state.actor(), catalog=cache.catalog(state.view().program), pin_id=pin_id)


def _downloads(catalog: Catalog, options: Options, count: int) -> None:
    drawer = st.popover(state.say("ledger.downloads"), icon=":material/download:", type="tertiary", key="ledger-table", on_change="rerun")
    if not drawer.open:
        return
    lang = state.language()
    with drawer:
        table = ledgerwords.frame(options, cache.ledger_of(catalog, count, 1)[0], lang)
        st.dataframe(table, hide_index=True, placeholder=i18n.NOTHING, key="ledger-frame", alt=state.say("ledger.alt", n=len(table)))
        downloads("ledger", table)
