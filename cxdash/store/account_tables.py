"""The tables of accounts: who may come in, what opens the door, who is inside.

Passwords are kept as Argon2id, random tokens, session ids and recovery codes as SHA-256 only, the secret of a second factor sealed with a
key of the environment. Whom failed attempts are counted for stands there as a keyed hash, so that the table names nobody.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, Column, Index, UniqueConstraint
from sqlmodel import Field

from cxdash.store.tables import NEVER_AGAIN, Base, big_id, json_column, now, parent, when


class Account(Base, table=True):
    """A person. email: casefolded. state: invited (nothing opens it yet), active, disabled. origin: local, oidc (its role follows groups).

    programs: slugs of the programmes it may see, None for all. rows: attribute -> values it may see. grants: what its role alone
    does not give.
    totp_step: the newest step of time whose code was taken, so that no code is taken twice. totp_on: the second factor is asked for.
    """

    __table_args__ = (NEVER_AGAIN,)
    id: int | None = Field(default=None, primary_key=True)
    email: str = Field(unique=True)
    name: str = ""
    role: str
    programs: list[str] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True), nullable=True))
    rows: dict[str, list[str]] = json_column(default_factory=dict)
    grants: list[str] = json_column(default_factory=list)
    password_hash: str | None = None
    totp_secret: str | None = None
    totp_on: bool = False
    totp_step: int = 0
    state: str = "active"
    origin: str = "local"
    language: str = ""
    created_at: datetime = when(default_factory=now)
    updated_at: datetime = when(default_factory=now)
    signed_in_at: datetime | None = when(nullable=True, default=None)


class AccountSession(Base, table=True):
    """One browser that signed in. complete: False while the second factor is still asked for; such a session opens nothing."""

    __tablename__ = "account_session"
    __table_args__ = (Index(None, "account_id", "ended_at"), NEVER_AGAIN)
    id: int | None = big_id()
    account_id: int = parent("account", index=False)
    id_hash: str = Field(unique=True)
    complete: bool = True
    via: str = "password"
    address: str = ""
    agent: str = ""
    tries: int = 0
    created_at: datetime = when(default_factory=now)
    seen_at: datetime = when(default_factory=now)
    ended_at: datetime | None = when(nullable=True, default=None)


class AccountToken(Base, table=True):
    """A link that sets a password once. kind: invite, reset."""

    __tablename__ = "account_token"
    __table_args__ = (NEVER_AGAIN,)
    id: int | None = Field(default=None, primary_key=True)
    account_id: int = parent("account")
    kind: str
    token_hash: str = Field(unique=True)
    created_at: datetime = when(default_factory=now)
    created_by: str = ""
    expires_at: datetime = when()
    used_at: datetime | None = when(nullable=True, default=None)


class RecoveryCode(Base, table=True):
    """What replaces the second factor once."""

    __tablename__ = "recovery_code"
    __table_args__ = (NEVER_AGAIN,)
    id: int | None = Field(default=None, primary_key=True)
    account_id: int = parent("account")
    code_hash: str = Field(unique=True)
    used_at: datetime | None = when(nullable=True, default=None)


class OidcIdentity(Base, table=True):
    """Who an account is for a company's sign-in."""

    __tablename__ = "oidc_identity"
    __table_args__ = (UniqueConstraint("issuer", "subject"), NEVER_AGAIN)
    id: int | None = Field(default=None, primary_key=True)
    account_id: int = parent("account")
    issuer: str
    subject: str
    created_at: datetime = when(default_factory=now)


class SignInAttempt(Base, table=True):
    """Failures in a row of one account, one source, or one account from one source. who: a keyed hash."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = (Index(None, "last_at"),)
    who: str = Field(primary_key=True)
    failures: int = 0
    last_at: datetime = when(default_factory=now)
    until: datetime | None = when(nullable=True, default=None)

