"""Every cache under people of different scopes and roles who take turns: each is told what nobody's cache would tell them."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from cxdash import config, runtime
from cxdash.services.actor import Actor, RoleName, rows_of
from cxdash.services.deps import Deps
from cxdash.services.view import View
from cxdash.ui import cache, kept, state

VIEW = View(program="demo", period="all")
SCREEN: Mapping[str, Callable[[], Any]] = {
    "programs": lambda: cache.programs(),
    "catalog": lambda: cache.catalog("demo"),
    "overview_of": lambda: cache.overview_of(VIEW),
    "journey_of_screen": lambda: cache.journey_of_screen(),
    "stage_of_screen": lambda: cache.stage_of_screen(cache.catalog("demo").stages[0].code),
    "options": lambda: cache.options(cache.catalog("demo")),
    "segments_of_screen": lambda: cache.segments_of_screen(),
    "drivers_of_screen": lambda: cache.drivers_of_screen(),
    "driver_model_of_screen": lambda: cache.driver_model_of_screen("stages"),
    "driver_contrasts_of_screen": lambda: cache.driver_contrasts_of_screen(),
    "reliabilities_of_screen": lambda: cache.reliabilities_of_screen(),
    "priorities_of_screen": lambda: cache.priorities_of_screen(),
    "derived_of_screen": lambda: cache.derived_of_screen(),
    "gaps_of_screen": lambda: cache.gaps_of_screen(),
    "loyalty_of_screen": lambda: cache.loyalty_of_screen(),
    "benchmarks_of_screen": lambda: cache.benchmarks_of_screen(),
    "yardsticks_of": lambda: cache.yardsticks_of(cache.catalog("demo")),
    "draft_of": lambda: cache.draft_of(VIEW),
    "ledger_of": lambda: cache.ledger_of(cache.catalog("demo"), 10, 1),
    "trends_of": lambda: cache.trends_of(VIEW),
    "compare_of": lambda: cache.compare_of(VIEW),
    "quality_of_screen": lambda: cache.quality_of_screen(),
    "marked_of_screen": lambda: cache.marked_of_screen(None, 1),
    "weights_of_screen": lambda: cache.weights_of_screen(),
    "bounds_of": lambda: cache.bounds_of(cache.catalog("demo")),
    "targets_of": lambda: cache.targets_of(cache.catalog("demo")),
    "targets_of_screen": lambda: cache.targets_of_screen(),
}
# What holds nothing of a programme: an address, a number, words that are handed in. `paper` is drawn of a result that was handed in.
OTHERS = {"page", "version", "poster", "paper", "clear", "targets_changed", "yardsticks_changed"}
SAME = {"programs", "catalog", "yardsticks_of", "ledger_of", "targets_of"}  # what is the same for all who may see the programme
_VERSION_ONLY = {"_version", "_poster"}


def people() -> dict[str, Actor]:
    def who(role: RoleName, **rows: tuple[str, ...]) -> Actor:
        return Actor(str(role), role, rows=rows_of(rows))

    return {
        "all": who(RoleName.ANALYST), "vip": who(RoleName.ANALYST, tier=("vip",)), "gold": who(RoleName.ANALYST, tier=("gold",)),
        "viewer": who(RoleName.VIEWER), "nowhere": Actor("n", RoleName.ADMIN, programs=("nowhere",)),
    }  # fmt: skip


def told(ask: Callable[[], Any]) -> str:
    """What somebody is told, or the error they get."""
    try:
        return repr(ask())
    except Exception as error:
        return f"{type(error).__name__} {error}"


@pytest.fixture
def turns(deps: Deps, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Actor], None]]:
    """turns(actor): from now on it is this one who asks. Figures are of the demo programme, some tiers of which have names of their own."""
    monkeypatch.setattr(runtime, "_deps", deps)
    monkeypatch.setattr(state, "view", lambda: VIEW)
    yield lambda actor: monkeypatch.setattr(state, "actor", lambda: actor)
    kept.clear()


def test_every_public_cache_is_tried() -> None:
    here = {name for name, found in inspect.getmembers(cache, inspect.isfunction) if found.__module__ == cache.__name__}
    public = {name for name in here if not name.startswith("_")}
    assert public == set(SCREEN) | OTHERS, public ^ (set(SCREEN) | OTHERS)


def tiers(turns: Callable[[Actor], None]) -> dict[str, Actor]:
    """The people, with the two largest tiers there are."""
    found = people()
    turns(found["all"])
    values = cache.options(cache.catalog("demo")).values["tier"]
    for name, value in zip(("vip", "gold"), values, strict=False):
        found[name] = Actor(name, RoleName.ANALYST, rows=rows_of({"tier": (value,)}))
    return found


def test_two_scopes_take_turns_in_every_cache(turns: Callable[[Actor], None]) -> None:
    kept.clear()
    everybody, alone = tiers(turns), {}
    for name, actor in everybody.items():
        kept.clear()
        turns(actor)
        alone[name] = {what: told(ask) for what, ask in SCREEN.items()}
    differing = {what for what in SCREEN if len({alone[name][what] for name in ("all", "vip", "gold")}) == 3}
    refused_or_none = {"weights_of_screen", "stage_of_screen", "reliabilities_of_screen", "marked_of_screen", "driver_model_of_screen"}
    assert differing >= set(SCREEN) - SAME - refused_or_none, differing
    assert all("NotFound" in alone["nowhere"][what] or alone["nowhere"][what] == "[]" for what in SCREEN), alone["nowhere"]
    kept.clear()
    for name in [*everybody, *reversed(everybody), *everybody]:
        turns(everybody[name])
        for what, ask in SCREEN.items():
            assert told(ask) == alone[name][what], (name, what)


def test_every_cache_is_kept_by_what_the_actor_may_see() -> None:
    """Read from the source: the first key is an actor, and it is always the sight of who asks."""
    tree = ast.parse((config.PACKAGE / "ui" / "cache.py").read_text(encoding="utf-8"))
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    cached = {f.name: f for f in functions if any(ast.unparse(d).startswith("kept(") for d in f.decorator_list)}
    assert len(cached) > 10
    for name, function in cached.items():
        if name not in _VERSION_ONLY:
            assert function.args.args[0].arg == "actor", name
    for function in functions:
        own = {t.id for node in ast.walk(function) if isinstance(node, ast.Assign) and "_sight()" in ast.unparse(node.value)
               for target in node.targets for t in ast.walk(target) if isinstance(t, ast.Name)}  # fmt: skip
        for call in (n for n in ast.walk(function) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id in cached):
            if call.func.id not in _VERSION_ONLY:  # type: ignore[attr-defined]
                assert ast.unparse(call.args[0]) in {"_sight()", *own}, (function.name, ast.unparse(call))
