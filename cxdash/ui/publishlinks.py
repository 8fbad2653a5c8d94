"""Links on the publish page: made singly or from pasted lines, shown with address and QR code, closed and reopened, kept as a table."""

from __future__ import annotations

import polars as pl
import streamlit as st

from cxdash import i18n
from cxdash.export import qr
from cxdash.services import linklines, publishing
from cxdash.services.publishing import MAKEABLE, QR_STAGE, SCANNED, Board, LinkInfo, NewLink
from cxdash.store.text import CODE_MAX
from cxdash.ui import address, cache, names, state
from cxdash.ui.chartcard import downloads
from cxdash.ui.errors import guarded
from cxdash.ui.publish import At
from cxdash.ui.publishnames import called, stage_name, values
from cxdash.ui.publishposter import messenger_card, poster_card

_WAYS = ("one", "many")
_CHANNELS = ("sms", "email", "kakao", "qr", "store", "web")


def links_section(at: At, board: Board) -> None:
    """Nothing yet: one button. Then the link that is chosen, the way to more of them, and what a link looks like outside."""
    shown = tuple(link for link in board.links if link.token)
    if not shown:
        _first(at)
        _maker(at, board)
        return
    link = _list(at, shown) if len(shown) > 1 else shown[0]
    _detail(at, link, shown)
    _maker(at, board)
    left, right = st.columns([2, 3], gap="small")
    with left:
        messenger_card(board, link)
    with right:
        poster_card(board, shown, link)


def _first(at: At) -> None:
    with st.container(border=True, key="publish-first"):
        st.markdown("#### " + state.md("publish.links.first"))
        st.caption(state.md("publish.links.first_about"))
        st.button(state.say("publish.links.first_button"), key="publish-public", type="primary", icon=":material/add_link:",
                  on_click=_make, args=(at, [NewLink("", "public")]))  # fmt: skip


# ---------------------------------------------------------------- making


def _maker(at: At, board: Board) -> None:
    with st.expander(state.say("publish.links.add"), icon=":material/add_link:", key="publish-maker"):
        way = st.segmented_control(
            state.say("publish.links.way"), _WAYS, key=state.hold("publish:way", "one", _WAYS), required=True, label_visibility="collapsed",
            format_func={"one": state.say("publish.links.one"), "many": state.say("publish.links.many")}.__getitem__,
        )  # fmt: skip
        public = any(link.kind == "public" and QR_STAGE not in link.attributes for link in board.links)
        if way == "one":
            _one(at, board, [kind for kind in MAKEABLE if kind != "public" or not public])
        else:
            _many(at, board)


def _one(at: At, board: Board, kinds: list[str]) -> None:
    lang, catalog = state.language(), cache.catalog(state.view().program)
    options = cache.options(catalog)
    keys = [a.key for a in catalog.attributes if a.key not in ("duration", "device", "language", "channel", QR_STAGE)]
    with st.container(horizontal=True, vertical_alignment="top", gap="small"):
        kind = st.selectbox(state.say("publish.links.kind"), kinds, key=state.hold("publish:kind", "channel", kinds), width=190,
                            format_func=lambda k: i18n.text(f"publish.kind.{k}", lang))  # fmt: skip
        st.text_input(state.say("publish.links.label"), key=state.hold("publish:label", ""), width=220, max_chars=CODE_MAX,
                      placeholder=state.say("publish.links.label_hint"))  # fmt: skip
        st.selectbox(state.say("publish.links.channel"), _channels(board), key=state.hold("publish:channel", None), width=170,
                     accept_new_options=True, placeholder=state.say("publish.links.channel_hint"))  # fmt: skip
        chosen = st.multiselect(state.say("publish.links.attributes"), keys, key=state.hold("publish:keys", []), width=300,
                                format_func=lambda k: names.title(options, k), accept_new_options=True, select_all=False,
                                placeholder=state.say("publish.links.attributes_hint"))  # fmt: skip
    st.caption(i18n.markdown(f"publish.kind_about.{kind}", lang))
    if chosen:
        with st.container(horizontal=True, gap="small"):
            for key in chosen:
                st.selectbox(names.title(options, key), values(board, options, key), key=state.hold(f"publish:value:{key}", None),
                             width=200, index=None, format_func=lambda v, key=key: names.label(options, key, v), accept_new_options=True,
                             placeholder=state.say("publish.links.value_hint"))  # fmt: skip
    stages = _stages(board) if kind in SCANNED else []
    st.button(state.say("publish.links.make"), key="publish-make", type="primary", on_click=_make_one, args=(at, chosen, stages))


def _channels(board: Board) -> list[str]:
    """Those in use, then common ones in the language of the session."""
    lang = state.language()
    common = [i18n.text(f"publish.channel.{name}", lang) for name in _CHANNELS]
    return list(dict.fromkeys([*(link.channel for link in board.links if link.channel), *common]))


def _stages(board: Board) -> list[str]:
    """One link for each of these stages, so that it is known where a code hangs."""
    live = {stage.code: state.local(stage.name) or stage.code for stage in board.form.stages if not stage.retired}
    if not live:
        return []
    return list(
        st.multiselect(state.say("publish.links.stages"), list(live), key=state.hold("publish:stages", []), format_func=live.__getitem__,
                       placeholder=state.say("publish.links.stages_hint"), help=state.md("publish.links.stages_help"), width=520,
                       select_all=True)  # fmt: skip
    )


def _make_one(at: At, keys: list[str], stages: list[str]) -> None:
    catalog = cache.catalog(state.view().program)
    given = {key: str(state.given(f"w:publish:value:{key}") or "").strip() for key in keys}
    labels = {a.key: a.labels for a in catalog.attributes}
    attributes = {key: linklines.value_of(labels.get(key, {}), value) for key, value in given.items()}
    label = str(state.given("w:publish:label") or "").strip() or " · ".join(value for value in given.values() if value)
    channel = str(state.given("w:publish:channel") or "").strip() or None
    if _make(at, [NewLink(label, state.given("w:publish:kind"), channel, attributes)], stages):
        for key in ("label", "keys", "stages", *(f"value:{key}" for key in keys)):
            state.drop(f"publish:{key}")


def _many(at: At, board: Board) -> None:
    lang, catalog = state.language(), cache.catalog(state.view().program)
    kinds = [kind for kind in MAKEABLE if kind != "public"]
    kind = st.selectbox(state.say("publish.links.kind"), kinds, key=state.hold("publish:many_kind", "channel", kinds), width=190,
                        format_func=lambda k: i18n.text(f"publish.kind.{k}", lang))  # fmt: skip
    text = st.text_area(state.say("publish.links.lines"), key=state.hold("publish:lines", ""), height=170,
                        placeholder=state.say("publish.links.lines_example"), help=state.md("publish.links.lines_help"))  # fmt: skip
    stages = _stages(board) if kind in SCANNED else []
    if not text.strip():
        st.caption(state.md("publish.links.lines_help"))
        return
    read = linklines.read(text, catalog, kind=kind)
    options = cache.options(catalog)
    said = ", ".join(names.title(options, key) for key in read.attributes) or i18n.NOTHING
    st.caption(state.md("publish.links.read", n=len(read.links) * max(1, len(stages)), attributes=said))
    if read.bad:
        st.caption(":orange[" + state.md("publish.links.bad", lines=", ".join(map(str, read.bad[:20]))) + "]")
    st.button(state.say("publish.links.make_all", n=len(read.links) * max(1, len(stages))), key="publish-make-all", type="primary",
              on_click=_make_all, args=(at, list(read.links), stages), disabled=not read.links)  # fmt: skip


def _make_all(at: At, made: list[NewLink], stages: list[str]) -> None:
    if _make(at, made, stages):
        state.drop("publish:lines")


def _make(at: At, made: list[NewLink], stages: list[str] | tuple[()] = ()) -> bool:
    with guarded():
        found = publishing.add_links(state.deps(), state.actor(), program=at.program, code=at.survey, wave=at.wave or "", made=made,
                                     stages=stages)  # fmt: skip
        state.drop("publish:link")
        state.keep("publish:link", found[0])  # the first of the new ones is shown
        st.toast(state.say("publish.links.made", n=len(found)), icon=":material/add_link:")
        return True
    return False


# ---------------------------------------------------------------- showing


def _list(at: At, shown: tuple[LinkInfo, ...]) -> LinkInfo:
    """The table of all links with its downloads, and the choice of the one that is shown below."""
    by = {link.id: link for link in shown}
    with st.container(border=True, key="card-publish-links"):
        st.markdown(f"**{state.md('publish.links.title', n=len(shown))}**")
        table = _table(shown)
        st.dataframe(table, hide_index=True, placeholder=i18n.NOTHING, key="publish-links",
                     alt=state.say("publish.links.title", n=len(shown)),
                     column_config={state.say("publish.column.address"): st.column_config.LinkColumn(width="large")})  # fmt: skip
        with st.container(horizontal=True):
            downloads("links", table)
            codes = [(called(link), address.of(link.token or "")) for link in shown if link.kind in SCANNED]
            st.download_button(state.say("publish.links.qr_all"), data=lambda: qr.bundle(codes), file_name="qr.zip", key="get-qr-zip",
                               mime="application/zip", on_click="ignore", icon=":material/qr_code_2:")  # fmt: skip
        numbers = list(by)
        said = {number: called(link) for number, link in by.items()}
        chosen = st.selectbox(state.say("publish.links.choose"), numbers, key=state.hold("publish:link", numbers[0], numbers),
                              format_func=said.__getitem__, width=420)  # fmt: skip
    return by[chosen]


def _table(shown: tuple[LinkInfo, ...]) -> pl.DataFrame:
    lang, options = state.language(), cache.options(cache.catalog(state.view().program))
    keys = list(dict.fromkeys(key for link in shown for key in link.attributes))
    titles = {key: names.title(options, key) for key in keys}
    columns: dict[str, list[str]] = {
        state.say("publish.column.link"): [called(link) if not link.label else link.label for link in shown],
        state.say("publish.column.kind"): [i18n.text(f"publish.kind.{link.kind}", lang) for link in shown],
        state.say("publish.column.channel"): [link.channel or "" for link in shown],
    }
    for key in keys:
        title = titles[key] if list(titles.values()).count(titles[key]) == 1 and titles[key] not in columns else key
        columns[title] = [_value(options, key, link.attributes.get(key)) for link in shown]
    columns[state.say("publish.column.state")] = [_state(link) for link in shown]
    columns[state.say("publish.column.address")] = [address.of(link.token or "") for link in shown]
    return pl.DataFrame({name: pl.Series(values, dtype=pl.String) for name, values in columns.items()})


def _value(options: object, key: str, value: str | None) -> str:
    if value is None:
        return ""
    return stage_name(value) if key == QR_STAGE else names.label(options, key, value)  # type: ignore[arg-type]


def _state(link: LinkInfo) -> str:
    return state.say("publish.links.closed") if link.closed else state.say("publish.links.open")


def _detail(at: At, link: LinkInfo, shown: tuple[LinkInfo, ...]) -> None:
    """One link: address to copy, QR code, the ways to use, close and delete it."""
    url, name = address.of(link.token or ""), qr.file_stem(called(link)) or "qr"
    with st.container(border=True, key="card-publish-link"):
        picture, words = st.columns([1, 5], gap="medium") if link.kind in SCANNED else (None, st.container())
        if picture is not None:
            picture.image(qr.png(url), width=160, alt=state.say("publish.poster.alt", address=url))
        with words:
            badge = f":gray-badge[{state.md('publish.links.closed')}]" if link.closed else f":green-badge[{state.md('publish.links.open')}]"
            st.markdown(f"**{i18n.escape(called(link))}** {badge}")
            st.code(url, language=None, wrap_lines=True)
            st.caption(_facts(link))
            with st.container(horizontal=True, gap="small"):
                st.link_button(state.say("publish.links.visit"), url, icon=":material/open_in_new:")
                if link.kind in SCANNED:
                    st.download_button("QR SVG", data=lambda: qr.svg(url), file_name=f"{name}.svg", mime="image/svg+xml", key="get-qr-svg",
                                       on_click="ignore", icon=":material/download:")  # fmt: skip
                    st.download_button("QR PNG", data=lambda: qr.png(url), file_name=f"{name}.png", mime="image/png", key="get-qr-png",
                                       on_click="ignore", icon=":material/download:")  # fmt: skip
                label = state.say("publish.links.reopen") if link.closed else state.say("publish.links.close")
                st.button(label, key=f"publish-switch-{link.id}", on_click=_switch, args=(at, link),
                          icon=":material/link:" if link.closed else ":material/link_off:")  # fmt: skip
                if not link.opened and len(shown) > 1:
                    st.button(state.say("publish.links.delete"), key=f"publish-delete-{link.id}", type="tertiary", icon=":material/delete:",
                              on_click=_delete, args=(at, link))  # fmt: skip


def _facts(link: LinkInfo) -> str:
    options = cache.options(cache.catalog(state.view().program))
    parts = [i18n.markdown(f"publish.kind_about.{link.kind}", state.language())]
    if link.channel:
        parts.append(state.md("publish.links.fact", name=state.say("publish.column.channel"), value=link.channel))
    for key, value in link.attributes.items():
        parts.append(state.md("publish.links.fact", name=names.title(options, key), value=_value(options, key, value)))
    return "  \n".join([parts[0], " · ".join(parts[1:])]) if parts[1:] else parts[0]


def _switch(at: At, link: LinkInfo) -> None:
    with guarded():
        publishing.switch(state.deps(), state.actor(), program=at.program, code=at.survey, link_id=link.id, closed=not link.closed)
        st.toast(state.say("publish.links.reopened") if link.closed else state.say("publish.links.now_closed"))


def _delete(at: At, link: LinkInfo) -> None:
    with guarded():
        publishing.remove_link(state.deps(), state.actor(), program=at.program, code=at.survey, link_id=link.id)
        state.drop("publish:link")
