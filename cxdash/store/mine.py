"""The words that respondents agreed to, each wording once."""

from __future__ import annotations

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from cxdash.store import bulk
from cxdash.store.people_tables import ConsentText
from cxdash.store.tables import now
from cxdash.store.text import clean


def keep_words(session: Session, *, key: str, language: str, words: str) -> None:
    """Keeps a wording unless it is kept already, also when another process does so at this moment."""
    insert = (sqlite if bulk.is_sqlite(session) else postgresql).insert(ConsentText.__table__)  # type: ignore[attr-defined]
    values = {"hash": key, "language": language, "words": clean(words), "first_at": now()}
    session.execute(insert.values(**values).on_conflict_do_nothing(index_elements=["hash"]))
