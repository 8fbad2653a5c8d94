"""What a use case needs from the house, handed in by the composition root (`cxdash.runtime`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Engine

from cxdash.config import Settings
from cxdash.facts.question import Facts


@dataclass(frozen=True)
class Deps:
    """engine: the store. facts: program id -> the columnar copy of its responses. settings: frozen settings."""

    engine: Engine
    facts: Callable[[int], Facts]
    settings: Settings
