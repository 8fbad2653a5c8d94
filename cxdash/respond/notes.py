"""The friendly pages: what is said when a link cannot be answered now, was answered, or something is in the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from cxdash import i18n
from cxdash.respond.screen import Chrome, friendly_page
from cxdash.respond.way import KIOSK, PREVIEW, REPEATED, Way
from cxdash.services import mine
from cxdash.survey.form import text

# state -> (status, tone, heading, text)
STATES: Mapping[str, tuple[int, str, str, str]] = {
    "unknown": (404, "problem", "respond.unknown.title", "respond.unknown.text"),
    "not_yet": (200, "wait", "respond.not_yet.title", "respond.not_yet.text"),
    "closed": (410, "closed", "respond.closed.title", "respond.closed.text"),
    "full": (410, "closed", "respond.full.title", "respond.full.text"),
    "over": (200, "done", "respond.over.title", "respond.over.text"),
    "used": (200, "done", "respond.used.title", "respond.used.text"),
    "busy": (503, "wait", "respond.busy.title", "respond.busy.text"),
    "limited": (429, "wait", "respond.limited.title", "respond.limited.text"),
    "failed": (500, "problem", "respond.failed.title", "respond.failed.text"),
    "unreadable": (400, "problem", "respond.unreadable.title", "respond.unreadable.text"),
}
THANKS_SECONDS = 6  # on a kiosk, until the next person's start


def state_page(state: str, chrome: Chrome, way: Way | None = None) -> tuple[int, str]:
    """(status, page) of one of STATES."""
    status, tone, heading, about = STATES[state]
    lines = [i18n.text(about, chrome.language)]
    if state == "not_yet" and way is not None and way.door_opens is not None:
        lines.insert(0, i18n.text("respond.not_yet.when", chrome.language, at=when(way)))
    action = None
    if state == "used" and way is not None and way.kind in REPEATED:
        action = (i18n.text("respond.another", chrome.language), f"{chrome.path}/next")
    elif state in ("busy", "limited", "failed") and chrome.path:
        action = (i18n.text("respond.again", chrome.language), chrome.path)
    own = way is not None and state in ("used", "over", "closed") and mine.may(way.kind) and (way.is_personal or way.visit is not None)
    aside = (i18n.text("respond.mine.link", chrome.language), f"{chrome.path}/mine") if own else None
    return status, friendly_page(chrome, tone=tone, heading=i18n.text(heading, chrome.language), lines=lines, action=action, aside=aside)


def thanks_page(way: Way, chrome: Chrome) -> str:
    """After the commit. A kiosk goes back to its start by itself; an interviewer goes on with the next respondent."""
    said = text(way.form.thanks, way.language)
    lines = [line for line in said.split("\n") if line.strip()] or [i18n.text("respond.thanks.text", way.language)]
    action = None
    if way.kind in REPEATED:
        action = (i18n.text("respond.another", way.language), f"{chrome.path}/next")
    if way.kind == KIOSK:
        lines.append(i18n.text("respond.kiosk.back", way.language))
        chrome = replace(chrome, refresh=(THANKS_SECONDS, f"{chrome.path}/next"))
    elif way.kind == PREVIEW:
        lines.append(i18n.text("respond.preview.done", way.language))
    else:
        lines.append(i18n.text("respond.thanks.close", way.language)) if way.kind not in REPEATED else None
    aside = (i18n.text("respond.mine.link", way.language), f"{chrome.path}/mine") if mine.may(way.kind) else None
    heading = i18n.text("respond.thanks.title", way.language)
    return friendly_page(chrome, tone="done", heading=heading, lines=lines, action=action, aside=aside)


def retry_page(chrome: Chrome, state: str, raw: Mapping[str, Sequence[str]], to: str) -> tuple[int, str]:
    """Something is in the way and the form itself cannot be drawn: the answers stay in this page, and its button sends them again."""
    status, _tone, heading, _about = STATES[state]
    lines = [i18n.text("respond.retry.text", chrome.language)]
    button = i18n.text("respond.retry.button", chrome.language), ""
    page = friendly_page(chrome, tone="wait", heading=i18n.text(heading, chrome.language), lines=lines, action=button, posts=raw, to=to)
    return status, page


def unsubscribe_page(chrome: Chrome, *, done: bool) -> str:
    title, about = ("respond.unsubscribed.title", "respond.unsubscribed.text") if done else (
        "respond.unsubscribe.title", "respond.unsubscribe.text")  # fmt: skip
    action = None if done else (i18n.text("respond.unsubscribe.button", chrome.language), "")
    return friendly_page(
        chrome, tone="done" if done else "closed", heading=i18n.text(title, chrome.language), lines=[i18n.text(about, chrome.language)],
        action=action, posts=None if done else {"_language": [chrome.language]}, to=f"{chrome.path}/unsubscribe",
    )  # fmt: skip


def when(way: Way) -> str:
    """The opening time on the programme's clocks."""
    zone = way.opened.door.timezone if way.opened.door else "UTC"
    assert way.door_opens is not None
    return i18n.datetime(way.door_opens, way.language, zone)
