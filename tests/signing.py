"""Somebody signed in, for tests: an account with a session in the store, and its cookie for a page that runs without a browser."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from cxdash.services import sessions as service
from cxdash.services.deps import Deps
from cxdash.store import accounts, sessions
from cxdash.store.database import writing
from cxdash.store.tokens import new_token
from cxdash.ui import state


def closed(deps: Deps) -> Deps:
    """The same house with accounts asked for."""
    return replace(deps, settings=replace(deps.settings, open=False, demo=False))


def signed_in(
    deps: Deps, role: str = "admin", *, email: str = "", programs: Sequence[str] | None = None,
    rows: Mapping[str, Sequence[str]] | None = None, grants: Sequence[str] = (), name: str = "", language: str = "",
) -> str:  # fmt: skip
    """Makes an account (unless there is one with this address) and a session of it; returns the cookie."""
    email = email or f"{role}@example.com"
    secret = new_token()
    with writing(deps.engine) as session:
        account = accounts.find_email(session, email=email) or accounts.add_account(
            session, email=email, role=role, name=name, programs=programs, rows=rows, grants=grants, language=language
        )  # fmt: skip
        sessions.add_session(session, account_id=account.id or 0, secret=secret, at=datetime.now(UTC), complete=True, via="password")
    service.changed()
    return secret


def use(monkeypatch: pytest.MonkeyPatch, secret: str | None) -> None:
    """Pages run from now on as who has this cookie; None: as nobody."""
    monkeypatch.setattr(state, "cookie", lambda: secret)
