"""What may lie beside the database after somebody was erased: uploads that nobody finished, and the database's own log."""

from __future__ import annotations

import time
from pathlib import Path

from cxdash.services.deps import Deps
from cxdash.store import leftovers as store

SCRATCH = "scratch"
UPLOAD = "upload-"
DAY, HOUR = 86_400.0, 3_600.0  # seconds


def sweep(home: Path, *, older: float = DAY) -> int:
    """Deletes uploads and half-made imports that nobody has touched for so many seconds. How many files and folders."""
    before, gone = time.time() - older, 0
    found = sorted((home / SCRATCH).rglob("*"), reverse=True)  # a folder behind what is in it
    for path in [one for one in found if _touched(one) < before]:
        try:
            path.rmdir() if path.is_dir() else path.unlink()
            gone += 1
        except OSError:  # another process was quicker, or a folder is in use
            continue
    return gone


def _touched(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return time.time()


def after_erasing(deps: Deps) -> None:
    """Nothing of the person is left in files of ours. An upload somebody is at right now stays; it is deleted with its import."""
    sweep(deps.settings.home, older=HOUR)
    store.flush(deps.engine)
