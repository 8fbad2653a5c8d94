"""The tables of persons' rights: the log of what was done, the keys that personal data are kept under.

The log is append-only: triggers refuse to change or delete a row, on SQLite and on PostgreSQL (migration 0006). Every row holds the hash
of the row before it, so a changed row breaks the chain, and the head holds the newest hash under a key of the installation, so a log cut
off at its end is noticed too.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, Index
from sqlmodel import Field

from cxdash.store.tables import NEVER_AGAIN, Base, Big, big_id, now, parent, when


def _noted() -> Any:
    return Field(default=None, sa_column=Column(JSON(none_as_null=True), nullable=True))


class Audit(Base, table=True):
    """One thing somebody did. id: its place in the chain, from 1 without a gap. before, after: small objects without personal values.

    previous, hash: SHA-256 in hexadecimal, of the row before and of this one (cxdash.store.audit has the rule).
    """

    __table_args__ = (Index(None, "at"),)
    id: int | None = Field(default=None, sa_column=Column(Big, primary_key=True, autoincrement=False))
    at: datetime = when(default_factory=now)
    who: str = ""
    account_id: int | None = None
    role: str = ""
    address: str = ""
    action: str
    about: str = ""
    before: dict[str, Any] | None = _noted()
    after: dict[str, Any] | None = _noted()
    previous: str
    hash: str


class Keyring(Base, table=True):
    """A key that this database needs for itself, sealed (see cxdash.store.vault). name: "index", what hashes are made with."""

    name: str = Field(primary_key=True)
    sealed: str
    created_at: datetime = when(default_factory=now)


class AuditHead(Base, table=True):
    """The end of the chain, one row: how many entries there are, the newest hash, and both under a key of the installation.

    Who writes an entry holds this row until the commit, so entries of several processes follow one another.
    """

    __tablename__ = "audit_head"
    id: int = Field(default=1, primary_key=True)
    length: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    hash: str = ""
    seal: str = ""


class Retention(Base, table=True):
    """How long a programme keeps what, in days; None: for ever. personal: keys, names, addresses and comments (responses become
    anonymous, customers go); drafts: answers of visits that were never finished; responses: whole responses."""

    program_id: int = Field(sa_column=Column(ForeignKey("program.id", ondelete="CASCADE"), primary_key=True))
    personal_days: int | None = None
    draft_days: int | None = None
    response_days: int | None = None
    updated_at: datetime = when(default_factory=now)
    updated_by: str = ""


class Erasure(Base, table=True):
    """Responses that were erased or made anonymous, for whoever asks why a figure moved: how many and when, never whose.

    kind: erased, anonymised (for a person), withdrawn (by the respondent), expired (by retention). ver: on the programme's clock.
    """

    __table_args__ = (Index(None, "program_id", "ver"), NEVER_AGAIN)
    id: int | None = big_id()
    program_id: int = parent("program", index=False)
    at: datetime = when(default_factory=now)
    ver: int
    kind: str
    responses: int


class ConsentText(Base, table=True):
    """The words somebody agreed to, once per wording. hash: SHA-256 of language and words; visits keep it with the time."""

    __tablename__ = "consent_text"
    hash: str = Field(primary_key=True)
    language: str
    words: str
    first_at: datetime = when(default_factory=now)


class Duty(Base, table=True):
    """Something that is done now and then by one process at a time. held_until: who began it has it until then; done_at: the last time."""

    name: str = Field(primary_key=True)
    held_until: datetime | None = when(nullable=True, default=None)
    done_at: datetime | None = when(nullable=True, default=None)
