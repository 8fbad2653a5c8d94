"""Composition root: settings, engine and facts are built once per process."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from cxdash.config import Settings, load_settings, settled
from cxdash.errors import ConfigError
from cxdash.facts.registry import Registry
from cxdash.services.actor import LOCAL
from cxdash.services.deps import Deps
from cxdash.services.programs import add_demo
from cxdash.store import keyed, vault
from cxdash.store.database import exists, make_engine, opening, reading, upgrade

_lock = threading.Lock()
_deps: Deps | None = None


def build(settings: Settings) -> Deps:
    """Open the store (creating or upgrading it) and the registry of facts. A new, empty store gets the demo programme.

    ConfigError when the home folder cannot be written, the database cannot be opened, or its personal data are sealed under another
    key; Conflict when another writer holds it for long.
    """
    _usable(settings.home)
    vault.use(settings)
    with opening():
        engine = make_engine(settings.database_url)
        fresh = upgrade(engine)
        with reading(engine) as session:
            keyed.box(session)  # a server with another key could store no answer: better it does not start
        registry = Registry(engine, settings)
        deps = Deps(engine, registry.facts, settings, registry.forget, registry.loaded)
        if fresh and settings.demo:
            add_demo(deps, LOCAL)
    return deps


def _usable(home: Path) -> None:
    """The home folder exists and can be written in; ConfigError otherwise."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=home):
            pass
    except OSError as error:
        raise ConfigError(
            "service.home.unusable", fix="service.home.unusable.fix", folder=str(home), detail=error.strerror or str(error)
        ) from error


def start(*, demo: bool = True) -> Deps:
    """The process's own `Deps`, built at the first call; safe from several threads. demo=False: a new store gets no demo programme."""
    global _deps
    with _lock:
        if _deps is None:
            settings = settled(load_settings())
            _deps = build(settings if demo else replace(settings, demo=False))
        return _deps


@contextmanager
def as_it_is(*, new: bool = False) -> Iterator[Deps]:
    """`Deps` on the database as it is: nothing is made, upgraded or put in. For backup, restore and check. ConfigError when the home
    folder cannot be used, or when there is no database file (unless a new one is wanted)."""
    settings = load_settings()
    _usable(settings.home)
    if not new and not exists(settings.database_url):
        raise ConfigError("care.nothing", fix="care.nothing.fix")
    settings = settled(settings)
    vault.use(settings)
    with opening():
        engine = make_engine(settings.database_url)
        registry = Registry(engine, settings)
        try:
            yield Deps(engine, registry.facts, settings, registry.forget, registry.loaded)
        finally:
            registry.close()
            engine.dispose()


@contextmanager
def looking() -> Iterator[Deps]:
    """`Deps` for commands that store nothing: where there is no database yet they get an empty one that goes with the block."""
    settings = load_settings()
    if _deps is not None or exists(settings.database_url):
        yield start(demo=False)
        return
    with tempfile.TemporaryDirectory(prefix="cxdash-look-") as folder:
        deps = build(replace(settings, home=Path(folder), database_url=f"sqlite:///{folder}/cxdash.db", facts_url="memory://", demo=False))
        try:
            yield deps
        finally:
            deps.engine.dispose()
