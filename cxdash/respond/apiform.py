"""The API's JSON: what is read from a request, and how results are written."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from cxdash.respond.problems import Problem
from cxdash.services.catalog import Catalog, QuestionInfo
from cxdash.services.intake import Stored, Target
from cxdash.services.metric import metrics_of
from cxdash.services.overview import TrendPoint
from cxdash.services.readout import Measured, Readout
from cxdash.services.segments import Segment
from cxdash.stats.figure import Difference, Figure
from cxdash.survey.flow import visible
from cxdash.survey.form import GATE, NO, YES, FormQuestion

FORMAT = 1


class _Twice(ValueError):
    pass


def read_body(body: bytes) -> dict[str, Any]:
    """The JSON object of a body. Problem "malformed": not UTF-8, not JSON, NaN, a member twice, or not an object."""
    try:
        found = json.loads(body.decode("utf-8"), parse_constant=_no_number, object_pairs_hook=_once)
    except (ValueError, RecursionError):  # UnicodeDecodeError, JSONDecodeError, and numbers of more digits than Python reads
        raise Problem("malformed", "api.problem.not_json") from None
    if not isinstance(found, dict):
        raise Problem("malformed", "api.problem.not_object")
    return found


def _no_number(text: str) -> float:
    raise ValueError(text)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):  # which one is meant? two readers might take two different ones
        raise _Twice
    return found


def stored_json(stored: Stored, program: str) -> dict[str, Any]:
    return {"format": FORMAT, "id": stored.id, "program": program, "wave": stored.wave, "respondent": stored.respondent}


# ---------------------------------------------------------------- programmes


def programs_json(catalogs: Sequence[Catalog]) -> dict[str, Any]:
    return {"format": FORMAT, "programs": [{"code": c.slug, "name": dict(c.name), "timezone": c.timezone} for c in catalogs]}


def program_json(catalog: Catalog, targets: Sequence[Target]) -> dict[str, Any]:
    """What the programme consists of, and the fields that POST /responses takes."""
    return {
        "format": FORMAT,
        "code": catalog.slug,
        "name": dict(catalog.name),
        "timezone": catalog.timezone,
        "stages": [{"code": s.code, "name": dict(s.name), "touchpoints": _touchpoints(catalog, s.code)} for s in catalog.stages],
        "questions": [_question(q) for q in catalog.questions],
        "attributes": [{"key": a.key, "name": dict(a.wording), "labels": _plain(a.labels)} for a in catalog.attributes],
        "waves": [{"code": w.code, "name": dict(w.name), "breaks": w.breaks} for w in catalog.waves],
        "metrics": list(metrics_of(catalog)),
        "accepts": [_target(target) for target in targets],
    }


def _touchpoints(catalog: Catalog, stage: str) -> list[dict[str, Any]]:
    return [{"code": t.key.partition("/")[2], "name": dict(t.name), "domain": t.domain, "initiative": t.initiative}
            for t in catalog.touchpoints if t.stage == stage]


def _question(question: QuestionInfo) -> dict[str, Any]:
    scale = question.scale
    return {
        "code": question.code, "measure": str(question.measure), "wording": dict(question.wording), "stage": question.stage,
        "scale": {"lo": scale.lo, "hi": scale.hi, "direction": str(scale.direction)} if scale else None, "options": list(question.options),
    }  # fmt: skip


def _plain(labels: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    return {language: dict(texts) for language, texts in labels.items()}


def _target(target: Target) -> dict[str, Any]:
    waves = {w.id: w.code for w in target.catalog.waves}
    fields = [_field(target, name) for name in visible(target.form, {})]
    return {"survey": target.survey, "version": target.version.number, "wave": waves.get(target.wave_id or 0), "fields": fields,
            "attributes": sorted(target.extra)}


def _field(target: Target, name: str) -> dict[str, Any]:
    if name.startswith(GATE):
        return {"name": name, "kind": "gate", "required": True, "values": [YES, NO], "lo": None, "hi": None, "shown_if": None}
    question = target.form.by_code[name]
    lo, hi = (question.scale.lo, question.scale.hi) if question.scale else (None, None)
    return {"name": name, "kind": question.kind, "required": question.required, "values": [o.value for o in question.options], "lo": lo,
            "hi": hi, "shown_if": _shown_if(question)}


def _shown_if(question: FormQuestion) -> dict[str, Any] | None:
    condition = question.show_if
    return {"field": condition.question, "op": condition.op, "values": list(condition.values)} if condition else None


# ---------------------------------------------------------------- figures


def readout_json(found: Readout) -> dict[str, Any]:
    scope = found.scope
    return {
        "format": FORMAT,
        "program": found.catalog.slug,
        "version": found.version,
        "query": {name: values for name, values in found.view.to_query().items() if name not in ("program", "metric")},
        "since": _iso(scope.since),
        "until": _iso(scope.until),
        "compared_with": scope.comparison or None,
        "weighted": found.view.weighted,
        "responses": found.responses,
        "responses_of_program": found.total,
        "by": found.by,
        "values_left_out": found.left_out,
        "grain": found.grain,
        "metrics": [_measured(one) for one in found.measured],
    }


def _measured(one: Measured) -> dict[str, Any]:
    return {
        "metric": one.metric,
        "figure": figure_json(one.figure),
        "before": one.before and figure_json(one.before),
        "change": _difference(one.change),
        "groups": [_segment(segment) for segment in one.segments],
        "trend": [_point(point) for point in one.trend],
    }


def figure_json(figure: Figure) -> dict[str, Any]:
    """value and interval are null where the base is under the minimum; `base` says what the base allows."""
    return {
        "value": figure.value, "ci_low": figure.ci_low, "ci_high": figure.ci_high, "n": figure.n, "n_eff": figure.n_eff,
        "n_missing": figure.n_missing, "unit": figure.unit, "method": figure.method, "base": figure.base, "flags": list(figure.flags),
    }  # fmt: skip


def _difference(change: Difference | None) -> dict[str, Any] | None:
    if change is None:
        return None
    return {
        "value": change.value, "ci_low": change.ci_low, "ci_high": change.ci_high, "p": change.p, "p_adjusted": change.p_adjusted,
        "tested": change.tested, "significant": change.significant, "flags": list(change.flags),
    }  # fmt: skip


def _segment(segment: Segment) -> dict[str, Any]:
    """The group's figure, and its difference from all the others together."""
    return {"value": segment.value, "figure": figure_json(segment.figure), "against_rest": _difference(segment.rest)}


def _point(point: TrendPoint) -> dict[str, Any]:
    return {"start": _iso(point.start), "wave": point.wave, "partial": point.partial, "breaks": point.breaks,
            "figure": figure_json(point.figure)}


def _iso(day: Any) -> str | None:
    return day.isoformat() if day else None
