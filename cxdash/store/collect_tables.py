"""The tables of collecting: questionnaires and their versions, links, contacts, visits, what goes out by mail and webhook.

What makes doubling impossible stands here as constraints: a visit has one key, which becomes the respondent of its one response
(`Response` is unique by programme, wave and respondent); an invitation has one visit; a contact is invited once by a link; a mail and
a webhook's delivery exist once. Tokens, secrets and keys are kept as SHA-256 only, except the tokens of links that are no secret.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, ForeignKey, Index, UniqueConstraint
from sqlmodel import Field

from cxdash.store.tables import NEVER_AGAIN, Base, Big, big_id, json_column, now, parent, when
from cxdash.store.vault import Sealed, SealedDocument


def _response_id() -> Any:
    """The response it led to; what is left when that is erased says nothing about it. Not unique: two batches of links may reach
    the same customer in one wave, and their answers are one response."""
    return Field(default=None, sa_column=Column(Big, ForeignKey("response.id", ondelete="SET NULL"), nullable=True, index=True))


def _sealed(**kwargs: Any) -> Any:
    """A text that is a person's."""
    return Field(sa_column=Column(Sealed, nullable=False), **kwargs)


def _maybe_json() -> Any:
    return Field(default=None, sa_column=Column(JSON(none_as_null=True), nullable=True))


class Survey(Base, table=True):
    """A questionnaire of a programme. state: draft, published, closed. draft: the form being edited; draft_rev grows with every save."""

    __table_args__ = (UniqueConstraint("program_id", "code"), NEVER_AGAIN)
    id: int | None = Field(default=None, primary_key=True)
    program_id: int = parent("program")
    code: str
    name: dict[str, str] = json_column(default_factory=dict)
    state: str = "draft"
    draft: dict[str, Any] = json_column(default_factory=dict)
    draft_rev: int = 0
    created_at: datetime = when(default_factory=now)
    updated_at: datetime = when(default_factory=now)
    updated_by: str = ""


class SurveyVersion(Base, table=True):
    """A form as it was published; never changed. breaks: what broke the trend against the version before.

    coding: question code -> option value -> its number in stored answers, the same in every version.
    """

    __tablename__ = "survey_version"
    __table_args__ = (UniqueConstraint("survey_id", "number"), NEVER_AGAIN)
    id: int | None = Field(default=None, primary_key=True)
    survey_id: int = parent("survey", index=False)
    number: int
    document: dict[str, Any] = json_column(default_factory=dict)
    breaks: list[Any] = json_column(default_factory=list)
    coding: dict[str, dict[str, int]] = json_column(default_factory=dict)
    published_at: datetime = when(default_factory=now)
    published_by: str = ""


class Round(Base, table=True):
    """How a survey collects in one wave. quota: [{"attributes": {key: value}, "n": most}, …], an empty object meaning everybody.

    languages: those offered, or None for the form's. texts: what it says in words of its own instead of the form's,
    {part: {language: text}}. texts_before: [{"until": ISO time, "by": who changed it, "texts": …}, …], so that it stays known what a
    respondent of that time read.
    """

    __table_args__ = (UniqueConstraint("survey_id", "wave_id"),)
    id: int | None = Field(default=None, primary_key=True)
    survey_id: int = parent("survey", index=False)
    wave_id: int = parent("wave")
    opens_at: datetime | None = when(nullable=True, default=None)
    closes_at: datetime | None = when(nullable=True, default=None)
    quota: list[dict[str, Any]] = json_column(default_factory=list)
    languages: list[str] | None = _maybe_json()
    texts: dict[str, dict[str, str]] | None = _maybe_json()
    texts_before: list[dict[str, Any]] | None = _maybe_json()


class QuotaCount(Base, table=True):
    """Responses so far in one cell of a round's quota; bumped in the transaction that stores the response."""

    __tablename__ = "quota_count"
    round_id: int = Field(sa_column=Column(ForeignKey("round.id", ondelete="CASCADE"), primary_key=True))
    segment: str = Field(primary_key=True)
    n: int = 0


class Link(Base, table=True):
    """A way to a survey in a wave. kind: public, channel, personal, kiosk, interviewer, mystery, preview.

    A personal link is the batch of its invitations and has no token of its own. token: what can be shown again (not for personal).
    opens_at, closes_at, languages: its own, over the round's. state: open, closed. source: what its responses say.
    """

    __table_args__ = (NEVER_AGAIN,)
    id: int | None = Field(default=None, primary_key=True)
    survey_id: int = parent("survey")
    wave_id: int = parent("wave")
    kind: str
    label: str = ""
    attributes: dict[str, str] = json_column(default_factory=dict)
    token_hash: str | None = Field(default=None, unique=True)
    token: str | None = None
    channel: str | None = None
    opens_at: datetime | None = when(nullable=True, default=None)
    closes_at: datetime | None = when(nullable=True, default=None)
    languages: list[str] | None = _maybe_json()
    state: str = "open"
    source: str = "survey"
    opened: int = 0  # how often its first page was asked for
    created_at: datetime = when(default_factory=now)


class Contact(Base, table=True):
    """A customer who may be invited. last_contacted_at: the newest mail to them, for the cap on how often.

    name_hash, email_hash: what they are found by (cxdash.store.vault), "" where there is none.
    """

    __table_args__ = (UniqueConstraint("program_id", "key"), NEVER_AGAIN)
    id: int | None = Field(default=None, primary_key=True)
    program_id: int = parent("program", index=False)
    key: str
    name: str = _sealed(default="")
    name_hash: str = Field(default="", index=True)
    email: str = _sealed(default="")
    email_hash: str = Field(default="", index=True)
    language: str | None = None
    attributes: dict[str, str] = json_column(default_factory=dict)
    seen_at: datetime = when(default_factory=now)  # when a list last named them
    unsubscribed_at: datetime | None = when(nullable=True, default=None)
    last_contacted_at: datetime | None = when(nullable=True, default=None)


class Invitation(Base, table=True):
    """A contact invited by a personal link."""

    __table_args__ = (UniqueConstraint("link_id", "contact_id"), NEVER_AGAIN)
    id: int | None = Field(default=None, primary_key=True)
    link_id: int = parent("link", index=False)
    contact_id: int = parent("contact")
    created_at: datetime = when(default_factory=now)
    sent_at: datetime | None = when(nullable=True, default=None)
    reminded_at: datetime | None = when(nullable=True, default=None)
    opened_at: datetime | None = when(nullable=True, default=None)
    finished_at: datetime | None = when(nullable=True, default=None)
    response_id: int | None = _response_id()


class InvitationToken(Base, table=True):
    """A token of an invitation. A reminder carries a new one (the first cannot be read back); every one of them opens the same visit."""

    __tablename__ = "invitation_token"
    token_hash: str = Field(primary_key=True)
    invitation_id: int = parent("invitation")
    created_at: datetime = when(default_factory=now)


class Visit(Base, table=True):
    """One respondent's way through a version. state: opened, started, partial, finished, over (quota full at the end).

    key: the respondent of its response, unless the contact's key is. secret_hash: of the cookie that comes back to it.
    answers: the draft; emptied when the response has them. reached: the last question shown.
    """

    __table_args__ = (Index(None, "link_id", "state"), Index(None, "state", "updated_at"), NEVER_AGAIN)
    id: int | None = big_id()
    survey_version_id: int = parent("survey_version")
    link_id: int = parent("link", index=False)
    invitation_id: int | None = Field(
        default=None, sa_column=Column(ForeignKey("invitation.id", ondelete="SET NULL"), nullable=True, unique=True)
    )
    key: str = Field(unique=True)
    secret_hash: str = Field(unique=True)
    answers: dict[str, Any] = Field(default_factory=dict, sa_column=Column(SealedDocument, nullable=False))
    at_page: str = ""
    reached: str = ""
    state: str = "opened"
    language: str = ""
    device: str = ""
    started_at: datetime = when(default_factory=now)
    updated_at: datetime = when(default_factory=now)
    finished_at: datetime | None = when(nullable=True, default=None)
    seconds: int | None = None
    response_id: int | None = _response_id()
    consent_hash: str | None = None  # of the words that were agreed to (ConsentText)
    consent_at: datetime | None = when(nullable=True, default=None)


class ApiKey(Base, table=True):
    """A machine's key to one programme. prefix: its first characters, to tell keys apart. rate: requests a minute."""

    __tablename__ = "api_key"
    __table_args__ = (NEVER_AGAIN,)
    id: int | None = Field(default=None, primary_key=True)
    program_id: int = parent("program")
    name: str
    prefix: str
    key_hash: str = Field(unique=True)
    scopes: list[str] = json_column(default_factory=list)
    rate: int = 600
    created_at: datetime = when(default_factory=now)
    created_by: str = ""
    last_used_at: datetime | None = when(nullable=True, default=None)
    revoked_at: datetime | None = when(nullable=True, default=None)


class ApiRequest(Base, table=True):
    """A response that came with an idempotency key: the same key again gets the same response. body_hash: of what was sent first."""

    __tablename__ = "api_request"
    __table_args__ = (Index(None, "created_at"),)
    api_key_id: int = Field(sa_column=Column(ForeignKey("api_key.id", ondelete="CASCADE"), primary_key=True))
    key: str = Field(primary_key=True)
    body_hash: str
    response_id: int | None = _response_id()
    created_at: datetime = when(default_factory=now)


class Webhook(Base, table=True):
    """Who is told of finished responses. secret: signs the bodies, so it is kept as it is. state: on, off."""

    __table_args__ = (NEVER_AGAIN,)
    id: int | None = Field(default=None, primary_key=True)
    program_id: int = parent("program")
    url: str
    secret: str
    state: str = "on"
    created_at: datetime = when(default_factory=now)
    created_by: str = ""


class WebhookDelivery(Base, table=True):
    """One event for one webhook. state: waiting, sent, failed. The body is made from the response when it is sent."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (UniqueConstraint("webhook_id", "event", "response_id"), Index(None, "state", "next_at"), NEVER_AGAIN)
    id: int | None = big_id()
    webhook_id: int = parent("webhook", index=False)
    event: str = "response.finished"
    response_id: int = Field(sa_column=Column(Big, nullable=False))  # an erased response is a delivery that finds nothing to say
    state: str = "waiting"
    tries: int = 0
    status: int | None = None
    error: str = ""
    created_at: datetime = when(default_factory=now)
    next_at: datetime = when(default_factory=now)
    sent_at: datetime | None = when(nullable=True, default=None)


class Mail(Base, table=True):
    """A mail on its way. kind: invite, reminder; `number` counts the reminders. state: waiting, sending, sent, failed, cancelled.

    subject and body are emptied once it is sent: the body holds the personal token.
    """

    __table_args__ = (UniqueConstraint("invitation_id", "kind", "number"), Index(None, "state", "next_at"), NEVER_AGAIN)
    id: int | None = big_id()
    program_id: int = parent("program")
    contact_id: int = parent("contact")
    invitation_id: int | None = parent("invitation", nullable=True, index=False, default=None)
    kind: str = "invite"
    number: int = 0
    to: str = _sealed()
    subject: str = _sealed()
    body: str = _sealed()
    state: str = "waiting"
    tries: int = 0
    error: str = ""
    created_at: datetime = when(default_factory=now)
    next_at: datetime = when(default_factory=now)
    sent_at: datetime | None = when(nullable=True, default=None)


class MailSetting(Base, table=True):
    """How a programme writes to its customers. cap_days: an invitation only to whom no mail went for so long; remind_days: between a
    mail and the reminder after it. words: kind -> language -> {"subject", "body"}.
    """

    __tablename__ = "mail_setting"
    program_id: int = Field(sa_column=Column(ForeignKey("program.id", ondelete="CASCADE"), primary_key=True))
    cap_days: int = 30
    remind_days: int = 5
    words: dict[str, Any] = json_column(default_factory=dict)
