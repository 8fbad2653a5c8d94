"""The few pages that the edge itself answers with: 404, 413, 500."""

from __future__ import annotations

from html import escape

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, Response
from starlette.types import Scope

from cxdash import i18n
from cxdash.respond.problems import Problem, response

API = "/api/"  # machines read problem+json
_PROBLEMS = {404: "not-found", 413: "too-large", 500: "failed"}
_PAGE = """<!DOCTYPE html><html lang="{lang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>body{{font:16px/1.6 Pretendard,system-ui,sans-serif;margin:18vh auto;max-width:32rem;padding:0 1.5rem;color:#17202b;background:#fff;\
word-break:keep-all}}h1{{font-size:1.5rem}}a{{color:#0b66a8}}@media(prefers-color-scheme:dark){{body{{color:#e6ebf1;background:#11161d}}\
a{{color:#7cc0f2}}}}</style></head><body><h1>{title}</h1><p>{advice}</p>{way}</body></html>"""
_HOME = '<p><a href="/">{home}</a></p>'

_TITLES = {403: "common.http.local_only", 404: "common.http.not_found", 413: "common.http.too_large", 500: "common.http.failed"}
_ADVICE = {
    403: "common.http.local_only_advice",
    404: "common.http.not_found_advice",
    413: "common.http.too_large_advice",
    500: "common.http.failed_advice",
}


def answer(status: int, scope: Scope, language: str) -> Response:
    """What is said at 403 (an open installation, to another machine), 404, 413 or 500 in the reader's language (Accept-Language,
    else `language`); as JSON under /api/. It says nothing about the inside."""
    wanted = Headers(scope=scope).get("accept-language")
    if scope["path"].startswith(API):
        return response(Problem(_PROBLEMS[status]), i18n.language(wanted, "en"))
    lang = i18n.language(wanted, language)
    words = {"title": _TITLES[status], "advice": _ADVICE[status]}
    home = escape(i18n.text("common.http.home", lang))
    way = "" if scope["path"].startswith("/s/") else _HOME.format(home=home)  # the screens are nothing for respondents
    page = _PAGE.format(lang=lang, way=way, **{name: escape(i18n.text(key, lang)) for name, key in words.items()})
    return HTMLResponse(page, status, {"Cache-Control": "no-store"})
