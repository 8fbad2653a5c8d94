"""The table of shared links: a view for people without an account."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column
from sqlmodel import Field

from cxdash.store.tables import NEVER_AGAIN, Base, json_column, now, parent, when


class Share(Base, table=True):
    """A link to one view of one programme, read only. Its token is kept as a hash, its password as a slow one.

    page, query: the page it was made on and its view. rows: attribute -> values that its maker could see: it never shows more.
    shown: what a frozen link shows, as it was drawn when it was made; nothing for a live one, which is drawn anew. tries: wrong passwords
    one after another, the last at tried_at.
    """

    __table_args__ = (NEVER_AGAIN,)
    id: int | None = Field(default=None, primary_key=True)
    program_id: int = parent("program")
    token_hash: str = Field(unique=True)
    name: str
    page: str
    query: dict[str, Any] = json_column(default_factory=dict)
    rows: dict[str, Any] = json_column(default_factory=dict)
    live: bool = False
    language: str = "ko"
    password_hash: str | None = None
    shown: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True), nullable=True))
    version: int = 0
    created_at: datetime = when(default_factory=now)
    created_by: str = ""
    expires_at: datetime = when()
    revoked_at: datetime | None = when(nullable=True, default=None)
    revoked_by: str = ""
    opened: int = 0
    opened_at: datetime | None = when(nullable=True, default=None)
    tries: int = 0
    tried_at: datetime | None = when(nullable=True, default=None)
