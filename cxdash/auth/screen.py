"""The pages under /auth/, drawn. Everything put in is escaped by the template engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from starlette.responses import HTMLResponse, RedirectResponse, Response

from cxdash import drawn, i18n
from cxdash.auth.asked import FORM, LINK, Asked, keep
from cxdash.config import LANGUAGES, PACKAGE
from cxdash.services.passwords import LONGEST, SHORTEST
from cxdash.services.sessions import COOKIE
from cxdash.services.signin import SECOND, Outcome

SECOND_PAGE = "/auth/second"
_FOLDER = PACKAGE / "auth"
_templates, _style = drawn.templates(_FOLDER), drawn.Style(_FOLDER, "auth")
style = _style.answer
POLICY = (
    "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_HOUR = 3600
_BINDING = 12 * _HOUR  # a page left open over the day can still be sent


@dataclass(frozen=True)
class Field:
    """One input. kind: text, email, password, hidden. code: digits and letters that are read one by one."""

    name: str
    label: str = ""
    kind: str = "text"
    autocomplete: str = "off"
    value: str = ""
    hint: str = ""
    mode: str = ""
    longest: int = 254
    required: bool = True
    code: bool = False
    first: bool = False


@dataclass(frozen=True)
class Page:
    """A page that says or asks one thing. other: (words, address) of another way; good: the notice is no complaint."""

    language: str
    title: str
    lines: Sequence[str] = ()
    fields: Sequence[Field] = ()
    button: str = ""
    other: tuple[str, str] | None = None
    links: Sequence[tuple[str, str]] = ()
    notice: str = ""
    good: bool = False
    path: str = ""
    next: str = "/"
    given: str = ""
    stamp: str = ""
    languages: Sequence[tuple[str, str, str]] = ()


def answer(asked: Asked, page: Page, status: int = 200) -> Response:
    """The page as an answer, with the cookie its form is bound to."""
    whole = replace(page, path=asked.path, next=asked.next, given=asked.given, stamp=asked.stamp, languages=_languages(asked))
    words = {name: i18n.text(key, asked.language) for name, key in _WORDS.items()}
    body = _templates.get_template("page.html").render(p=whole, w=words, style=f"/auth/static/{_style.name}")
    headers = {"Cache-Control": "no-store", "Content-Security-Policy": POLICY, "Vary": "Accept-Language, Cookie"}
    response = HTMLResponse(body, status, headers)
    keep(response, asked, FORM, asked.binding, seconds=_BINDING)
    return response


_WORDS = {"app": "common.app.title", "skip": "signin.skip", "or": "signin.or"}


def _languages(asked: Asked) -> list[tuple[str, str, str]]:
    more = {"next": asked.next} if asked.next != "/" else {}
    return [(one, i18n.text(f"common.language.{one}", one), f"{asked.path}?{urlencode({**more, 'lang': one})}") for one in LANGUAGES]


def within(asked: Asked, path: str) -> str:
    """Another page of ours, in the same language and with the same way back."""
    more = {"next": asked.next} if asked.next != "/" else {}
    more |= {"lang": asked.given} if asked.given else {}
    return f"{path}?{urlencode(more)}" if more else path


def admitted(asked: Asked, outcome: Outcome) -> Response:
    """The new session's cookie, and the way on: to the second factor, or to where one wanted to go."""
    to = within(asked, SECOND_PAGE) if outcome.state == SECOND else home(asked)
    response = RedirectResponse(to, 303, {"Cache-Control": "no-store"})
    keep(response, asked, COOKIE, outcome.secret)
    keep(response, asked, LINK, "")
    return response


def home(asked: Asked) -> str:
    """Where one wanted to go, in the language that was chosen on the way."""
    if not asked.given or "lang=" in asked.next:
        return asked.next
    return f"{asked.next}{'&' if '?' in asked.next else '?'}lang={asked.given}"


# ---------------------------------------------------------------- the inputs


def email(lang: str, value: str = "", *, first: bool = True) -> Field:
    return Field("email", i18n.text("signin.field.email", lang), "email", "username", value, mode="email", first=first)


def password(lang: str, *, first: bool = False) -> Field:
    return Field("password", i18n.text("signin.field.password", lang), "password", "current-password", longest=LONGEST, first=first)


def new_password(lang: str, *, first: bool = False) -> Field:
    hint = i18n.text("signin.field.password_hint", lang, n=SHORTEST)
    label = i18n.text("signin.field.new_password", lang)
    return Field("password", label, "password", "new-password", hint=hint, longest=LONGEST, first=first)


def name(lang: str, value: str = "") -> Field:
    return Field("name", i18n.text("signin.field.name", lang), "text", "name", value, longest=80, required=False)


def code(lang: str, key: str, hint: str, *, digits: bool = False) -> Field:
    return Field("code", i18n.text(key, lang), hint=i18n.text(hint, lang), autocomplete="one-time-code" if digits else "off", longest=40,
                 code=True, first=True)  # fmt: skip
