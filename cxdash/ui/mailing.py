"""Personal links and mails on the publish page: who may be invited, lists for a mailing tool, sending and how far it is, texts."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import streamlit as st

from cxdash import i18n
from cxdash.config import LANGUAGES
from cxdash.services import contacts, invitations, postman
from cxdash.services.contacts import People
from cxdash.services.invitations import Labels, Status, Template
from cxdash.services.mailtext import LINK, NAME, UNSUBSCRIBE, Words
from cxdash.ui import address, state
from cxdash.ui.errors import guarded, show_error
from cxdash.ui.maillists import NOTICE, made, may_list, offer, told as kept_in_mind

INVITE, REMINDER = "invite", "reminder"
_KINDS = {INVITE: "mail.kind.invite", REMINDER: "mail.kind.reminder"}
_DEFAULTS = {
    INVITE: ("mail.template.invite.subject", "mail.template.invite.body"),
    REMINDER: ("mail.template.reminder.subject", "mail.template.reminder.body"),
}
_WHY = {
    "recipient": "mail.fail.why.recipient",
    "content": "mail.fail.why.content",
    "connection": "mail.fail.why.connection",
    "letter": "mail.fail.why.letter",
    "unsure": "mail.fail.why.unsure",
}
_POLL = 2.0  # seconds between two looks at the outbox while mails are going


def links_card(program: str, survey: str, wave: str | None, known: People) -> None:
    """Personal links of a wave: numbers, lists, mails."""
    with st.container(border=True, key="people-links"):
        st.markdown(f"#### {state.md('mail.links.title')}")
        if wave is None or not known.all:
            st.caption(state.md("mail.links.no_wave") if wave is None else state.md("mail.links.no_people"))
            return
        where = {"program": program, "code": survey, "wave": wave}
        found = invitations.status(state.deps(), state.actor(), **where)
        _numbers(found)
        if (trouble := state.remember(NOTICE, None)) is not None:
            show_error(trouble)
        made()
        if not found.open:
            st.info(state.md("mail.links.closed"))
        else:
            _ways(found, where)
        _sending(found, where)
        _failures(found, where)


def _numbers(found: Status) -> None:
    lang, standings = state.language(), found.standings
    shown = (
        ("mail.links.ready", standings.get("ready", 0) + standings.get("no_email", 0)),
        ("mail.links.sent", found.sent),
        ("mail.links.opened", found.opened),
        ("mail.links.finished", found.finished),
    )
    with st.container(horizontal=True, key="link-numbers"):
        for label, n in shown:
            st.metric(state.say(label), i18n.number(n, lang), width="content")
    out = {name: standings.get(name, 0) for name in ("invited", "unsubscribed", "capped", "no_email")}
    st.caption(state.md("mail.links.out", days=found.cap_days, **out))


def _ways(found: Status, where: dict[str, str]) -> None:
    """The buttons that can be pressed now."""
    everybody, mailable = found.standings.get("ready", 0) + found.standings.get("no_email", 0), found.standings.get("ready", 0)
    base = address.base()
    if found.can_send and address.is_local():
        st.warning(state.md("mail.send.local", address=base), icon=":material/wifi_off:")
    with st.container(horizontal=True, vertical_alignment="center", key="link-ways"):
        if found.can_send:
            _sure(
                "invite",
                state.say("mail.send.invite", n=mailable),
                state.md("mail.send.invite.sure", n=mailable),
                mailable,
                lambda: _invite(where, base),
                primary=True,
            )
            _sure(
                "remind",
                state.say("mail.send.remind", n=found.remindable),
                state.md("mail.send.remind.sure", n=found.remindable, days=found.remind_days),
                found.remindable,
                lambda: _remind(where, base),
            )
        if may_list():
            offer(found, where, base, everybody)
    if not may_list():
        st.caption(state.md("mail.links.export.not"))
    if not found.can_send:
        st.caption(state.md("mail.send.no_server"))


def _sure(name: str, label: str, about: str, n: int, go: Callable[[], None], *, primary: bool = False) -> None:
    """A button that asks once more."""
    drawer = st.popover(
        label,
        icon=":material/mail:",
        key=f"mail-{name}",
        disabled=not n,
        on_change="rerun",
        type="primary" if primary and n else "secondary",
    )
    if drawer.open:
        with drawer:
            st.markdown(about)
            st.button(state.say("mail.send.go"), key=f"mail-{name}-go", type="primary", on_click=go)


def _invite(where: dict[str, str], base: str) -> None:
    with kept_in_mind():
        n = invitations.invite(state.deps(), state.actor(), **where, base=base, template=template(where["program"], INVITE))
        _queued(n)


def _remind(where: dict[str, str], base: str) -> None:
    with kept_in_mind():
        n = invitations.remind(state.deps(), state.actor(), **where, base=base, template=template(where["program"], REMINDER))
        _queued(n)


def _queued(n: int) -> None:
    if (man := postman.present()) is not None:
        man.wake()
    st.toast(state.say("mail.send.queued", n=n), icon=":material/outgoing_mail:")


# ---------------------------------------------------------------- how far the mails are


def _sending(found: Status, where: dict[str, str]) -> None:
    waiting = found.mails.get("waiting", 0) + found.mails.get("sending", 0)
    if waiting:
        _going(where)
        st.button(state.say("mail.send.stop"), key="mail-stop", on_click=_stop, args=(where,), icon=":material/stop_circle:")
    elif found.mails:
        told = {name: found.mails.get(name, 0) for name in ("sent", "cancelled", "failed")}
        st.caption(state.md("mail.send.done", **told))


@st.fragment(run_every=_POLL)
def _going(where: dict[str, str]) -> None:
    with guarded():
        found = invitations.status(state.deps(), state.actor(), **where)
        waiting, sent = found.mails.get("waiting", 0) + found.mails.get("sending", 0), found.mails.get("sent", 0)
        if not waiting:
            st.rerun()
        st.progress(sent / (sent + waiting), text=state.say("mail.send.waiting", sent=sent, waiting=waiting))
        man = postman.present()
        if man is None:
            st.caption(state.md("mail.send.not_here"))
        elif man.trouble is not None:
            show_error(man.trouble)


def _stop(where: dict[str, str]) -> None:
    with kept_in_mind():
        st.toast(state.say("mail.send.stopped", n=invitations.stop(state.deps(), state.actor(), **where)))


def _failures(found: Status, where: dict[str, str]) -> None:
    if not found.failures:
        return
    heads = [state.say(head) for head in ("mail.column.key", "mail.column.kind", "mail.column.why", "mail.column.tries")]
    rows = [(f.key, state.say(_KINDS[f.kind]), why(f.why), f.tries) for f in found.failures]
    unsure = sum(f.why == "unsure" for f in found.failures)
    with st.container(key="mail-failures"):
        st.markdown(f"**{state.md('mail.fail.title', n=found.mails.get('failed', 0))}**")
        frame = pl.DataFrame(rows, schema=dict(zip(heads, (pl.Utf8, pl.Utf8, pl.Utf8, pl.Int64), strict=True)), orient="row")
        st.dataframe(
            frame, hide_index=True, placeholder=i18n.NOTHING, key="mail-failed", height=min(240, 38 + 35 * len(rows)),
            alt=state.say("mail.fail.alt", n=len(rows)),
        )
        if not (found.can_send and found.open):
            return
        base = address.base()
        with st.container(horizontal=True):
            if len(rows) > unsure:
                st.button(state.say("mail.fail.again", n=len(rows) - unsure), key="mail-again", on_click=_again, args=(where, base, False))
            if unsure:
                st.button(
                    state.say("mail.fail.unsure", n=unsure),
                    key="mail-unsure",
                    on_click=_again,
                    args=(where, base, True),
                    help=state.md("mail.fail.unsure.help"),
                )


def why(code: str) -> str:
    """Why a mail was given up, in words: "recipient 550" → the recipient was refused."""
    kind, _, number = code.partition(" ")
    key = _WHY.get(kind, "mail.fail.why.letter")
    return state.say(key, code=number) if number else state.say(key)


def _again(where: dict[str, str], base: str, unsure: bool) -> None:
    with kept_in_mind():
        templates = {kind: template(where["program"], kind) for kind in _KINDS}
        _queued(invitations.send_again(state.deps(), state.actor(), **where, base=base, templates=templates, unsure=unsure))


# ---------------------------------------------------------------- texts and intervals


def template(program: str, kind: str) -> Template:
    """The programme's texts of this kind, in every language; the house's own where nobody has written any."""
    stored = invitations.words_of(state.deps(), state.actor(), program=program).get(kind, {})
    words = {lang: stored.get(lang) or house_words(kind, lang) for lang in LANGUAGES}
    labels = {
        lang: Labels(i18n.text("mail.label.nobody", lang), i18n.text("mail.label.link", lang), i18n.text("mail.label.unsubscribe", lang))
        for lang in LANGUAGES
    }
    return Template(words, labels)


def house_words(kind: str, lang: str) -> Words:
    """The template that comes with the house, its placeholders as they are written."""
    subject, body = _DEFAULTS[kind]
    bare = {name: f"{{{name}}}" for name in (NAME, LINK, UNSUBSCRIBE)}
    return Words(i18n.text(subject, lang, **bare), i18n.text(body, lang, **bare))


def words_card(program: str, known: People) -> None:
    """Templates, a test mail, cap and interval."""
    drawer = st.expander(state.say("mail.words.title"), icon=":material/edit_note:", key="mail-words", on_change="rerun")
    if not drawer.open:
        return
    with drawer:
        _days(program, known)
        with st.container(horizontal=True, key="mail-which"):
            said = {kind: state.say(key) for kind, key in _KINDS.items()}
            kind = st.segmented_control(
                state.say("mail.words.kind"),
                list(said),
                key=state.hold("mail:kind", INVITE, list(said)),
                format_func=said.__getitem__,
                required=True,
            )
            lang = st.segmented_control(
                state.say("mail.words.language"),
                LANGUAGES,
                required=True,
                key=state.hold("mail:words-language", state.language(), LANGUAGES),
                format_func=lambda one: i18n.text(f"common.language.{one}", one),
            )
        words = template(program, kind).words[lang]
        at = f"mail:text:{program}:{kind}:{lang}"
        st.text_input(state.say("mail.words.subject.label"), key=state.hold(f"{at}:subject", words.subject))
        st.text_area(
            state.say("mail.words.body.label"), key=state.hold(f"{at}:body", words.body), height=280, help=state.md("mail.words.body.help")
        )
        st.button(state.say("mail.words.save"), key="mail-words-save", type="primary", on_click=_save_words, args=(program, kind, lang, at))
        _test(program, kind, lang)


def _save_words(program: str, kind: str, lang: str, at: str) -> None:
    with guarded():
        words = Words(state.given(f"w:{at}:subject"), state.given(f"w:{at}:body"))
        invitations.save_words(state.deps(), state.actor(), program=program, kind=kind, language=lang, words=words)
        st.toast(state.say("mail.words.saved"))


def _days(program: str, known: People) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", key="mail-days"):
        st.number_input(
            state.say("mail.days.cap"),
            *contacts.DAYS,
            key=state.hold("mail:cap", known.cap_days),
            step=1,
            width=220,
            help=state.md("mail.days.cap.help"),
        )
        st.number_input(
            state.say("mail.days.remind"), 1, contacts.DAYS[1], key=state.hold("mail:remind", known.remind_days), step=1, width=220
        )
        st.button(state.say("mail.days.save"), key="mail-days-save", on_click=_save_days, args=(program,))


def _save_days(program: str) -> None:
    with guarded():
        days = {"cap_days": int(state.given("w:mail:cap")), "remind_days": int(state.given("w:mail:remind"))}
        contacts.save_days(state.deps(), state.actor(), program=program, **days)
        st.toast(state.say("mail.days.saved"))


def _test(program: str, kind: str, lang: str) -> None:
    if not state.deps().settings.mails:
        return
    base = address.base()
    with st.container(horizontal=True, vertical_alignment="bottom", key="mail-test"):
        st.text_input(state.say("mail.test.to"), key=state.hold("mail:test", ""), placeholder="me@example.com", width=320)
        st.button(
            state.say("mail.test.send"), key="mail-test-go", on_click=_send_test, args=(program, kind, lang, base), icon=":material/send:"
        )


def _send_test(program: str, kind: str, lang: str, base: str) -> None:
    with guarded():
        invitations.send_test(
            state.deps(),
            state.actor(),
            to=state.given("w:mail:test"),
            base=base,
            template=template(program, kind),
            language=lang,
            name=i18n.text("mail.test.name", lang),
        )
        st.toast(state.say("mail.test.sent"), icon=":material/mark_email_read:")
