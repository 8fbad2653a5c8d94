"""Lists of personal links for a mailing tool, on the publish page."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import streamlit as st

from cxdash import i18n
from cxdash.errors import CxError
from cxdash.export.tables import to_xlsx
from cxdash.services import invitations
from cxdash.services.actor import Permission
from cxdash.services.invitations import Line, Status
from cxdash.ui import state
from cxdash.ui.chartcard import XLSX

_FILE, NOTICE = "mail:file", "mail:trouble"


def may_list() -> bool:
    """Lists name people; who may not see that sends mails, or has somebody else make the list."""
    return state.actor().may(Permission.SEE_PERSONAL)


def offer(found: Status, where: dict[str, str], base: str, everybody: int) -> None:
    """The buttons that make lists."""
    st.button(
        state.say("mail.links.export", n=everybody),
        key="link-export",
        disabled=not everybody,
        icon=":material/table_view:",
        on_click=_export,
        args=(where, base, False),
        help=state.md("mail.links.export.help"),
    )
    if found.remindable:
        st.button(
            state.say("mail.links.again", n=found.remindable),
            key="link-again",
            icon=":material/table_view:",
            on_click=_export,
            args=(where, base, True),
        )


class told:  # noqa: N801  # used as a context manager, like `guarded`, for callbacks: what went wrong is shown where the buttons are
    def __enter__(self) -> None:
        state.forget(NOTICE)

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> bool:
        if isinstance(error, CxError):
            state.keep(NOTICE, error)
            return True
        return False


def _export(where: dict[str, str], base: str, again: bool) -> None:
    with told():
        make = invitations.export_reminders if again else invitations.export
        lines = make(state.deps(), state.actor(), **where, base=base)
        lang = state.language()
        name = f"{state.say('mail.links.file')}-{where['wave']}.xlsx"
        state.keep(_FILE, (len(lines), name, to_xlsx({state.say("mail.links.file"): table(lines, lang)}, lang=lang)))


def table(lines: Sequence[Line], lang: str) -> pl.DataFrame:
    """One row per customer; attributes in columns of their own, and none of them takes the place of another column."""
    heads = (
        "mail.column.key",
        "mail.column.name",
        "mail.column.email",
        "mail.column.language",
        "mail.column.link",
        "mail.column.unsubscribe",
    )
    told = [i18n.text(head, lang) for head in heads]
    rows = [(x.key, x.name, x.email, x.language, x.link, x.unsubscribe) for x in lines]
    frame = pl.DataFrame(rows, schema=dict.fromkeys(told, pl.Utf8), orient="row")
    keys = list(dict.fromkeys(key for line in lines for key in line.attributes))
    for key in keys:
        title = key if key not in frame.columns else f"{key} (2)"
        frame = frame.with_columns(pl.Series(title, [line.attributes.get(key) for line in lines], dtype=pl.Utf8))
    return frame


def made() -> None:
    """The list that was made, until it is put away."""
    if not may_list() or state.remember(_FILE, None) is None:
        return
    n, name, content = state.remember(_FILE, None)
    with st.container(border=True, key="link-file"):
        st.markdown(state.md("mail.links.once", n=n))
        with st.container(horizontal=True):
            st.download_button(
                state.say("mail.links.get"),
                data=content,
                file_name=name,
                mime=XLSX,
                on_click="ignore",
                type="primary",
                key="link-get",
                icon=":material/download:",
            )
            st.button(state.say("mail.links.close"), key="link-close", on_click=state.forget, args=(_FILE,))
