"""Survey files and programmes for tests: small, but shaped like the real ones."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

from cxdash.ingest.json_form import mapping_from_json
from cxdash.ingest.plan import Mapping as FileMap
from cxdash.services import imports, metrics
from cxdash.services.actor import LOCAL
from cxdash.services.deps import Deps

COLUMNS: tuple[dict[str, Any], ...] = (
    {"header": "고객번호", "role": "respondent"},
    {"header": "응답일", "role": "date", "date_format": "ymd"},
    {"header": "지점", "role": "attribute", "code": "branch"},
    {"header": "추천", "role": "rating", "code": "nps", "measure": "recommend", "scale": {"lo": 0, "hi": 10}},
    {"header": "전반", "role": "rating", "code": "all", "measure": "overall", "scale": {"lo": 1, "hi": 5, "direction": "low"}},
    {
        "header": "배송",
        "role": "rating",
        "code": "ship",
        "measure": "satisfaction",
        "stage": "배송",
        "scale": {"lo": 1, "hi": 7},
        "missing": ["99"],
    },
    {"header": "이용 채널", "role": "multi", "code": "used", "separator": ",", "codes": {"앱": 1, "매장": 2}},
    {"header": "의견", "role": "comment", "code": "why"},
    {"header": "가중", "role": "weight"},
)
HEADERS = tuple(c["header"] for c in COLUMNS)


def mapping(*changes: Mapping[str, Any], headers: Sequence[str] = HEADERS) -> FileMap:
    """The mapping of `rows`, with columns changed by header."""
    by_header = {c["header"]: c for c in changes}
    return mapping_from_json({"columns": [{**c, **by_header.get(c["header"], {})} for c in COLUMNS if c["header"] in headers]})


def rows(n: int, *, first: int = 1, seed: int = 1) -> list[list[str]]:
    """n answers of customers C<first>…, a few cells blank."""
    chance = Random(seed)
    made = []
    for i in range(first, first + n):
        day = f"2026-{chance.randint(1, 6):02}-{chance.randint(1, 28):02}"
        used = ", ".join(chance.sample(["앱", "매장"], chance.randint(1, 2)))
        made.append(
            [
                f"C{i}",
                day,
                chance.choice(["강남", "부산"]),
                str(chance.choice([*range(11), 9, 10, 10])),
                str(chance.randint(1, 5)),
                chance.choice(["1", "4", "6", "7", "99", ""]),
                used,
                chance.choice(["", "좋아요", "느려요"]),
                f"{chance.uniform(0.5, 2):.3f}",
            ]
        )
    return made


def write(path: Path, data: Sequence[Sequence[str]], headers: Sequence[str] = HEADERS) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([headers, *data])
    return path


def bring(
    deps: Deps, path: Path, *, program: str = "가게", wave: str = "1차", chosen: FileMap | None = None, **order: Any
) -> imports.ImportResult:
    """Import with the mapping of COLUMNS (or another)."""
    given = imports.Order(program, wave, chosen or mapping(), **order)
    return imports.commit(deps, LOCAL, path, name=path.name, order=given)


def figures(deps: Deps, program: str = "가게", **options: Any) -> metrics.Metrics:
    return metrics.metrics(deps, LOCAL, program=program, **options)


def told(found: metrics.Metrics) -> Any:
    """All numbers of an answer, comparable; without the data version."""
    return found.total, found.groups, found.where


def stored(deps: Deps) -> dict[str, int]:
    """Rows of every table: what a refused or interrupted import must not change."""
    from sqlalchemy import func, select

    from cxdash.store.tables import Base

    with deps.engine.connect() as connection:
        tables = [t for t in Base.metadata.sorted_tables if not t.name.startswith(("audit", "keyring"))]  # the log stays
        return {t.name: connection.execute(select(func.count()).select_from(t)).scalar_one() for t in tables}
