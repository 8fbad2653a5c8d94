"""What a link looks like outside: the preview of a messenger, and the A4 poster with its QR code."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from cxdash import i18n
from cxdash.export import poster
from cxdash.export.poster import Poster
from cxdash.services.publishing import QR_STAGE, SCANNED, Board, LinkInfo, messenger
from cxdash.survey.form import LANGUAGES
from cxdash.survey.length import usual
from cxdash.ui import address, cache, names, state
from cxdash.ui.publishnames import called

# The picture is the one that messengers fetch. Where the respondents' pages run elsewhere it does not come, and its stand-in is seen.
_BUBBLE = """<div class="cx-messenger" role="img" aria-label="{alt}"><div class="cx-messenger-picture">
<span aria-hidden="true">{title}</span><img src="{picture}" alt=""></div>
<div class="cx-messenger-words"><b>{title}</b><span>{about}</span><small>{host}</small></div></div>
<style>.cx-messenger{{max-width:320px;border-radius:14px;overflow:hidden;border:1px solid light-dark(#d5dce4,#313d4b);
background:light-dark(#fff,#1a222c)}}
.cx-messenger-picture{{position:relative;aspect-ratio:1200/630;background:#0b4c80;color:#fff;display:flex;align-items:center;padding:0 9%;
font-weight:700;font-size:1.15rem;line-height:1.35;word-break:keep-all}}
.cx-messenger-picture img{{position:absolute;inset:0;width:100%;height:100%;object-fit:cover}}
.cx-messenger-words{{padding:.6rem .8rem .7rem;display:flex;flex-direction:column;gap:.15rem;font-size:.875rem;word-break:keep-all}}
.cx-messenger-words span,.cx-messenger-words small{{color:light-dark(#5b6673,#a9b4c0);display:-webkit-box;-webkit-line-clamp:2;
-webkit-box-orient:vertical;overflow:hidden}}</style>"""


def messenger_card(board: Board, link: LinkInfo) -> None:
    """Title and description as a messenger shows them when the link is pasted."""
    offered = list(board.round.languages if board.round else board.form.languages)
    with st.container(border=True, key="card-publish-messenger"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.markdown(f"**{state.md('publish.messenger.title')}**", width="content")
            lang = _language("publish:messenger_lang", offered) if len(offered) > 1 else offered[0]
        title, about = messenger(board.asked, lang)
        host = address.base().split("://", 1)[-1]
        said = about or i18n.text("respond.card", lang)
        picture = f"{address.LINKS}{link.token}/card.png?lang={lang}"
        st.html(_BUBBLE.format(title=escape(title), about=escape(said), host=escape(host), alt=escape(f"{title}. {said}"),
                               picture=escape(picture)))  # fmt: skip
        st.caption(state.md("publish.messenger.caption"))


def _language(key: str, offered: Sequence[str]) -> str:
    first = state.language() if state.language() in offered else offered[0]
    chosen = st.segmented_control(
        state.say("publish.messenger.language"), offered, key=state.hold(key, first, offered), required=True, label_visibility="collapsed",
        format_func=lambda lang: i18n.text(f"common.language.{lang}", lang),
    )  # fmt: skip
    return str(chosen)


def poster_card(board: Board, shown: Sequence[LinkInfo], link: LinkInfo) -> None:
    """The poster's words, for which links and in which language; a preview of the first page, all pages as one PDF."""
    usable = {one.id: one for one in shown if one.kind in SCANNED}
    with st.container(border=True, key="card-publish-poster"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.markdown(f"**{state.md('publish.poster.title')}**", width="content")
            lang = _language("publish:poster_lang", LANGUAGES)
        if not usable:
            st.caption(state.md("publish.poster.none"))
            return
        words, picture = st.columns([3, 2], gap="medium")
        with words:
            chosen, texts = _words(board, usable, link, lang)
        pages = [_page(usable[number], texts, lang, single=len(usable) == 1) for number in chosen]
        if not pages:
            return
        with picture:
            st.image(cache.poster(pages[0]), width="stretch", alt=f"{pages[0].title}. {pages[0].line}")
        with words:
            st.download_button(
                state.say("publish.poster.get", n=len(pages)), data=lambda: poster.pdf(pages), file_name=f"poster-{lang}.pdf",
                mime="application/pdf", key="get-poster", on_click="ignore", icon=":material/picture_as_pdf:", type="primary",
            )  # fmt: skip


def _words(board: Board, usable: dict[int, LinkInfo], link: LinkInfo, lang: str) -> tuple[list[int], tuple[str, str, str]]:
    first = link.id if link.id in usable else next(iter(usable))
    said = {number: called(one) for number, one in usable.items()}
    every = len(usable) > 1 and st.toggle(state.say("publish.poster.every", n=len(usable)), key=state.hold("publish:poster_all", False))
    chosen = list(usable) if every else [first]
    st.caption(state.md("publish.poster.for_all", n=len(chosen)) if every else state.md("publish.poster.for_one", name=said[first]))
    about, program = usual(board.form), cache.catalog(state.view().program).name
    titles = {"title": i18n.text("publish.poster.default_title", lang), "line": i18n.text("publish.poster.default_line", lang, n=about),
              "company": program.get(lang) or state.local(program)}  # fmt: skip
    title = st.text_input(state.say("publish.poster.head"), key=state.hold(f"publish:poster:{lang}:title", titles["title"]), max_chars=80,
                          help=state.md("publish.poster.head_help"))  # fmt: skip
    line = st.text_input(state.say("publish.poster.line"), key=state.hold(f"publish:poster:{lang}:line", titles["line"]), max_chars=160)
    company = st.text_input(state.say("publish.poster.company"), max_chars=60,
                            key=state.hold(f"publish:poster:{lang}:company", titles["company"]))  # fmt: skip
    return chosen, (title, line, company)


def _page(link: LinkInfo, texts: tuple[str, str, str], lang: str, *, single: bool) -> Poster:
    """place: the values the link fills in (branch, campaign), then the stage; a link that fills in nothing is for everywhere."""
    catalog = cache.catalog(state.view().program)
    options = cache.options(catalog)
    places = [names.label(options, key, value) for key, value in link.attributes.items() if key != QR_STAGE]
    stage = link.attributes.get(QR_STAGE)
    named = next((s.name.get(lang) or state.local(s.name) for s in catalog.stages if s.code == stage), stage or "")
    title, line, company = texts
    if stage and title == i18n.text("publish.poster.default_title", lang):
        title = i18n.text("publish.poster.stage_title", lang, stage=named)
    return Poster(title, line, " · ".join(filter(None, [*places, named])), company, address.of(link.token or ""), lang)
