"""What SQLite keeps beside its file: the write-ahead log still holds pages as they were before something was erased."""

from __future__ import annotations

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from cxdash.store.database import HELD

_PATIENCE = 2000  # ms


def flush(engine: Engine) -> bool:
    """Writes the log into the database file, whose freed places are overwritten (secure_delete), and empties it. False when somebody
    reads an older state right now: then the next one does it. PostgreSQL's VACUUM and its log are the server's own business."""
    if engine.dialect.name != "sqlite":
        return True
    raw = engine.raw_connection()
    try:
        driver = raw.driver_connection
        assert driver is not None
        raw.info.pop(HELD, None)
        driver.execute(f"PRAGMA busy_timeout={_PATIENCE}")
        busy, _, _ = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy
    except (DBAPIError, OSError):
        return False
    finally:
        raw.close()
