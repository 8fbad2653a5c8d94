"""The addresses under /auth/, as a plain list of routes. None of them needs a script or Streamlit."""

from __future__ import annotations

import logging
import math
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from cxdash import i18n
from cxdash.auth import asked as asking, corporate, screen
from cxdash.auth.asked import LINK, Asked, keep
from cxdash.auth.front import Front
from cxdash.auth.screen import SECOND_PAGE, Page, admitted, answer, home, within
from cxdash.errors import Conflict, CxError, NotFound
from cxdash.services import accountmail, entry, sessions, signin
from cxdash.services.sessions import COOKIE, SIGN_IN
from cxdash.services.signin import IN, SECOND, WAIT, Outcome

log = logging.getLogger(__name__)
FIRST, FORGOT, PASSWORD, OUT = "/auth/first", "/auth/forgot", "/auth/password", "/auth/sign-out"
_LINK_SECONDS = 1800
_NOWHERE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}  # the token stands in this address only
Answer = Callable[[Front, Asked], Awaitable[Response]]


def routes(front: Front, screens: Iterable[str]) -> list[BaseRoute]:
    """Everything under /auth/. screens: the paths one may be sent back to after signing in."""
    known = frozenset(screens)

    def at(path: str, answering: Answer, *methods: str) -> Route:
        async def endpoint(request: Request) -> Response:
            return await _answered(front, answering, request, known)

        return Route(path, endpoint, methods=list(methods))

    async def link(request: Request) -> Response:
        return await _link(front, request, known)

    return [
        Route("/auth/static/{name}", screen.style, methods=["GET"]),
        at(SIGN_IN, _sign_in, "GET"), at(SIGN_IN, _signed_in, "POST"),
        at(SECOND_PAGE, _second, "GET"), at(SECOND_PAGE, _seconded, "POST"),
        at(FIRST, _first, "GET"), at(FIRST, _made_first, "POST"),
        at(FORGOT, _forgot, "GET"), at(FORGOT, _forgotten, "POST"),
        at(PASSWORD, _password, "GET"), at(PASSWORD, _set, "POST"),
        at(OUT, _out, "GET"), at(OUT, _gone, "POST"),
        at(corporate.PATH, corporate.away, "GET"), at(corporate.BACK, corporate.back, "GET"),
        Route(entry.PATH + "{token}", link, methods=["GET"]),
    ]  # fmt: skip


async def _answered(front: Front, answering: Answer, request: Request, screens: frozenset[str]) -> Response:
    """The answer; a form that is not ours, or one of too many, is not looked at."""
    asked = await asking.read(request, front.deps.settings, screens)
    try:
        if await front.work(lambda: sessions.is_open(front.deps)):
            return RedirectResponse("/", 303, _NOWHERE)
        if request.method == "POST" and not front.limits.allow_knock(asked.where.address):
            return _says(asked, "signin.busy", status=429)
        if request.method == "POST" and not asked.is_genuine:
            return _says(asked, "signin.stale", status=403, again=asked.path)
        return await answering(front, asked)
    except CxError as error:
        return corporate.refused(asked, error)
    except Exception:
        log.exception("a sign-in page failed")  # without the fields
        return _says(asked, "signin.failed", status=500)


def _says(asked: Asked, key: str, *, status: int, again: str = SIGN_IN) -> Response:
    t = _words(asked)
    page = Page(asked.language, t("signin.stopped"), [t(key)], other=(t("signin.again"), within(asked, again)))
    return answer(asked, page, status)


def _words(asked: Asked) -> Callable[..., str]:
    return lambda key, **params: i18n.text(key, asked.language, **params)


def _go(asked: Asked, to: str) -> Response:
    return RedirectResponse(to, 303, {"Cache-Control": "no-store"})


# ---------------------------------------------------------------- the password


async def _sign_in(front: Front, asked: Asked) -> Response:
    if not await front.work(lambda: sessions.peopled(front.deps)):
        return _go(asked, within(asked, FIRST))
    if await front.work(lambda: sessions.known(front.deps, asked.session)):
        return _go(asked, home(asked))
    return answer(asked, _door(asked))


def _door(asked: Asked, notice: str = "", email: str = "") -> Page:
    t, lang, settings = _words(asked), asked.language, asked.settings
    name = settings.oidc_name or t("signin.company.name")
    return Page(
        lang, t("signin.title"), [t("signin.back_to")] if asked.next != "/" else (), notice=notice, button=t("signin.go"),
        fields=[screen.email(lang, email, first=not email), screen.password(lang, first=bool(email))],
        other=(t("signin.company.go", name=name), within(asked, corporate.PATH)) if settings.oidc else None,
        links=[(t("signin.forgot.link"), within(asked, FORGOT))],
    )  # fmt: skip


async def _signed_in(front: Front, asked: Asked) -> Response:
    t, email = _words(asked), asked.one("email")
    outcome = await front.work(lambda: signin.sign_in(front.deps, email=email, password=asked.one("password"), where=asked.where))
    if outcome.state in (IN, SECOND):
        await front.work(lambda: sessions.sign_out(front.deps, asked.session))  # who signs in leaves what was there before
        return admitted(asked, outcome)
    notice = _wait(t, outcome) if outcome.state == WAIT else t("signin.wrong")
    return answer(asked, _door(asked, notice, email), 429 if outcome.state == WAIT else 401)


def _wait(t: Callable[..., str], outcome: Outcome) -> str:
    seconds = math.ceil(outcome.wait.total_seconds())
    return t("signin.wait_seconds", n=seconds) if seconds < 90 else t("signin.wait", n=math.ceil(seconds / 60))


# ---------------------------------------------------------------- the second factor


async def _second(front: Front, asked: Asked) -> Response:
    if await front.work(lambda: sessions.pending(front.deps, asked.session)) is None:
        return _go(asked, within(asked, SIGN_IN))
    return answer(asked, _asks_code(asked))


def _asks_code(asked: Asked, notice: str = "") -> Page:
    t, lang = _words(asked), asked.language
    code = screen.code(lang, "signin.second.code", "signin.second.hint", digits=True)
    return Page(lang, t("signin.second.title"), [t("signin.second.about")], [code], t("signin.go"), notice=notice,
                links=[(t("signin.second.other"), within(asked, OUT))])  # fmt: skip


async def _seconded(front: Front, asked: Asked) -> Response:
    outcome = await front.work(lambda: signin.second(front.deps, secret=asked.session, code=asked.one("code"), where=asked.where))
    if outcome.state == IN:
        return admitted(asked, outcome)
    if await front.work(lambda: sessions.pending(front.deps, asked.session)) is None:
        return _go(asked, within(asked, SIGN_IN))
    t = _words(asked)
    notice = _wait(t, outcome) if outcome.state == WAIT else t("signin.second.wrong")
    return answer(asked, _asks_code(asked, notice), 429 if outcome.state == WAIT else 401)


# ---------------------------------------------------------------- the first administrator


async def _first(front: Front, asked: Asked) -> Response:
    if await front.work(lambda: sessions.peopled(front.deps)):
        return _go(asked, within(asked, SIGN_IN))
    return answer(asked, _asks_first(asked))


def _asks_first(asked: Asked, notice: str = "") -> Page:
    t, lang = _words(asked), asked.language
    code = replace(screen.code(lang, "signin.first.code", "signin.first.hint"), value=asked.one("code"))
    fields = [code, screen.email(lang, asked.one("email"), first=False), screen.name(lang, asked.one("name")), screen.new_password(lang)]
    return Page(lang, t("signin.first.title"), [t("signin.first.about")], fields, t("signin.first.go"), notice=notice)


async def _made_first(front: Front, asked: Asked) -> Response:
    t, right = _words(asked), front.is_code(asked.one("code"))
    if not right:
        notice = t("signin.first.many") if right is None else t("signin.first.wrong")
        return answer(asked, _asks_first(asked, notice), 429 if right is None else 403)
    try:
        outcome = await front.work(lambda: signin.first(
            front.deps, email=asked.one("email"), name=asked.one("name"), password=asked.one("password"), language=asked.given,
            where=asked.where,
        ))  # fmt: skip
    except Conflict as error:
        return answer(asked, _asks_first(asked, i18n.said(error, asked.language)), 409)
    front.used()
    return admitted(asked, outcome)


# ---------------------------------------------------------------- links that set a password


async def _link(front: Front, request: Request, screens: frozenset[str]) -> Response:
    """Takes the token out of the address into a cookie, before anything else is loaded."""
    asked = await asking.read(request, front.deps.settings, screens)
    response = RedirectResponse(within(asked, PASSWORD), 303, _NOWHERE)
    keep(response, asked, LINK, request.path_params["token"][: entry.TOKEN_MAX], seconds=_LINK_SECONDS)
    return response


async def _password(front: Front, asked: Asked) -> Response:
    found = await front.work(lambda: entry.look(front.deps, token=asked.link))
    return answer(asked, _asks_password(asked, found)) if found else _says(asked, "signin.link.gone", status=410)


def _asks_password(asked: Asked, found: entry.Entry, notice: str = "") -> Page:
    language = asked.given or found.language or asked.language
    asked = replace(asked, language=language)
    t, invited = _words(asked), found.kind == entry.INVITE
    fields = [screen.Field("username", kind="hidden", value=found.email, autocomplete="username")]
    fields += [screen.name(language, asked.one("name") or found.name)] if invited else []
    title = t("signin.invited.title") if invited else t("signin.reset.title")
    about = t("signin.invited.about", email=found.email) if invited else t("signin.reset.about", email=found.email)
    return Page(language, title, [about], [*fields, screen.new_password(language)], t("signin.set"), notice=notice)


async def _set(front: Front, asked: Asked) -> Response:
    try:
        outcome = await front.work(lambda: entry.accept(
            front.deps, token=asked.link, password=asked.one("password"), name=asked.one("name"), language=asked.given, where=asked.where,
        ))  # fmt: skip
    except Conflict as error:
        found = await front.work(lambda: entry.look(front.deps, token=asked.link))
        if found is None:
            return _says(asked, "signin.link.gone", status=410)
        return answer(asked, _asks_password(asked, found, i18n.said(error, asked.language)), 409)
    return admitted(asked, outcome)


async def _forgot(front: Front, asked: Asked) -> Response:
    t, lang = _words(asked), asked.language
    ways = [(t("signin.again"), within(asked, SIGN_IN))]
    if not _mails(asked):
        return answer(asked, Page(lang, t("signin.forgot.title"), [t("signin.forgot.ask")], links=ways))
    page = Page(lang, t("signin.forgot.title"), [t("signin.forgot.about")], [screen.email(lang)], t("signin.forgot.go"), links=ways)
    return answer(asked, page)


async def _forgotten(front: Front, asked: Asked) -> Response:
    """The same answer at once, whether there is such an account or not; the rest happens behind it."""
    t, email, settings = _words(asked), asked.one("email"), asked.settings
    if not _mails(asked):
        raise NotFound("signin.forgot.ask")
    if front.limits.take(("forgot", email.strip().casefold()[:254]), (3.0, 1 / 600)):
        accountmail.later(lambda: _mail_reset(front, email, settings.screens_url, asked.language))
    ways = [(t("signin.again"), within(asked, SIGN_IN))]
    return answer(asked, Page(asked.language, t("signin.forgot.sent"), [t("signin.forgot.sent_about")], links=ways))


def _mails(asked: Asked) -> bool:
    """Whether somebody who forgot the password can be sent a link; our address must be known, not told by whoever asks."""
    return asked.settings.mails and bool(asked.settings.screens_url)


def _mail_reset(front: Front, email: str, base: str, language: str) -> None:
    found = entry.reset_token(front.deps, email=email)
    if found is None:
        return
    to, own, token = found
    lang = own or language
    accountmail.send(
        front.deps.settings, to=to, subject=i18n.text("signin.mail.reset", lang),
        body=i18n.text("signin.mail.reset_body", lang, link="{link}"),
        link=f"{base}{entry.PATH}{token}", label=i18n.text("signin.mail.reset_go", lang), language=lang,
    )  # fmt: skip


# ---------------------------------------------------------------- out


async def _out(front: Front, asked: Asked) -> Response:
    t = _words(asked)
    return answer(asked, Page(asked.language, t("signin.out.title"), [t("signin.out.about")], button=t("signin.sign_out")))


async def _gone(front: Front, asked: Asked) -> Response:
    await front.work(lambda: sessions.sign_out(front.deps, asked.session))
    response = _go(asked, within(asked, SIGN_IN))
    keep(response, asked, COOKIE, "")
    return response
