"""The pages of shared links, drawn. Everything put in is escaped by the template engine; pictures are data, so nothing else is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import HTMLResponse, Response

from cxdash import drawn, i18n
from cxdash.config import PACKAGE
from cxdash.services.shares import Opened

_FOLDER = PACKAGE / "share"
_templates, _style = drawn.templates(_FOLDER), drawn.Style(_FOLDER, "share")
style = _style.answer
POLICY = "default-src 'none'; style-src 'self'; font-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
_HEADERS = {"Cache-Control": "no-store", "Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer"}  # the token is the address
_WORDS = {
    "app": "common.app.title", "skip": "shared.skip", "numbers": "shared.numbers", "name": "shared.column.name",
    "value": "shared.column.value", "base": "shared.column.base", "method": "shared.method", "password": "shared.password",
    "open": "shared.open", "only": "shared.read_only",
}  # fmt: skip


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
    body = _templates.get_template(name).render(lang=lang, w=words, style=f"/share/-/static/{_style.name}", **given)
    return HTMLResponse(body, status, _HEADERS)
