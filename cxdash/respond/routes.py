"""The addresses of respondents, as a plain list of routes. None of them needs a script, an account or Streamlit."""

from __future__ import annotations

import gzip
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import quote

from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from cxdash import i18n
from cxdash.config import LANGUAGES
from cxdash.errors import Unavailable
from cxdash.respond import api, asked as asking, assets, card, mine, notes, screen, steps, straight
from cxdash.respond.asked import TRIAL, VISIT, Asked
from cxdash.respond.desk import Desk
from cxdash.respond.screen import Chrome, Sent
from cxdash.respond.way import KIOSK, OVER, REPEATED, WELCOME, Way, at_once, enter, has_welcome, without_reading
from cxdash.services.collecting import OPEN, UNKNOWN, USED
from cxdash.services.submissions import Outcome
from cxdash.survey.flow import Page
from cxdash.survey.form import text

log = logging.getLogger(__name__)
COOKIE_SECONDS = 30 * 24 * 3600
IDLE_SECONDS = 120  # a kiosk in the middle of the questions; what was answered stays as a partial answer
_ABOUT = 140
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_PLAIN = {"Cache-Control": "no-store", "Content-Security-Policy": POLICY, "Vary": "Accept-Encoding, Accept-Language, Cookie"}
_PLAIN_RAW = [(name.lower().encode(), value.encode()) for name, value in _PLAIN.items()]
_SAFE = ":/%#?=@[]!$&'()*+,;"


def routes(desk: Desk) -> list[BaseRoute]:
    """Everything under /s/, what does not exist included, and the API."""
    return [
        Route("/s/-/static/{name}", assets.serve, methods=["GET"]),
        Route("/s/{rest:path}", Respondents(desk)),
        *api.routes(lambda: desk.deps, lambda: desk.writer),
    ]


class Respondents:
    """The ASGI application of the addresses /s/TOKEN…; it may also stand in front of a router."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer, token, page = _found(scope["method"], scope["path"])
        response = await _answered(self._desk, answer, await asking.read(scope, receive, token, page))
        await response(scope, receive, send)


_Answer = Callable[[Desk, Asked], Awaitable[Response]]


def _found(method: str, path: str) -> tuple[_Answer, str, str]:
    """Who answers, the token and the page."""
    _, _, token, *rest = path.split("/")
    method = "GET" if method == "HEAD" else method
    page = rest.pop() if len(rest) == 2 and rest[0] == "p" and rest[1] else ""
    found = _ANSWERS.get((method, *rest)) if token and bool(page) == (rest == ["p"]) else None
    return (found, token, page) if found else (_nowhere, "", "")


async def _answered(desk: Desk, answer: _Answer, asked: Asked) -> Response:
    """The answer, or a page that keeps what was sent when something is in the way."""
    try:
        if not asked.readable:
            return _html(asked, *notes.state_page("unreadable", _strangers(asked)))
        return await answer(desk, asked)
    except Unavailable:
        return _in_the_way(asked, "busy")
    except Exception:
        log.exception("a respondent's page failed")  # without the path: it may hold a personal token
        return _in_the_way(asked, "failed")


def _in_the_way(asked: Asked, state: str) -> Response:
    chrome = _strangers(asked)
    if asked.method == "POST" and asked.raw:
        found = notes.retry_page(chrome, state, asked.raw, asked.at)
    else:
        found = notes.state_page(state, chrome)
    response = _html(asked, *found)
    response.headers["Retry-After"] = "5"
    return response


# ---------------------------------------------------------------- the link itself


async def _door(desk: Desk, asked: Asked) -> Response:
    way = await enter(desk, asked)
    if way.state != OPEN:
        return _state(desk, way)
    if way.visit is not None:
        return _go(asked, f"/p/{way.current.key}" if way.current else "/done", resumed=True)
    if (way.new or way.is_personal) and not asked.is_machine and asked.method == "GET":
        desk.saw(way.opened)
    if way.is_trial and asked.trial and way.current is not None:
        return _go(asked, f"/p/{way.current.key}")
    return _welcome(desk, way)


def _welcome(desk: Desk, way: Way, sent: Sent | None = None, status: int = 200) -> Response:
    if has_welcome(way.form) or not way.pages:
        stamp = desk.signer.stamp(*way.about(WELCOME), at=_now())
        body = screen.welcome_page(way.form, _chrome(desk, way), stamp=stamp, notice=sent.notice if sent else None)
        return _keep(way, _html(way.asked, status, body))
    return _draw(desk, way, way.pages[0], sent, status)


async def _again(desk: Desk, asked: Asked) -> Response:
    """A page that was put together elsewhere posts to the link itself: shown from its start."""
    return _go(asked, "")


async def _back_to_door(desk: Desk, asked: Asked) -> Response:
    return _go(asked, "")


async def _start(desk: Desk, asked: Asked) -> Response:
    way = await enter(desk, asked)
    if way.state != OPEN:
        return _state(desk, way)
    if way.visit is not None:
        return _go(asked, f"/p/{way.current.key}" if way.current else "")
    step = await steps.start(desk, way)
    return _stepped(desk, way, None, step)


# ---------------------------------------------------------------- pages


async def _page(desk: Desk, asked: Asked) -> Response:
    way = await enter(desk, asked)
    if way.state != OPEN:
        return _state(desk, way)
    page = way.page(asked.page)
    if page is None or not way.is_welcomed or not way.may_see(page):
        return _go(asked, "")
    sent = steps.missing_on(way, page) if "missing" in asked.query else None
    if "resumed" in asked.query and any(way.answers):
        sent = Sent(notice=screen.Notice("respond.resumed", "info"))
    return _draw(desk, way, page, sent)


async def _sent(desk: Desk, asked: Asked) -> Response:
    name = asked.page
    try:
        done = await straight.sent(desk, asked, name)
        if isinstance(done, Outcome):
            return _go(asked, "" if done.state == OVER else "/done")
        way = await at_once(desk, asked, name) or await enter(desk, asked)
    except Unavailable:
        return await _without_database(desk, asked)
    if way.state != OPEN:
        return _state(desk, way)
    page = way.page(name)
    if page is None:
        return _go(asked, "")
    step = steps.not_taken(way, done) if done is not None else await steps.sent(desk, way, page)
    return _stepped(desk, way, page, step)


async def _without_database(desk: Desk, asked: Asked) -> Response:
    """The visit cannot be read. The page is drawn from what is known of the link, with everything that was sent."""
    way = without_reading(desk, asked, await desk.open(asked.token))
    page = way.page(asked.page)
    if page is None:
        return _in_the_way(asked, "busy")
    step = steps.refused(way, "respond.not_saved", 503)
    return _stepped(desk, way, page, step)


def _stepped(desk: Desk, way: Way, page: Page | None, step: steps.Step) -> Response:
    if step.go is not None:
        return _keep(way, _go(way.asked, step.go, language=way.language if way.is_trial else ""), step.trial, desk)
    if page is None:
        return _welcome(desk, way, step.sent, step.status)
    response = _draw(desk, way, page, step.sent, step.status)
    if step.status in (429, 503):
        response.headers["Retry-After"] = "5"
    if step.trial is not None:
        return _keep(way, response, step.trial, desk)
    return response


def _draw(desk: Desk, way: Way, page: Page, sent: Sent | None = None, status: int = 200) -> Response:
    chrome = _chrome(desk, way)
    if way.kind == KIOSK:
        chrome = replace(chrome, refresh=(IDLE_SECONDS, f"{chrome.path}/next"))
    body = screen.question_page(
        way.form, page, chrome, answers=way.answers, stamp=desk.signer.stamp(*way.about(page.key), at=_now()), sent=sent,
        first=way.before(page.key) is None, last=way.after(page.key) is None,
    )  # fmt: skip
    return _keep(way, _html(way.asked, status, body))


async def _done(desk: Desk, asked: Asked) -> Response:
    way = await enter(desk, asked)
    if way.state == USED or (way.is_trial and way.state == OPEN):
        return _html(asked, 200, notes.thanks_page(way, _chrome(desk, way)))
    return _state(desk, way) if way.state == OVER else _go(asked, "")


async def _next(desk: Desk, asked: Asked) -> Response:
    """The next respondent on a device that many share. Anywhere else it is only the link again."""
    opened = await desk.open(asked.token)
    response = _go(asked, "")
    if opened.kind in REPEATED:
        for name in (VISIT, TRIAL):
            response.delete_cookie(name, path=asked.path)
    return response


def _state(desk: Desk, way: Way) -> Response:
    asked = way.asked
    if way.state == UNKNOWN:
        limited = not desk.limits.allow_stranger(asked.address)
        return _html(asked, *notes.state_page("limited" if limited else UNKNOWN, _strangers(asked)))
    if asked.scripted:  # the script shows what the address shows
        return JSONResponse({"go": asked.path}, headers=_PLAIN)
    return _html(asked, *notes.state_page(way.state, _chrome(desk, way), way))


# ---------------------------------------------------------------- beside the questionnaire


async def _card(desk: Desk, asked: Asked) -> Response:
    """The picture a messenger shows beside the link."""
    opened = await desk.open(asked.token)
    if opened.version is None:
        return Response(status_code=404)
    form = opened.version.form
    language = asked.language if asked.language in form.languages else form.languages[0]
    body = await card.picture(text(form.title, language), screen.how_long(form, language), i18n.text("respond.card", language))
    headers = {"Cache-Control": "public, max-age=3600", "Cross-Origin-Resource-Policy": "cross-origin"}
    return Response(body, media_type="image/png", headers=headers)


async def _unsubscribe(desk: Desk, asked: Asked) -> Response:
    """The link at the end of every mail; mail programs post to it themselves (RFC 8058)."""
    opened = await desk.open(asked.token)
    if opened.door is None or opened.door.invitation_id is None:
        return _html(asked, *notes.state_page(UNKNOWN, _strangers(asked)))
    chrome = replace(_strangers(asked), path=asked.path)
    done = asked.method == "POST" and await desk.unsubscribe(asked.token)
    return _html(asked, 200, notes.unsubscribe_page(chrome, done=done))


async def _mine(desk: Desk, asked: Asked) -> Response:
    """What is held about this respondent; sent from here: to change it, or to withdraw."""
    way = await enter(desk, asked)
    if way.opened.door is None or not mine.is_offered(way):
        return _state(desk, replace(way, state=UNKNOWN))
    chrome = replace(_chrome(desk, way), card="")
    notice = None
    if asked.method == "POST":
        objected = steps.objection(desk, way, mine.ABOUT)
        if isinstance(objected, steps.Step):
            notice = objected.sent.notice
        elif asked.one("_do") == "correct":
            return _go(asked, "") if await desk.reopen(asked.token, way.secret) else _go(asked, "/mine")
        elif asked.one("sure") == "1" and await desk.withdraw(asked.token, way.secret):
            response = _html(asked, 200, mine.withdrawn(chrome))
            response.delete_cookie(VISIT, path=asked.path)
            return response
        else:
            notice = screen.Notice("respond.mine.not_sure", "error")
    held = await desk.mine(asked.token, way.secret, way.language)
    if held is None:
        return _html(asked, 200, mine.nothing(chrome))
    return _html(asked, 200 if notice is None else 422, mine.page(desk, way, chrome, held, notice=notice))


async def _nowhere(desk: Desk, asked: Asked) -> Response:
    return _html(asked, *notes.state_page(UNKNOWN, _strangers(asked)))


_ANSWERS: dict[tuple[str, ...], _Answer] = {
    ("GET",): _door, ("POST",): _again, ("GET", "p"): _page, ("POST", "p"): _sent,
    ("GET", "start"): _back_to_door, ("POST", "start"): _start, ("GET", "done"): _done,
    ("GET", "next"): _next, ("GET", "card.png"): _card, ("GET", "unsubscribe"): _unsubscribe, ("POST", "unsubscribe"): _unsubscribe,
    ("GET", "mine"): _mine, ("POST", "mine"): _mine,
}  # fmt: skip


# ---------------------------------------------------------------- answers


def _chrome(desk: Desk, way: Way) -> Chrome:
    form, asked = way.form, way.asked
    base = desk.public_url or asked.base  # a proxy may ask us under another name
    about = text(form.intro, way.language).replace("\n", " ") or i18n.text("respond.card", way.language)
    return Chrome(
        way.language, asked.path, way.languages, text(form.title, way.language), about[:_ABOUT], f"{base}{asked.path}",
        f"{base}{asked.path}/card.png?lang={way.language}", kiosk=way.kind == KIOSK, trial=way.is_trial,
    )  # fmt: skip


def _strangers(asked: Asked) -> Chrome:
    """For whom nothing is known of: the language of the address or the browser, no survey's name."""
    return Chrome(asked.language or i18n.language(asked.accepted, "ko"), asked.path if asked.token else "")


def _html(asked: Asked, status: int, body: str) -> Response:
    """Compressed here, so that the first view is small whoever serves it."""
    packed = body.encode()
    headers = dict(_PLAIN)
    if asked.takes_gzip:
        packed = gzip.compress(packed, 5, mtime=0)
        headers["Content-Encoding"] = "gzip"
    return Response(packed, status, headers, "text/html; charset=utf-8")


def _go(asked: Asked, path: str, *, resumed: bool = False, language: str = "") -> Response:
    """On to a page of the link; the language of the address goes along."""
    said = asked.wanted if asked.wanted in LANGUAGES else language
    query = [f"lang={said}"] if said else []
    query += ["resumed=1"] if resumed else []
    url = f"{asked.path}{path}" + (("&" if "?" in path else "?") + "&".join(query) if query else "")
    if asked.scripted:
        return JSONResponse({"go": url}, headers=_PLAIN)
    return _Moved(url)


class _Moved(Response):
    """On to an address of our own, which is ASCII and quoted already. Most answers are this: its headers are not written anew each time."""

    def __init__(self, url: str) -> None:
        self.status_code, self.background, self.body = 303, None, b""
        self.raw_headers = [*_PLAIN_RAW, (b"location", quote(url, safe=_SAFE).encode()), (b"content-length", b"0")]


def _keep(way: Way, response: Response, trial: object = None, desk: Desk | None = None) -> Response:
    """The cookie of a new visit; of a trial its answers too."""
    asked = way.asked
    options = {"path": asked.path, "max_age": COOKIE_SECONDS, "httponly": True, "samesite": "lax", "secure": asked.secure}
    if way.new:
        response.set_cookie(VISIT, way.secret, **options)  # type: ignore[arg-type]
    if isinstance(trial, dict) and desk is not None:
        response.set_cookie(TRIAL, desk.signer.seal(trial) or "-", **options)  # type: ignore[arg-type]
    return response


def _now() -> datetime:
    return datetime.now(UTC)
