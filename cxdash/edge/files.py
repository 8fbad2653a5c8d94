"""Files made for downloads and pictures belong to whom they were made for: the session, with the rights it had then.

Streamlit gives a file to whoever knows its address. Here its holders are kept beside it and the guard asks for them; a download that is
made when it is asked for is not made for a session that is over or has other rights by now.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Hashable
from typing import Any

from streamlit.runtime import Runtime
from streamlit.runtime import memory_media_file_storage as storage
from streamlit.runtime.media_file_manager import MediaFileManager, _get_session_id
from streamlit.runtime.media_file_storage import MediaFileStorageError

MEDIA = "/media/"
KEPT = 60.0  # seconds that a file made on request waits to be fetched: between, others' scripts end and would sweep it away
_WHOLE = 1 << 62  # bytes up to which a file's name is made of all of it; Streamlit makes the names of large ones of three samples


class OwnFiles(MediaFileManager):
    """holder: whose a tab is now (`Tabs.standing_of`); None for nobody."""

    def __init__(self, kept: Any, holder: Callable[..., Hashable | None]) -> None:
        super().__init__(kept)
        self._holder = holder
        self._holders: dict[str, set[Hashable]] = {}
        self._asked: dict[str, Hashable | None] = {}  # of a download that was offered: by whom
        self._made: dict[str, float] = {}
        self._guarding = threading.Lock()

    def add(self, *given: Any, **named: Any) -> str:
        url = super().add(*given, **named)
        self._note(url, self._holder(_get_session_id()))
        return url

    def add_deferred(self, *given: Any, **named: Any) -> str:
        offer = super().add_deferred(*given, **named)
        with self._guarding:
            self._asked[offer] = self._holder(_get_session_id())
        return offer

    def execute_deferred(self, file_id: str) -> str:
        with self._lock:
            entry = self._deferred_callables.get(file_id)
        with self._guarding:
            holder = self._asked.get(file_id)
        if entry is None or holder is None or self._holder(entry["session_id"], fresh=True) != holder:
            raise MediaFileStorageError("not offered to this session, or not any more")
        url = super().execute_deferred(file_id)
        with self._guarding:
            self._made[_named(url)] = time.monotonic()
        self._note(url, holder)
        return url

    def holds(self, path: str, holder: Hashable | None) -> bool:
        """Whether the file of this address was made for this holder."""
        with self._guarding:
            return holder is not None and holder in self._holders.get(_named(path), ())

    def _note(self, url: str, holder: Hashable | None) -> None:
        if holder is not None:
            with self._guarding:
                self._holders.setdefault(_named(url), set()).add(holder)

    def _get_inactive_file_ids(self) -> set[str]:
        now = time.monotonic()
        with self._guarding:
            waiting = {name for name, at in self._made.items() if now - at < KEPT}
        return super()._get_inactive_file_ids() - waiting

    def _delete_file(self, file_id: str) -> None:
        super()._delete_file(file_id)
        with self._guarding:
            self._holders.pop(file_id, None)
            self._made.pop(file_id, None)

    def _drop_deferred_id(self, file_id: str) -> None:
        super()._drop_deferred_id(file_id)
        with self._guarding:
            self._asked.pop(file_id, None)


def install(holder: Callable[..., Hashable | None]) -> None:
    """Puts `OwnFiles` in the place of Streamlit's own (1.67 has no public way). Before the first session; without it nobody gets a file."""
    if not Runtime.exists():
        return
    runtime = Runtime.instance()
    storage._PARTIAL_HASH_THRESHOLD = _WHOLE  # type: ignore[misc]
    runtime._media_file_mgr = OwnFiles(runtime.media_file_mgr._storage, holder)


def holds(path: str, holder: Hashable | None) -> bool:
    """Whether a file's address is this holder's; nobody's before `install`."""
    files = Runtime.instance().media_file_mgr if Runtime.exists() else None
    return isinstance(files, OwnFiles) and files.holds(path, holder)


def _named(path: str) -> str:
    """The name under which the storage keeps the file of an address: what it would look for itself."""
    return os.path.splitext(path.removeprefix(MEDIA))[0]
