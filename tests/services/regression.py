"""Least squares by hand, and programmes whose answers are given: what the drivers of a programme must be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import combinations
from math import factorial

import numpy as np

from cxdash.services.deps import Deps
from cxdash.store import programs, questions, responses, tables, waves
from cxdash.store.database import writing
from tests.services.journeys import DAYS, FIRST, Item, _frame, _journey, _question

Points = Sequence[int | None]


def r2(x: np.ndarray, y: np.ndarray, w: np.ndarray) -> float:
    """Of weighted least squares with an intercept."""
    root = np.sqrt(w)[:, None]
    design = np.column_stack([np.ones(len(y)), x]) * root
    left = y * root[:, 0] - design @ np.linalg.lstsq(design, y * root[:, 0], rcond=None)[0]
    return float(1 - (left**2).sum() / (w * (y - np.average(y, weights=w)) ** 2).sum())


def slopes(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Of least squares, without the intercept."""
    found: np.ndarray = np.linalg.lstsq(np.column_stack([np.ones(len(x)), x]), y, rcond=None)[0][1:]
    return found


def by_subsets(x: np.ndarray, y: np.ndarray, w: np.ndarray) -> list[float]:
    """What each column adds to R², over all orders: every subset is a regression of its own."""
    p = x.shape[1]
    known = {s: r2(x[:, list(s)], y, w) if s else 0.0 for k in range(p + 1) for s in combinations(range(p), k)}
    return [sum(factorial(len(s)) * factorial(p - len(s) - 1) / factorial(p) * (known[tuple(sorted((*s, j)))] - known[s])
                for s in known if j not in s) for j in range(p)]


def surveyed(deps: Deps, slug: str, rated: Mapping[str, Points], told: Points | None, *, weights: Sequence[float] | None = None,
             stage: str | None = None, groups: Sequence[str] | None = None) -> None:
    """A programme with these answers: ratings on 1-7, each about a stage of its own (or all about `stage`, as its factors), and how likely
    they are to recommend on 0-10 (None: it was not asked). groups: an attribute of each."""
    items = [Item(code, stage or code, *(["t", code] if stage else []), hi=7) for code in rated]  # type: ignore[arg-type]
    items += [] if told is None else [Item("tell", measure="recommend", lo=0, hi=10)]
    columns = {**rated, **({} if told is None else {"tell": told})}
    n = len(next(iter(columns.values())))
    with writing(deps.engine) as session:
        program = programs.add_program(session, slug=slug, name={"ko": slug, "en": slug}, timezone="Asia/Seoul")
        assert program.id is not None
        ids = _journey(session, program.id, tuple(items), (stage,) if stage else tuple(rated))
        group = tables.Question(program_id=0, code="group", measure="attribute", wording={"ko": "집단", "en": "Group"})
        questions.save_questions(session, program_id=program.id, questions=[*(_question(item, ids) for item in items), group])
        wave = waves.ensure_wave(session, program_id=program.id, code="w1", name={"ko": "1차"})
        rows = [{"at": FIRST + timedelta(days=i * DAYS / n), "weight": 1.0 if weights is None else weights[i],
                 "answers": {code: values[i] for code, values in columns.items() if values[i] is not None},
                 "attributes": {"group": groups[i] if groups else "x"}} for i in range(n)]
        ver = programs.tick(session, program_id=program.id)
        responses.insert(session, program_id=program.id, wave_id=wave.id, import_id=None, source="import", ver=ver, frame=_frame(rows))
