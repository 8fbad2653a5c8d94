"""The pages of shared links, drawn. Everything put in is escaped by the template engine; pictures are data, so nothing else is loaded."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from cxdash import i18n
from cxdash.config import PACKAGE
from cxdash.services.shares import Opened

FOLDER = PACKAGE / "share"
POLICY = "default-src 'none'; style-src 'self'; font-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
_HEADERS = {"Cache-Control": "no-store", "Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer"}  # the token is the address
_WORDS = {
    "app": "common.app.title", "skip": "shared.skip", "numbers": "shared.numbers", "name": "shared.column.name",
    "value": "shared.column.value", "base": "shared.column.base", "method": "shared.method", "password": "shared.password",
    "open": "shared.open", "only": "shared.read_only",
}  # fmt: skip


@lru_cache(maxsize=1)
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(FOLDER / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        auto_reload=False,
    )  # fmt: skip


@lru_cache(maxsize=1)
def _style() -> tuple[str, bytes]:
    body = (FOLDER / "static" / "share.css").read_bytes()
    return f"share-{hashlib.sha256(body).hexdigest()[:8]}.css", body


async def style(request: Request) -> Response:
    """The style by its hashed name; 404 for any other."""
    name, body = _style()
    if request.path_params["name"] != name:
        return Response(status_code=404)
    return Response(body, headers={"Cache-Control": "public, max-age=31536000, immutable"}, media_type="text/css")


def view(found: Opened, shown: Mapping[str, Any]) -> Response:
    """What the link shows."""
    lang = found.language
    until = i18n.text("shared.until", lang, day=i18n.date(found.expires_at.date(), lang))
    state = i18n.text("shared.live_at" if found.live else "shared.frozen_at", lang, at=str(shown.get("made", "")))
    return _page("view.html", lang, 200, s=shown, title=found.name, state=state, until=until)


def ask(lang: str, notice: str = "", status: int = 200) -> Response:
    """The password, please."""
    return _said(lang, status, i18n.text("shared.locked", lang), i18n.text("shared.locked.text", lang), notice, form=True)


def gone(lang: str) -> Response:
    """For every address that shows nothing, whatever the reason."""
    return _said(lang, 404, i18n.text("shared.gone.title", lang), i18n.text("shared.gone", lang))


def failed(lang: str, sentence: str) -> Response:
    return _said(lang, 503, i18n.text("shared.gone.title", lang), sentence)


def _said(lang: str, status: int, title: str, text: str, notice: str = "", *, form: bool = False) -> Response:
    return _page("said.html", lang, status, title=title, text=text, notice=notice, form=form)


def _page(name: str, lang: str, status: int, **given: object) -> Response:
    words = {word: i18n.text(key, lang) for word, key in _WORDS.items()}
    body = _templates().get_template(name).render(lang=lang, w=words, style=f"/share/-/static/{_style()[0]}", **given)
    return HTMLResponse(body, status, _HEADERS)
