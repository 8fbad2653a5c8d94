"""`cxdash check`: is the store whole, is the installation sane. Reads everything, changes nothing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cxdash.config import DEVELOPMENT_SECRET
from cxdash.facts import snapshot
from cxdash.services import audit
from cxdash.services.actor import Actor, Permission, require
from cxdash.services.deps import Deps
from cxdash.store import database, soundness
from cxdash.store.soundness import Soundness

GOOD, NOTE, BAD = "good", "note", "bad"
_SPACE_BAD, _SPACE_NOTE = 200_000_000, 2_000_000_000  # bytes


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. level: good, note (worth knowing), bad (must be mended). key and params: the sentence."""

    level: str
    key: str
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Checkup:
    findings: tuple[Finding, ...]

    @property
    def sound(self) -> bool:
        return all(finding.level != BAD for finding in self.findings)


def check(deps: Deps, actor: Actor) -> Checkup:
    """Everything, in the order in which one would mend it. Raises nothing about the store: what is wrong with it is a finding."""
    require(actor, Permission.BACKUP)
    try:
        with database.opening():
            found = soundness.look(deps.engine)
    except Exception as error:
        said = str(getattr(error, "params", {}).get("detail") or type(error).__name__)
        return Checkup((Finding(BAD, "care.check.unreadable", {"detail": said}), *_place(deps, 0)))
    inside = (*_store(found), *_audit(deps, actor, found), *_sealed(found))
    return Checkup((*inside, *_place(deps, found.size), *_snapshots(deps), *_settings(deps)))


def _store(found: Soundness) -> Iterator[Finding]:
    if found.faults:
        yield Finding(BAD, "care.check.integrity", {"n": len(found.faults), "first": found.faults[0]})
    else:
        yield Finding(GOOD, "care.check.integrity_good")
    if found.version is None:
        yield Finding(NOTE, "care.check.no_tables")
    elif found.version != found.newest:
        newer = found.version > found.newest
        key = "care.check.schema_newer" if newer else "care.check.schema_older"
        yield Finding(BAD if newer else NOTE, key, {"version": found.version, "newest": found.newest})
    else:
        yield Finding(GOOD, "care.check.schema_good", {"version": found.version})
    for lost in found.orphans:
        yield Finding(BAD, "care.check.orphans", {"table": lost.table, "column": lost.column, "parent": lost.parent, "n": lost.n})
    if not found.orphans and not found.faults:
        yield Finding(GOOD, "care.check.orphans_good")
    if found.ahead:
        yield Finding(BAD, "care.check.ahead", {"n": found.ahead})
    if found.documents:
        yield Finding(BAD, "care.check.documents", {"n": found.documents})


def _audit(deps: Deps, actor: Actor, found: Soundness) -> Iterator[Finding]:
    if found.version != found.newest or found.faults:
        return  # it could not be read as this version writes it
    verified = audit.verify(deps, actor)
    if verified.broken is None:
        yield Finding(GOOD, "care.check.audit_good", {"n": verified.length})
    else:
        key = {"entry": "care.check.audit_entry", "link": "care.check.audit_link", "cut": "care.check.audit_cut"}
        yield Finding(BAD, key.get(verified.broken.why, "care.check.audit_seal"), {"id": str(verified.broken.id)})


def _sealed(found: Soundness) -> Iterator[Finding]:
    """Do the keys of the environment fit what is sealed?"""
    seen = found.sealed
    if seen is None:
        return
    names = {"name": "CXDASH_PERSONAL_KEY", "other": "CXDASH_SECRET"}
    if not seen.opens:
        yield Finding(BAD, "care.check.personal_wrong", names)
        return
    if seen.lost:
        yield Finding(BAD, "care.check.personal_lost", {"n": seen.lost, **names})
    if seen.former:
        yield Finding(NOTE, "care.check.personal_former", {"n": seen.former, "command": "cxdash rotate-key"})
    if not seen.lost:
        yield Finding(GOOD, "care.check.personal_good")


def _place(deps: Deps, size: int) -> Iterator[Finding]:
    home = deps.settings.home
    if not os.access(home, os.W_OK | os.X_OK):
        yield Finding(BAD, "care.check.home", {"folder": str(home)})
        return
    free = shutil.disk_usage(home).free
    level = BAD if free < _SPACE_BAD else NOTE if free < max(_SPACE_NOTE, 2 * size) else GOOD
    key = "care.check.space_good" if level == GOOD else "care.check.space"
    yield Finding(level, key, {"free": _megabytes(free), "folder": str(home)})


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.0f}"


def _snapshots(deps: Deps) -> Iterator[Finding]:
    broken = [path.name for path in _files(deps.settings.home) if not snapshot.is_whole(path)]
    if broken:
        yield Finding(NOTE, "care.check.snapshot", {"files": ", ".join(broken[:5])})
    else:
        yield Finding(GOOD, "care.check.snapshot_good")


def _files(home: Path) -> list[Path]:
    return sorted((home / snapshot.FOLDER).glob("program-*.snapshot"))


def _settings(deps: Deps) -> Iterator[Finding]:
    settings = deps.settings
    if settings.secret == DEVELOPMENT_SECRET:
        yield Finding(NOTE, "care.check.secret", {"name": "CXDASH_SECRET"})
    if settings.production and not settings.personal_key:
        yield Finding(NOTE, "care.check.personal_none", {"name": "CXDASH_PERSONAL_KEY", "other": "CXDASH_SECRET"})
    if settings.production and not settings.public_url:
        yield Finding(NOTE, "care.check.public_url", {"name": "CXDASH_PUBLIC_URL"})
    if settings.production and settings.public_url.startswith("http://"):
        yield Finding(NOTE, "care.check.plain_http", {"name": "CXDASH_PUBLIC_URL"})
    yield Finding(GOOD, "care.check.settings_good")
