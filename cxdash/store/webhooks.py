"""Webhooks and their deliveries. A delivery is claimed before it is made, so that two processes do not make it at once."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, bindparam, delete, insert, select, update
from sqlmodel import Session, col

from cxdash.errors import NotFound
from cxdash.store import direct
from cxdash.store.collect_tables import Webhook, WebhookDelivery
from cxdash.store.tables import now
from cxdash.store.text import clean, listed

ON, OFF = "on", "off"
WAITING, SENT, FAILED = "waiting", "sent", "failed"
FINISHED = "response.finished"
MOST_TRIES = 8
_QUIET = {"synchronize_session": False}


def add_webhook(session: Session, *, program_id: int, url: str, by: str = "") -> Webhook:
    """A new webhook with its own secret for signing."""
    made = Webhook(program_id=program_id, url=clean(url).strip(), secret=secrets.token_urlsafe(32), created_by=clean(by))
    session.add(made)
    session.flush()
    return made


def list_webhooks(session: Session, *, program_id: int) -> list[Webhook]:
    """In the order they were made."""
    return list(session.scalars(select(Webhook).where(col(Webhook.program_id) == program_id).order_by(col(Webhook.id))))


def get_webhook(session: Session, *, program_id: int, webhook_id: int) -> Webhook:
    """NotFound when the programme has no such webhook."""
    found = session.get(Webhook, webhook_id)
    if found is None or found.program_id != program_id:
        raise NotFound("store.webhook.unknown", name=str(webhook_id), known=listed(()))
    return found


def set_state(session: Session, *, program_id: int, webhook_id: int, state: str) -> None:
    """on or off; what is waiting waits."""
    get_webhook(session, program_id=program_id, webhook_id=webhook_id).state = state
    session.flush()


def delete_webhook(session: Session, *, program_id: int, webhook_id: int) -> None:
    """With its log."""
    session.delete(get_webhook(session, program_id=program_id, webhook_id=webhook_id))
    session.flush()


def tell(session: Session, *, program_id: int, response_ids: Iterable[int], event: str = FINISHED) -> int:
    """A delivery of each response for each webhook that is on, in the transaction that stores the response. Returns how many."""
    on = [row[0] for row in direct.rows(session, *asked(program_id))]
    if not on:
        return 0
    fixed = {"event": event, "state": WAITING, "tries": 0, "error": "", "created_at": now(), "next_at": now()}
    rows = [{**fixed, "webhook_id": webhook_id, "response_id": key} for webhook_id in on for key in dict.fromkeys(response_ids)]
    known = _known(session, event, on, [r["response_id"] for r in rows]) if rows else set()
    rows = [row for row in rows if (row["webhook_id"], row["response_id"]) not in known]
    if rows:
        session.execute(insert(WebhookDelivery), rows)
    return len(rows)


def asked(program_id: int) -> direct.Asked:
    """What `tell` asks first."""
    return _on(), {"program": program_id, "state": ON}


@lru_cache
def _on() -> Select[Any]:
    """Made once: every group of answers asks for it."""
    hooks = Webhook.__table__  # type: ignore[attr-defined]
    return select(hooks.c.id).where(hooks.c.program_id == bindparam("program"), hooks.c.state == bindparam("state")).order_by(hooks.c.id)


def any_due(session: Session, *, at: datetime) -> bool:
    """Whether `claim` would find something: asked without writing."""
    due = select(WebhookDelivery.id).join(Webhook, col(Webhook.id) == col(WebhookDelivery.webhook_id))
    here = (col(WebhookDelivery.state) == WAITING, col(WebhookDelivery.next_at) <= at, col(Webhook.state) == ON)
    return session.scalar(due.where(*here).limit(1)) is not None


def claim(
    session: Session, *, at: datetime, most: int = 20, hold: timedelta = timedelta(minutes=2)
) -> list[tuple[WebhookDelivery, Webhook]]:
    """Deliveries that are due, the oldest first, held until `delivered` or `failed`, or due again after `hold`."""
    due = (
        select(WebhookDelivery.id)
        .join(Webhook, col(Webhook.id) == col(WebhookDelivery.webhook_id))
        .where(col(WebhookDelivery.state) == WAITING, col(WebhookDelivery.next_at) <= at, col(Webhook.state) == ON)
        .order_by(col(WebhookDelivery.next_at), col(WebhookDelivery.id))
        .limit(most)
    )
    ids = list(session.scalars(due.with_for_update(skip_locked=True, of=WebhookDelivery)))
    taken = update(WebhookDelivery).where(col(WebhookDelivery.id).in_(ids)).values(next_at=at + hold, tries=WebhookDelivery.tries + 1)
    session.execute(taken, execution_options=_QUIET)
    query = select(WebhookDelivery, Webhook).join(Webhook, col(Webhook.id) == col(WebhookDelivery.webhook_id))
    found = session.execute(query.where(col(WebhookDelivery.id).in_(ids)).order_by(col(WebhookDelivery.id)))
    return [(delivery, webhook) for delivery, webhook in found]


def delivered(session: Session, *, delivery_id: int, at: datetime, status: int) -> None:
    """The other side took it."""
    values = {"state": SENT, "status": status, "error": "", "sent_at": at}
    session.execute(update(WebhookDelivery).where(col(WebhookDelivery.id) == delivery_id).values(**values), execution_options=_QUIET)


def failed(session: Session, *, delivery_id: int, at: datetime, status: int | None, error: str, final: bool = False) -> None:
    """Not taken: tried again after 10 s, 40 s, 160 s … at most MOST_TRIES times; not again when `final`."""
    delivery = session.get(WebhookDelivery, delivery_id)
    if delivery is None:
        return
    delivery.status, delivery.error = status, clean(error)[:500]
    delivery.next_at = at + timedelta(seconds=10 * 4 ** max(delivery.tries - 1, 0))
    delivery.state = WAITING if delivery.tries < MOST_TRIES and not final else FAILED
    session.flush()


def log(session: Session, *, webhook_id: int, most: int = 100) -> list[WebhookDelivery]:
    """The newest deliveries first."""
    query = select(WebhookDelivery).where(col(WebhookDelivery.webhook_id) == webhook_id)
    return list(session.scalars(query.order_by(col(WebhookDelivery.id).desc()).limit(most)))


def forget(session: Session, *, before: datetime) -> int:
    """Drops deliveries of the log that ended before that: taken or given up. Returns how many."""
    ended = delete(WebhookDelivery).where(col(WebhookDelivery.state).in_((SENT, FAILED)), col(WebhookDelivery.next_at) < before)
    return int(session.execute(ended, execution_options=_QUIET).rowcount)  # type: ignore[attr-defined]


def _known(session: Session, event: str, webhook_ids: list[int], response_ids: list[int]) -> set[tuple[int, int]]:
    query = select(WebhookDelivery.webhook_id, WebhookDelivery.response_id).where(
        col(WebhookDelivery.event) == event,
        col(WebhookDelivery.webhook_id).in_(webhook_ids),
        col(WebhookDelivery.response_id).in_(response_ids),
    )
    return {(webhook_id, response_id) for webhook_id, response_id in session.execute(query)}
