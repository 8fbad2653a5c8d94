"""Webhooks: who is told of finished responses, what they are told, and what became of it. Who carries it: cxdash/respond/courier.py."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlmodel import Session

from cxdash.errors import Conflict
from cxdash.services import audit
from cxdash.services.access import program_of
from cxdash.services.actor import Actor, Permission, require
from cxdash.services.deps import Deps
from cxdash.store import keys, programs, responses, waves, webhooks
from cxdash.store.collect_tables import Webhook, WebhookDelivery
from cxdash.store.database import answering, reading, writing
from cxdash.store.text import dumps

URL_MAX = 1_000
MOST = 20  # webhooks of a programme
LOG = 100  # deliveries shown
TEST = "test"
FORMAT = 1
CLAIMED = 10  # deliveries of one round
LOG_KEPT, WORDS_KEPT = timedelta(days=30), timedelta(days=7)
HELD = timedelta(minutes=10)  # a delivery that nobody reported on, its process having died, is made again after this


@dataclass(frozen=True)
class HookInfo:
    """secret: signs the bodies; whoever manages the programme may see it again. state: on, off."""

    id: int
    url: str
    secret: str
    state: str
    created_at: datetime
    created_by: str


@dataclass(frozen=True)
class DeliveryInfo:
    """One line of the log. state: waiting, sent, failed. status: HTTP status of the last try; error: key of why it failed, or its text."""

    id: int
    response_id: int
    state: str
    tries: int
    status: int | None
    error: str
    created_at: datetime
    next_at: datetime
    sent_at: datetime | None


@dataclass(frozen=True)
class Parcel:
    """What is to be sent where. id: of the delivery, the same at every try. body: None when the response was erased since."""

    id: int
    url: str
    secret: str
    event: str
    body: bytes | None


@dataclass(frozen=True)
class Receipt:
    """What became of a parcel. status: None when there was no HTTP answer. error: key of a message, "" when it was taken."""

    status: int | None
    error: str = ""

    @property
    def taken(self) -> bool:
        return not self.error


def signature(secret: str, at: int, body: bytes) -> str:
    """The value of the signature's header: HMAC-SHA256 over "timestamp.body", in hexadecimal.

    >>> signature("s", 1, b"{}")
    't=1,v1=b253639bcd705ed1cda3073f66104f16988bd40272584dea7d0d345ae93e61cc'
    """
    mac = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256)
    return f"t={at},v1={mac.hexdigest()}"


# ---------------------------------------------------------------- managing


def list_hooks(deps: Deps, actor: Actor, *, program: str) -> tuple[HookInfo, ...]:
    """In the order they were made."""
    require(actor, Permission.MANAGE_PROGRAM)
    with reading(deps.engine) as session:
        return tuple(_info(row) for row in webhooks.list_webhooks(session, program_id=_program(session, actor, program)))


def add_hook(deps: Deps, actor: Actor, *, program: str, url: str) -> HookInfo:
    """A new webhook, switched on. Conflict: no usable address, no https (unless the installation allows the own network), too many."""
    require(actor, Permission.MANAGE_PROGRAM)
    url = checked_url(url, private=deps.settings.webhook_private)
    with writing(deps.engine) as session:
        program_id = _program(session, actor, program)
        known = webhooks.list_webhooks(session, program_id=program_id)
        if len(known) >= MOST:
            raise Conflict("api.hook.many", most=MOST)
        if any(row.url == url for row in known):
            raise Conflict("api.hook.twice", url=url)
        made = webhooks.add_webhook(session, program_id=program_id, url=url, by=actor.name)
        audit.record(session, actor, "webhook.add", f"webhook:{made.id}", after={"program": program})
        return _info(made)


def switch_hook(deps: Deps, actor: Actor, *, program: str, hook_id: int, on: bool) -> None:
    """Off: nothing is sent and nothing new is noted; what waits goes out when it is on again."""
    require(actor, Permission.MANAGE_PROGRAM)
    with writing(deps.engine) as session:
        state = webhooks.ON if on else webhooks.OFF
        webhooks.set_state(session, program_id=_program(session, actor, program), webhook_id=hook_id, state=state)
        audit.record(session, actor, "webhook.switch", f"webhook:{hook_id}", after={"state": state})


def delete_hook(deps: Deps, actor: Actor, *, program: str, hook_id: int) -> None:
    """With its log."""
    require(actor, Permission.MANAGE_PROGRAM)
    with writing(deps.engine) as session:
        webhooks.delete_webhook(session, program_id=_program(session, actor, program), webhook_id=hook_id)
        audit.record(session, actor, "webhook.delete", f"webhook:{hook_id}")


def hook_log(deps: Deps, actor: Actor, *, program: str, hook_id: int) -> tuple[DeliveryInfo, ...]:
    """The newest deliveries first."""
    require(actor, Permission.MANAGE_PROGRAM)
    with reading(deps.engine) as session:
        webhooks.get_webhook(session, program_id=_program(session, actor, program), webhook_id=hook_id)
        return tuple(_delivery(row) for row in webhooks.log(session, webhook_id=hook_id, most=LOG))


def test_hook(deps: Deps, actor: Actor, *, program: str, hook_id: int, send: Callable[[Parcel], Receipt]) -> Receipt:
    """Sends a signed test event now, and says what came back. send: of `cxdash.respond.outside`."""
    require(actor, Permission.MANAGE_PROGRAM)
    with reading(deps.engine) as session:
        row = webhooks.get_webhook(session, program_id=_program(session, actor, program), webhook_id=hook_id)
        slug = programs.find_program(session, slug_or_id=row.program_id).slug
    body = dumps({"format": FORMAT, "event": TEST, "delivery": 0, "program": slug}).encode()
    return send(Parcel(0, row.url, row.secret, TEST, body))


def checked_url(url: str, *, private: bool) -> str:
    """The address without blanks around it. Conflict when nothing may be sent there; what its name stands for is looked at when sending."""
    url = url.strip()
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname or ""
        host.encode("idna")
    except (ValueError, UnicodeError):
        raise Conflict("api.hook.url") from None
    plain = url.isascii() and url.isprintable() and " " not in url and "\\" not in url and len(url) <= URL_MAX
    if not plain or not host or port == 0 or parts.username is not None or parts.password is not None or parts.fragment:
        raise Conflict("api.hook.url")
    if parts.scheme != "https" and not (private and parts.scheme == "http"):
        raise Conflict("api.hook.https")
    return url


# ---------------------------------------------------------------- carrying: nobody asks for it, the process does it


def waiting(deps: Deps, *, now: datetime | None = None) -> bool:
    """Whether a delivery is due: a look that does not write."""
    with reading(deps.engine) as session:
        return webhooks.any_due(session, at=now or datetime.now(UTC))


def claim(deps: Deps, *, now: datetime | None = None) -> list[Parcel]:
    """Deliveries that are due, held for this process until `report`."""
    at = now or datetime.now(UTC)
    with answering(deps.engine, patience=5) as session:
        taken = webhooks.claim(session, at=at, most=CLAIMED, hold=HELD)
        return [Parcel(d.id or 0, w.url, w.secret, d.event, _body(session, d, w)) for d, w in taken]


def report(deps: Deps, parcel: Parcel, receipt: Receipt, *, now: datetime | None = None) -> None:
    """Writes down what became of a parcel. Not taken: again after 10 s, 40 s, 160 s …, eight times in all; never without a response."""
    at = now or datetime.now(UTC)
    with answering(deps.engine, patience=5) as session:
        if receipt.taken:
            webhooks.delivered(session, delivery_id=parcel.id, at=at, status=receipt.status or 0)
        else:
            webhooks.failed(session, delivery_id=parcel.id, at=at, status=receipt.status, error=receipt.error, final=parcel.body is None)


def tidy(deps: Deps, *, now: datetime | None = None) -> None:
    """Forgets what is over: lines of the log after 30 days, idempotency keys after 7. Nobody asks for it, the process does it."""
    at = now or datetime.now(UTC)
    with answering(deps.engine, patience=5) as session:
        webhooks.forget(session, before=at - LOG_KEPT)
        keys.forget(session, before=at - WORDS_KEPT)


def _body(session: Session, delivery: WebhookDelivery, webhook: Webhook) -> bytes | None:
    """The event as JSON, made of the response as it is now; None when the response was erased since."""
    frame = responses.documents(session, ids=[delivery.response_id], program_id=webhook.program_id)
    if frame.is_empty():
        return None
    row = frame.row(0, named=True)
    codes = {wave.id: wave.code for wave in waves.list_waves(session, program_id=webhook.program_id)}
    at = row["at"]
    told: dict[str, Any] = {
        "id": row["id"], "wave": codes.get(row["wave_id"], ""), "source": row["source"], "respondent": row["respondent"],
        "at": at.astimezone(UTC).isoformat() if at else None, "attributes": json.loads(row["attributes"]),
        "answers": json.loads(row["answers"]),
    }  # fmt: skip
    slug = programs.find_program(session, slug_or_id=webhook.program_id).slug
    return dumps({"format": FORMAT, "event": delivery.event, "delivery": delivery.id, "program": slug, "response": told}).encode()


def _program(session: Session, actor: Actor, program: str) -> int:
    return program_of(session, actor, program).id or 0


def _info(row: Webhook) -> HookInfo:
    return HookInfo(row.id or 0, row.url, row.secret, row.state, row.created_at, row.created_by)


def _delivery(row: WebhookDelivery) -> DeliveryInfo:
    return DeliveryInfo(
        row.id or 0, row.response_id, row.state, row.tries, row.status, row.error, row.created_at, row.next_at, row.sent_at
    )
