"""The menu and the sidebar under it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import streamlit as st

from cxdash import i18n
from cxdash.config import LANGUAGES
from cxdash.services.actor import Permission
from cxdash.services.programs import ProgramInfo
from cxdash.ui import cache, state
from cxdash.ui.entrance import whose


@dataclass(frozen=True)
class Item:
    """One page of the menu: file name, message key of its title, icon, section.

    needs: without which its services would refuse everything. whole: it tells of all rows of a programme.
    account: only where people sign in.
    """

    name: str
    title: str
    icon: str
    section: str
    needs: Permission = Permission.SEE_FIGURES
    whole: bool = False
    account: bool = False


SECTIONS = ("see", "manage", "collect", "data", "account")
MENU = (
    Item("overview", "nav.overview", ":material/monitoring:", "see"),
    Item("journey", "nav.journey", ":material/route:", "see"),
    Item("segments", "nav.segments", ":material/donut_small:", "see"),
    Item("trends", "nav.trends", ":material/show_chart:", "see"),
    Item("compare", "nav.compare", ":material/compare_arrows:", "see"),
    Item("drivers", "nav.drivers", ":material/account_tree:", "see"),
    Item("priorities", "nav.priorities", ":material/target:", "see"),
    Item("gaps", "nav.gaps", ":material/compress:", "see"),
    Item("loyalty", "nav.loyalty", ":material/loyalty:", "see"),
    Item("benchmarks", "nav.benchmarks", ":material/leaderboard:", "see"),
    # see: journey, segments, trends, compare, report
    Item("report", "nav.report", ":material/picture_as_pdf:", "see"),
    # manage: ledger, targets, weights, quality
    Item("ledger", "nav.ledger", ":material/push_pin:", "manage"),
    Item("targets", "nav.targets", ":material/flag:", "manage"),
    Item("weights", "nav.weights", ":material/balance:", "manage", whole=True),
    Item("quality", "nav.quality", ":material/fact_check:", "manage"),
    # collect: design, publish
    Item("design", "nav.design", ":material/edit_note:", "collect", Permission.MANAGE_PROGRAM),
    Item("publish", "nav.publish", ":material/campaign:", "collect", Permission.MANAGE_PROGRAM),
    Item("machines", "nav.machines", ":material/cable:", "collect", Permission.MANAGE_PROGRAM),
    Item("imports", "nav.imports", ":material/upload_file:", "data", Permission.IMPORT),
    Item("responses", "nav.responses", ":material/table_rows:", "data", Permission.SEE_RESPONSES),
    Item("people", "nav.people", ":material/person_search:", "data", Permission.HANDLE_PEOPLE),
    Item("audit", "nav.audit", ":material/history:", "data", Permission.SEE_AUDIT),
    Item("account", "nav.account", ":material/account_circle:", "account", account=True),
    Item("users", "nav.users", ":material/group:", "account", Permission.MANAGE_ACCOUNTS, account=True),
)


def offered() -> list[Item]:
    """The pages that are of any use to whoever asks; the services behind the others would refuse."""
    actor, accounts = state.actor(), not state.is_open()
    return [item for item in MENU if actor.may(item.needs) and not (item.whole and actor.rows) and (accounts or not item.account)]


def say_section(section: str) -> str:
    return i18n.text(f"nav.section.{section}", state.language())


def sidebar() -> None:
    """Who is here, programme and language."""
    with st.sidebar:
        whose()
        _program(cache.programs())
        _language()


def _program(programs: list[ProgramInfo]) -> None:
    if not programs:
        return
    slugs = [p.slug for p in programs]
    names = {p.slug: state.local(p.name) or p.slug for p in programs}
    current = state.view().program
    st.selectbox(state.say("nav.program"), slugs, key=state.give("w:program", current if current in slugs else slugs[0]),
                 format_func=lambda slug: names.get(slug, slug),
                 on_change=_switch, args=(slugs[0],))


def _switch(first: str) -> None:
    """Another programme has other attributes: only what every programme has is kept."""
    chosen = state.given("w:program")
    old = state.view()
    state.show(replace(old, program=None if chosen == first else chosen, equals={}, by=None, period=None, since=None, until=None))


def _language() -> None:
    st.segmented_control(state.say("nav.language"), LANGUAGES, key=state.give("w:lang", state.language()), on_change=_speak, required=True,
                         format_func=lambda lang: i18n.text(f"common.language.{lang}", lang))


def _speak() -> None:
    chosen = state.given("w:lang")
    state.show(state.view(), language=chosen)
