"""Every key of the session and of the address bar lives here.

The address holds language and view, so that a link shows a colleague the same screen. Streamlit empties it when the page is
switched in the menu; the session remembers what it held. `bind="query-params"` is not used: it writes translated labels into the
address, and a link must not depend on the sender's language.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from html import escape
from typing import Any, TypeVar
from urllib.parse import urlencode

import streamlit as st

from cxdash import i18n
from cxdash.runtime import start
from cxdash.services import sessions
from cxdash.services.actor import LOCAL, Actor
from cxdash.services.deps import Deps
from cxdash.services.sessions import COOKIE, COOKIE_TLS, SIGN_IN, Known
from cxdash.services.view import View

LANGUAGE = "lang"
PAGE_SIZE = 50
_WHOSE = "whose"  # session: who has opened this tab, with which rights
_ADDRESS, _PAGE = "address", "page"  # session: what the address held last, and on which page
OPEN = "open"  # page parameter: what is opened on the page; it outlives a change of the view
ORDER = "order"  # page parameter: how what is ranked is ordered; it outlives one too
STEP = "step"  # page parameter: how far a driver is moved; so does this
T = TypeVar("T")
_run = threading.local()  # kept: what this thread's run has worked out already; absent outside of a run


@contextmanager
def run(make_way: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Around a whole run: what all its parts ask for is worked out once (`once`), and forgotten when it ends. make_way: called every now
    and then on the way, lets those go first who cannot wait."""
    again()
    _run.kept, _run.make_way = {}, make_way
    try:
        yield
    finally:
        del _run.kept, _run.make_way


def once(key: Hashable, make: Callable[[], T]) -> T:
    """What `make` returns, made once in this run. A callback, a fragment and a page that runs alone ask anew each time."""
    kept: dict[Hashable, T] | None = getattr(_run, "kept", None)
    if kept is None:
        return make()
    _run.make_way()
    if key not in kept:
        kept[key] = make()
    return kept[key]


def again() -> None:
    """What this run has worked out holds no more."""
    if (kept := getattr(_run, "kept", None)) is not None:
        kept.clear()


def deps() -> Deps:
    return start()


def signed_in(*, fresh: bool = False) -> Known | None:
    """Whose session this is, read from the store at most a second ago; None where nobody signed in, and where no account is needed."""
    return sessions.known(deps(), cookie(), fresh=fresh)


def is_open() -> bool:
    """Whether whoever sits at this machine needs no account. The edge lets nobody else in then (cxdash.edge.guard)."""
    return sessions.is_open(deps())


def actor() -> Actor:
    """Who is using this session. Where nobody signed in the run ends here, with the way to the sign-in page: nothing was read."""
    return once("actor", _actor)


def _actor() -> Actor:
    who = signed_in()
    if who is not None:
        return replace(who.actor, address=str(st.context.ip_address or ""))
    if is_open():
        return LOCAL
    ask_to_sign_in()
    st.stop()


def belongs(whose: Hashable) -> None:
    """What this tab keeps is of one person with certain rights: when it is somebody else's, or other rights', nothing of it is left."""
    if _WHOSE in st.session_state and st.session_state[_WHOSE] != whose:
        held = st.session_state.get(_ADDRESS, {})
        st.session_state.clear()
        st.session_state[_ADDRESS] = held  # the way back after signing in again
    st.session_state[_WHOSE] = whose


def ask_to_sign_in() -> None:
    """What an open tab shows when its session is over: the way to the sign-in page, and from there back to this view."""
    held = _held() or st.session_state.get(_ADDRESS, {})
    here = f"/{page()}" + (f"?{urlencode(held, doseq=True)}" if held else "")
    way = f"{SIGN_IN}?{urlencode({'next': here})}"
    with st.container(border=True, key="sign-in"):
        st.markdown(f"### {say('signin.over.title')}")
        st.markdown(say("signin.over.text"))
        st.html(f'<a class="cx-go" href="{escape(way)}" target="_self">{escape(say("signin.over.go"))}</a>')


def cookie() -> str | None:
    """The session's cookie, as it was when this tab connected. Over TLS only the one that no other host name can have set counts."""
    held = st.context.cookies
    found = held.get(COOKIE_TLS) or (None if str(st.context.url or "").startswith("https:") else held.get(COOKIE))
    return found if isinstance(found, str) else None  # a script that runs without a browser is given stand-ins


def restore(page: str) -> None:
    """At the start of a run: after a change of page the address, which Streamlit has emptied, gets back what this session had in it.

    On the same page an empty address is what the visitor wants: the Back button has returned to the plain view.
    """
    spoken = language()
    moved = st.session_state.get(_PAGE) != page
    if moved and not st.query_params and st.session_state.get(_ADDRESS):
        st.query_params.from_dict(st.session_state[_ADDRESS])
    st.session_state.update({_PAGE: page, _ADDRESS: _held()})
    again()
    if language() != spoken:  # the menu was drawn in the language that was left
        st.rerun()


def _held() -> dict[str, list[str]]:
    return {key: st.query_params.get_all(key) for key in st.query_params}


def language() -> str:
    """The language of the address, else of the installation. Before `restore` an empty address stands for what it held last.

    A page asks for it hundreds of times: it is worked out once per run.
    """
    return once("language", _language)


def _language() -> str:
    wanted = st.query_params.get(LANGUAGE) if st.query_params else (st.session_state.get(_ADDRESS, {}).get(LANGUAGE) or [None])[-1]
    return i18n.language(wanted, own_language())


def own_language() -> str:
    """What is spoken where the address says nothing: the account's language, else the installation's."""
    who = signed_in()
    return (who.language if who is not None else "") or deps().settings.language


def view() -> View:
    """What the address chooses."""
    return once("view", lambda: View.from_query(_held()))


def show(new: View, *, language: str | None = None, **extra: str | None) -> None:
    """Put a view (and page parameters) into the address; call from callbacks, before the rerun."""
    held = _held()
    query: dict[str, list[str]] = dict(new.to_query())
    lang = language or st.query_params.get(LANGUAGE)
    if lang and lang != own_language():
        query[LANGUAGE] = [lang]
    if new.program == view().program:  # another programme has other things to open
        query.update({key: held[key] for key in (OPEN, ORDER, STEP) if key in held and key not in extra})
    query.update({key: [value] for key, value in extra.items() if value})
    if query != held:
        st.query_params.from_dict(query)
        st.session_state[_ADDRESS] = query
        again()


def page() -> str:
    """The page that is shown, by the name in its URL."""
    return str(st.session_state.get(_PAGE, ""))


def carry(new: View) -> None:
    """The view that the next page begins with; follow it with `st.switch_page`."""
    lang = st.query_params.get(LANGUAGE)
    st.session_state[_ADDRESS] = new.to_query() | ({LANGUAGE: [lang]} if lang else {})


def opened() -> str | None:
    """What the address says is opened on this page; give it to `show` as `open` to change it."""
    return st.query_params.get(OPEN)


def parameter(name: str) -> str | None:
    """What the address says of one page parameter; `show` sets it."""
    return st.query_params.get(name)


def page_number() -> int:
    text = st.query_params.get("page", "1")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 1


def page_size() -> int:
    """Rows per page of a table; the service refuses sizes it does not offer."""
    text = st.query_params.get("rows", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else PAGE_SIZE


def give(key: str, value: Any) -> str:
    """Set a widget's value before it is drawn (the address leads, the widget follows); returns its key."""
    st.session_state[key] = value
    return key


def follow(key: str, value: Any) -> str:
    """As `give`, for what is typed into: a widget that shows the value already is left alone, because a value sent again would wipe
    out what is being typed into it at that moment. Returns the key."""
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value
    return key


def held(key: str) -> Any:
    """What the widget held when the run began; None when it was not drawn before."""
    return st.session_state.get(key)


def given(key: str) -> Any:
    """What the widget holds now."""
    return st.session_state[key]


def remember(key: str, default: Any) -> Any:
    """A value of this session under a key of the caller's own page."""
    return st.session_state.setdefault(f"page:{key}", default)


def keep(key: str, value: Any) -> None:
    st.session_state[f"page:{key}"] = value


def forget(key: str) -> None:
    st.session_state.pop(f"page:{key}", None)


def hold(key: str, default: Any, allowed: Sequence[Any] | None = None) -> str:
    """The key of a widget whose value is kept while other pages or steps are shown; `default` when there is none, or it is not `allowed`.

    The value is set anew in every run, because Streamlit keeps the words of a chosen option in the language they were chosen in.
    """
    widget = f"w:{key}"
    value = st.session_state.get(widget, st.session_state.get(f"page:{key}", default))
    if allowed is not None and value is not None and value not in allowed:
        value = default
    keep(key, value)
    return give(widget, value)


def drop(key: str) -> None:
    """Forget what `hold` kept."""
    forget(key)
    st.session_state.pop(f"w:{key}", None)


def say(key: str, **params: object) -> str:
    """A message in the session's language."""
    return i18n.text(key, language(), **params)


def md(key: str, **params: object) -> str:
    """A message for a place that reads Markdown: values stay text."""
    return i18n.markdown(key, language(), **params)


def local(texts: Mapping[str, str]) -> str:
    """The text in the session's language, else in any."""
    return texts.get(language()) or next((t for t in texts.values() if t), "")
