"""The tables of persons' rights: the log of what was done, the keys that personal data are kept under.

The log is append-only: triggers refuse to change or delete a row, on SQLite and on PostgreSQL (migration 0006). Every row holds the hash
of the row before it, so a changed row breaks the chain, and the head holds the newest hash under a key of the installation, so a log cut
off at its end is noticed too.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, Index
from sqlmodel import Field

from cxdash.store.tables import Base, Big, now, when


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


class AuditHead(Base, table=True):
    """The end of the chain, one row: how many entries there are, the newest hash, and both under a key of the installation.

    Who writes an entry holds this row until the commit, so entries of several processes follow one another.
    """

    __tablename__ = "audit_head"
    id: int = Field(default=1, primary_key=True)
    length: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    hash: str = ""
    seal: str = ""
