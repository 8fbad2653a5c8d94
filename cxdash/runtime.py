"""Composition root: settings, engine and facts are built once per process."""

from __future__ import annotations

import threading

from cxdash.config import Settings, load_settings
from cxdash.facts.registry import Registry
from cxdash.services.actor import LOCAL
from cxdash.services.deps import Deps
from cxdash.services.programs import add_demo
from cxdash.store.database import make_engine, upgrade

_lock = threading.Lock()
_deps: Deps | None = None


def build(settings: Settings) -> Deps:
    """Open the store (creating or upgrading it) and the registry of facts. A new, empty store gets the demo programme."""
    settings.home.mkdir(parents=True, exist_ok=True)
    engine = make_engine(settings.database_url)
    fresh = upgrade(engine)
    registry = Registry(engine, settings)
    deps = Deps(engine, registry.facts, settings)
    if fresh and settings.demo:
        add_demo(deps, LOCAL)
    return deps


def start() -> Deps:
    """The process's own `Deps`, built at the first call; safe from several threads."""
    global _deps
    with _lock:
        if _deps is None:
            _deps = build(load_settings())
        return _deps
