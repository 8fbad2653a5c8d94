"""Facts in memory: a polars frame per programme that follows the store.

Before every question the clock is compared. When it moved, one thread pulls what changed and swaps the frame; who asks meanwhile
waits for it (an answer older than the import just committed would be wrong), who is already counting keeps the frame it has.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass

import polars as pl

from cxdash.facts.answers import Following
from cxdash.facts.frame import append, derive, parts, whole
from cxdash.facts.ruled import RuledFacts
from cxdash.facts.schema import FactsSchema, Reading, Source
from cxdash.facts.snapshot import SnapshotFile

SNAPSHOT_SECONDS = 60.0  # between two snapshots of a programme
CLOSE_SECONDS = 30.0  # that closing waits for one being written
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class State:
    """One version of the data. broken: values found in the documents that could not be used, since the last full load."""

    frame: pl.DataFrame
    schema: FactsSchema
    version: int
    broken: int

    @property
    def keys(self) -> tuple[str, str]:
        return self.schema.rows_key, self.schema.derived_key


class MemoryFacts(Following):
    """`Facts` of one programme, as fresh as its source.

    source: where responses come from. snapshot: where a copy is kept, or None. snapshot_seconds: shortest time between two copies.
    """

    def __init__(self, source: Source, snapshot: SnapshotFile | None = None, *, snapshot_seconds: float = SNAPSHOT_SECONDS) -> None:
        self._source, self._snapshot, self._pause = source, snapshot, snapshot_seconds
        self._refreshing = threading.Lock()
        self._saving = threading.Lock()
        self._state: State | None = None
        self._answers: RuledFacts | None = None
        self._timer: threading.Timer | None = None
        self._saved: tuple[int, float] = (-1, -float("inf"))  # version and time of the last snapshot
        self._closed = False

    def current(self) -> RuledFacts:
        """The newest data, fixed: several questions to the result are answered from one version."""
        answers = self._answers
        if answers is not None and answers.version() == self._source.clock():
            return answers
        with self._refreshing:
            if self._answers is None or self._answers.version() != self._source.clock():
                self._take(self._refreshed())
            assert self._answers is not None
            return self._answers

    def broken(self) -> int:
        """How many stored values could not be used (not a point of the scale, damaged document …) since the last full load."""
        self.current()
        return self._state.broken if self._state else 0

    @property
    def height(self) -> int:
        """Responses in the copy as it is now, without a look at the store."""
        return self._state.frame.height if self._state else 0

    def save(self) -> None:
        """Writes the snapshot now, unless the newest is written already."""
        state = self._state
        if self._snapshot is None or state is None:
            return
        with self._saving:
            if self._saved[0] == state.version:
                return
            try:
                self._publish(state, self._snapshot)
                self._saved = (state.version, time.monotonic())
            except OSError as error:  # a full disk must not take the answers away
                log.warning("facts: no snapshot written: %s", error)

    def close(self) -> None:
        """Stops what runs in the background; a copy being written is finished first."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer.join(CLOSE_SECONDS)

    def _refreshed(self) -> State:
        """The state of now, made from the state before, else from the snapshot, else from everything."""
        with self._source.read() as reading:
            schema, clock = reading.schema(), reading.clock()
            old = self._state
            if old is None or old.schema.rows_key != schema.rows_key or old.version > clock:
                old, derived = self._restored(schema, clock)
            else:
                derived = old.keys == (schema.rows_key, schema.derived_key)
            if old is not None:
                followed = self._followed(old, derived, reading, schema, clock)
                if old is self._state or len(followed.frame) == reading.size():
                    return followed
                self._discard()  # a snapshot of another history, such as a database restored from a backup
            part = parts(reading.pull(0), schema)
            return State(whole(part, schema), schema, clock, part.broken)

    def _restored(self, schema: FactsSchema, clock: int) -> tuple[State | None, bool]:
        found = self._snapshot.load(schema) if self._snapshot else None
        if found is None or found.version > clock:
            self._discard()  # it may hold what was erased since
            return None, False
        self._saved = (found.version, time.monotonic())
        return State(found.frame, schema, found.version, found.broken), found.derived

    def _followed(self, old: State, derived: bool, reading: Reading, schema: FactsSchema, clock: int) -> State:
        gone = reading.erased(old.version)
        if gone:  # what was erased must not be found on disk either
            self._discard()
        part = parts(reading.pull(old.version), schema)
        if len(part.frame) or gone:
            frame = append(old.frame, part, gone, schema, derived=derived)
        else:
            frame = old.frame if derived else derive(old.frame, schema)
        return State(frame, schema, clock, old.broken + part.broken)

    def _discard(self) -> None:
        if self._snapshot is not None:
            self._saved = (-1, self._saved[1])
            try:
                self._snapshot.delete()
            except OSError as error:
                log.error("facts: a snapshot that must go could not be deleted: %s", error)

    def _take(self, state: State) -> None:
        self._state = state
        self._answers = RuledFacts(state.frame, state.schema, state.version)
        self._plan_saving()

    def _plan_saving(self) -> None:
        """In the background, and at most once per pause: a survey that collects answers changes every second."""
        if self._snapshot is None or self._closed or (self._timer is not None and self._timer.is_alive()):
            return
        if self._state is None or self._saved[0] == self._state.version:
            return
        wait = max(0.0, self._saved[1] + self._pause - time.monotonic())
        self._timer = threading.Timer(wait, self._save_quietly)
        self._timer.daemon = True
        self._timer.start()

    def _save_quietly(self) -> None:
        """In a thread nobody waits for: the copy is a convenience, so whatever goes wrong is told to the log."""
        try:
            self.save()
        except Exception:
            log.exception("facts: no snapshot written")

    def _publish(self, state: State, snapshot: SnapshotFile) -> None:
        """Writes, then looks whether somebody erased meanwhile: whoever erases after the look deletes the file themselves."""
        snapshot.save(state.frame, state.schema, state.version, state.broken)
        try:
            with self._source.read() as reading:
                overtaken = bool(reading.erased(state.version))
        except BaseException:
            snapshot.delete()
            raise
        if overtaken:
            snapshot.delete()
