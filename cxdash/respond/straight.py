"""The way most answers go: a questionnaire of one page, filled in as it was given out, and sent whole.

Nothing is read from the database for it: there is no draft that could matter, and the writer lets no visit finish twice. Every check of the
long way is made here too, each in its shortest form; whatever is not quite so (a field in error, another language, a form that is not ours)
goes the long way from its start, which says what is wrong.
"""

from __future__ import annotations

from datetime import UTC, datetime

from cxdash.errors import CxError
from cxdash.respond.asked import Asked
from cxdash.respond.desk import Desk
from cxdash.respond.steps import LIMITED
from cxdash.respond.way import PREVIEW, has_welcome, language_of
from cxdash.services import collecting
from cxdash.services.actor import RESPONDENT
from cxdash.services.collecting import Opened
from cxdash.services.submissions import Outcome
from cxdash.survey import answers as reading, flow
from cxdash.survey.pages import Page


async def sent(desk: Desk, asked: Asked, name: str) -> Outcome | CxError | None:
    """What became of the answers: stored, or not taken now (the page is shown again with them). None for what goes the long way.
    Unavailable when nothing is known of the link and the database is away."""
    raw = asked.raw
    if not asked.secret or asked.one("_go") != "next" or "_lang" in raw or asked.one("_homepage"):
        return None
    opened = await desk.open(asked.token)
    if opened.state != collecting.OPEN or (page := _page(opened)) is None or page.key != name:
        return None
    assert opened.version is not None
    values = reading.exact(page, raw)
    if values is None:
        return None
    about = (asked.token, asked.secret, name, str(opened.version.number))
    now = datetime.now(UTC)
    issued = desk.signer.issued(asked.one("_stamp"), *about, now=now)
    if issued is None:
        return None
    if not desk.limits.allow(asked.token, asked.secret, asked.address):
        return CxError(LIMITED)
    visitor = collecting.start_visit(
        RESPONDENT, opened=opened, secret=asked.secret, language=language_of(asked, opened), device=asked.device, now=issued
    )  # fmt: skip
    try:
        return await collecting.finish(
            RESPONDENT, desk.taker, opened=opened, visitor=visitor, version=opened.version, answers=values,
            reached=page.fields[-1], now=now,
        )  # fmt: skip
    except CxError as error:
        return error


def _page(opened: Opened) -> Page | None:
    """The one page of what a shared link opens, if it has but one and nothing comes before it. Kept on what was opened."""
    if "_straight" not in opened.__dict__:
        opened.__dict__["_straight"] = _only_page(opened)
    found: Page | None = opened.__dict__["_straight"]
    return found


def _only_page(opened: Opened) -> Page | None:
    if opened.door is None or opened.version is None or opened.door.invitation_id is not None or opened.kind == PREVIEW:
        return None
    form = opened.version.form
    return None if has_welcome(form) or not flow.is_straight(form) else next(iter(flow.pages(form, {})), None)
