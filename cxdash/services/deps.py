"""What a use case needs from the house, handed in by the composition root (`cxdash.runtime`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine

from cxdash.config import Settings
from cxdash.facts.question import Facts


@dataclass(frozen=True)
class Deps:
    """engine: the store. facts: program id -> the columnar copy of its responses. settings: frozen settings.

    forget: lets go of the copy of a programme that was removed, in memory and on disk. loaded: the copies in memory.
    catalogs: slug -> (id and data version, catalogue, the same without what names a person) of `cxdash.services.access.catalog_of`.
    """

    engine: Engine
    facts: Callable[[int], Facts]
    settings: Settings
    forget: Callable[[int], None] = lambda _program_id: None
    loaded: Callable[[], Sequence[Facts]] = tuple
    catalogs: dict[str, tuple[tuple[int, int], Any, Any]] = field(default_factory=dict, repr=False, compare=False)

    def fixed(self, program_id: int) -> Facts:
        """The facts of a programme as they are now: all questions to the result are answered from one version of the data."""
        facts = self.facts(program_id)
        current = getattr(facts, "current", None)
        return facts if current is None else current()
