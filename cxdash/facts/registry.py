"""Which facts answer for a programme: made at the first question, kept while in use, chosen by CXDASH_FACTS_URL."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from sqlalchemy import Engine

from cxdash.errors import ConfigError
from cxdash.facts.memory import MemoryFacts
from cxdash.facts.question import Facts
from cxdash.facts.schema import Source
from cxdash.facts.snapshot import SnapshotFile, forget
from cxdash.facts.spark import SparkEngine
from cxdash.facts.store_source import StoreSource

LIMIT = 8  # programmes kept in memory at once; the one unused longest goes first
ENGINES = ("memory://", "spark://MASTER?data=FOLDER")


class ClosingFacts(Facts, Protocol):
    def close(self) -> None: ...


class HasFactsSettings(Protocol):
    """What the registry reads of `cxdash.config.Settings`."""

    @property
    def home(self) -> Path: ...

    @property
    def facts_url(self) -> str: ...


class Registry:
    """Program id -> facts. Safe from several threads; two programmes load side by side.

    ConfigError "facts.engine.unknown" for another kind of URL, "facts.engine.missing" when the engine is not installed.
    """

    def __init__(self, engine: Engine, settings: HasFactsSettings, *, limit: int = LIMIT) -> None:
        self._home, self._limit = settings.home, limit
        self._open: Callable[[int], Source] = lambda program_id: StoreSource(engine, program_id)
        self._make = self._maker(settings.facts_url)
        self._lock = threading.Lock()
        self._known: OrderedDict[int, ClosingFacts] = OrderedDict()

    def facts(self, program_id: int) -> Facts:
        """The facts of a programme. NotFound when it does not exist."""
        with self._lock:
            if program_id in self._known:
                self._known.move_to_end(program_id)
                return self._known[program_id]
        made = self._make(program_id)  # cheap: nothing is loaded before the first question
        with self._lock:
            kept = self._known.setdefault(program_id, made)
            self._known.move_to_end(program_id)
            gone = [self._known.popitem(last=False)[1] for _ in range(len(self._known) - self._limit)]
        for facts in gone:
            facts.close()
        return kept

    def loaded(self) -> list[Facts]:
        """What is in memory now."""
        with self._lock:
            return list(self._known.values())

    def forget(self, program_id: int) -> None:
        """Lets go of a programme, in memory and on disk: call it when one is removed or responses of it were erased."""
        with self._lock:
            gone = self._known.pop(program_id, None)
        if gone is not None:
            gone.close()
        forget(self._home, program_id)

    def close(self) -> None:
        """Stops everything that runs in the background."""
        with self._lock:
            gone = list(self._known.values())
            self._known.clear()
        for facts in gone:
            facts.close()

    def _maker(self, url: str) -> Callable[[int], ClosingFacts]:
        scheme, separator, rest = url.partition("://")
        if scheme == "memory" and separator and not rest.strip("/"):
            return self._in_memory
        if scheme == "spark" and separator:
            cluster = SparkEngine(rest)
            return lambda program_id: cluster.facts(self._open(program_id), program_id)
        raise ConfigError("facts.engine.unknown", url=url, known=", ".join(ENGINES))

    def _in_memory(self, program_id: int) -> MemoryFacts:
        source = self._open(program_id)
        return MemoryFacts(source, SnapshotFile(self._home, program_id, source.identity))
