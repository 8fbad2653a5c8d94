"""The shapes of the API's requests and answers, as JSON Schema 2020-12 (what OpenAPI 3.1 speaks)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cxdash.respond.problems import KIND, NAMES
from cxdash.services.intake import RESPONDENT_MAX
from cxdash.services.readout import MOST_METRICS, TEXT_MAX
from cxdash.services.view import COMPARISONS, GRAINS, PRESETS

PROBLEM = "Problem"
_INT, _TEXT, _FLAG, _NUMBER = {"type": "integer"}, {"type": "string"}, {"type": "boolean"}, {"type": "number"}
_SHORT = {"type": "string", "minLength": 1, "maxLength": RESPONDENT_MAX}


def _object(required: Mapping[str, Any], optional: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """An object that has these members and no others."""
    return {"type": "object", "properties": {**required, **(optional or {})}, "required": list(required), "additionalProperties": False}


def _list(of: Any) -> dict[str, Any]:
    return {"type": "array", "items": of}


def _maybe(of: Mapping[str, Any]) -> dict[str, Any]:
    return {"anyOf": [dict(of), {"type": "null"}]}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


_TEXTS = {"type": "object", "additionalProperties": _TEXT, "description": "language → text"}
_FORMAT = {"const": 1}
_VALUE = {"anyOf": [{"type": ["integer", "number", "string", "null"]}, _list({"type": ["integer", "string"]})]}
_CHANGE = {
    "value": _maybe(_NUMBER), "ci_low": _maybe(_NUMBER), "ci_high": _maybe(_NUMBER), "p": _maybe(_NUMBER), "p_adjusted": _maybe(_NUMBER),
    "tested": _FLAG, "significant": _FLAG, "flags": _list(_TEXT),
}  # fmt: skip

SCHEMAS: Mapping[str, Any] = {
    "Response": _object(
        {"answers": {"type": "object", "additionalProperties": _VALUE, "minProperties": 1,
                     "description": "field → scale point, option(s), text; `gate:STAGE` → yes or no; null: not answered"}},
        {
            "program": {**_SHORT, "description": "the key's own; may be left out"},
            "survey": {**_SHORT, "description": "code of a published survey; may be left out where there is one"},
            "wave": {**_SHORT, "description": "code of an existing wave; default: where the survey collects now"},
            "respondent": {**_SHORT, "description": "your key of the respondent; the same one again updates the response"},
            "at": {"type": "string", "format": "date-time", "description": "when it was answered; default: now"},
            "attributes": {"type": "object", "additionalProperties": {"type": ["string", "number", "null"]}},
            "partial": {**_FLAG, "default": False, "description": "required fields may be missing"},
        },
    ),
    "Stored": _object({"format": _FORMAT, "id": _INT, "program": _TEXT, "wave": _TEXT, "respondent": _TEXT}),
    "Programs": _object({"format": _FORMAT, "programs": _list(_object({"code": _TEXT, "name": _TEXTS, "timezone": _TEXT}))}),
    "Program": _object({
        "format": _FORMAT, "code": _TEXT, "name": _TEXTS, "timezone": _TEXT,
        "stages": _list(_object({"code": _TEXT, "name": _TEXTS, "touchpoints": _list(_object(
            {"code": _TEXT, "name": _TEXTS, "domain": _maybe(_TEXT), "initiative": _maybe(_TEXT)}))})),
        "questions": _list(_object({
            "code": _TEXT, "measure": _TEXT, "wording": _TEXTS, "stage": _maybe(_TEXT),
            "scale": _maybe(_object({"lo": _INT, "hi": _INT, "direction": {"enum": ["high", "low"]}})), "options": _list(_TEXT)})),
        "attributes": _list(_object({"key": _TEXT, "name": _TEXTS, "labels": {"type": "object", "additionalProperties": _TEXTS}})),
        "waves": _list(_object({"code": _TEXT, "name": _TEXTS, "breaks": _TEXT})),
        "metrics": _list(_TEXT),
        "accepts": _list(_ref("Target")),
    }),
    "Target": _object({
        "survey": _maybe(_TEXT), "version": _INT, "wave": _maybe(_TEXT), "attributes": _list(_TEXT),
        "fields": _list(_object({
            "name": _TEXT, "kind": {"enum": ["rating", "choice", "multi", "text", "number", "gate"]}, "required": _FLAG,
            "values": _list({"type": ["string", "integer"]}), "lo": _maybe(_INT), "hi": _maybe(_INT),
            "shown_if": _maybe(_object({"field": _TEXT, "op": _TEXT, "values": _list({"type": ["string", "integer"]})}))})),
    }),
    "Figure": _object({
        "value": _maybe(_NUMBER), "ci_low": _maybe(_NUMBER), "ci_high": _maybe(_NUMBER), "n": _INT, "n_eff": _NUMBER, "n_missing": _INT,
        "unit": _TEXT, "method": _TEXT, "base": {"enum": ["hidden", "small", "caution", "ok"]}, "flags": _list(_TEXT),
    }),
    "Difference": _object(_CHANGE),
    "Metrics": _object({
        "format": _FORMAT, "program": _TEXT, "version": _INT, "query": {"type": "object", "additionalProperties": _list(_TEXT)},
        "since": _maybe({"type": "string", "format": "date"}), "until": _maybe({"type": "string", "format": "date"}),
        "compared_with": _maybe(_TEXT), "weighted": _FLAG, "responses": _INT, "responses_of_program": _INT, "by": _maybe(_TEXT),
        "values_left_out": _INT, "grain": _maybe(_TEXT),
        "metrics": _list(_object({
            "metric": _TEXT, "figure": _ref("Figure"), "before": _maybe(_ref("Figure")), "change": _maybe(_ref("Difference")),
            "groups": _list(_object({"value": _maybe(_TEXT), "figure": _ref("Figure"), "against_rest": _maybe(_ref("Difference"))})),
            "trend": _list(_object({
                "start": _maybe({"type": "string", "format": "date"}), "wave": _maybe(_TEXT), "partial": _FLAG, "breaks": _TEXT,
                "figure": _ref("Figure")})),
        })),
    }),
    "Description": {"type": "object", "required": ["openapi", "info", "paths"]},
    PROBLEM: _object(
        {"type": {"enum": [KIND + name for name in NAMES]}, "title": _TEXT, "status": _INT},
        {"detail": _TEXT, "errors": _list(_ref("Fault"))},
    ),
    "Fault": _object({
        "at": {**_TEXT, "description": "JSON pointer into the body, or the parameter"}, "code": _TEXT,
        "params": {"type": "object"}, "detail": _TEXT}),
}  # fmt: skip


def _query(name: str, schema: Mapping[str, Any], about: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "description": about, "schema": dict(schema)}


_DAY = {"type": "string", "format": "date"}
_NAME = {"type": "string", "minLength": 1, "maxLength": TEXT_MAX}
QUERY = (
    _query("program", _NAME, "The key's own; may be left out."),
    {**_query("metric", {"type": "array", "items": _NAME, "maxItems": MOST_METRICS},
              "Repeatable: nps, csat, loyalty, secure, effort, stage:CODE, touchpoint:STAGE/CODE, question:CODE. Default: headlines and "
              "stages."), "style": "form", "explode": True},
    _query("period", {"enum": list(PRESETS)}, "Default: as on the screens, the latest half year, wave, or everything."),
    _query("since", _DAY, "First day, with period=custom."),
    _query("until", _DAY, "Last day, with period=custom."),
    _query("by", _NAME, "Also per value of an attribute, of wave or of source."),
    _query("grain", {"enum": list(GRAINS)}, "Also over time."),
    _query("weighted", {"enum": ["0", "1"]}, "With the weights of the responses."),
    _query("clean", {"enum": ["0", "1"]}, "Without responses that look careless."),
    _query("vs", {"enum": list(COMPARISONS)}, "What the selection is compared with."),
    _query("vs.since", _DAY, "First day of the other period, with vs=period."),
    _query("vs.until", _DAY, "Last day of the other period."),
    {"name": "filters", "in": "query", "required": False, "style": "form", "explode": True,
     "description": "f.KEY=VALUE, repeatable: an attribute, wave, source, stage or touchpoint; v.KEY=VALUE with vs=segment.",
     "schema": {"type": "object", "propertyNames": {"pattern": "^[fv]\\..+$"}, "additionalProperties": _NAME}},
)  # fmt: skip
