"""Reference values computed by other software (R, scipy), read from the shared folder; tests skip, saying so, without it."""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
FILE = Path(os.environ.get("CXDASH_SHARED_DATA") or REPOSITORY.parent / "shared" / "data").resolve().parent / "reference_values.json"


@cache
def _document() -> dict[str, Any]:
    return json.loads(FILE.read_text(encoding="utf-8"))


def document() -> dict[str, Any]:
    if not FILE.is_file():
        pytest.skip(f"the shared reference values are not here ({FILE.name}); set CXDASH_SHARED_DATA")
    return _document()


class Case:
    """One reference case: `given` is its input, `check` compares with its expectation at its tolerance."""

    def __init__(self, name: str) -> None:
        found = {c["id"]: c for c in document()["cases"]}[name]
        self.given: dict[str, Any] = found["input"]
        self.expected: dict[str, Any] = found["expected"]
        self.tolerance: float = found["tolerance"]["abs"] or 1e-9

    def check(self, name: str, actual: Any) -> None:
        _same(actual, self.expected[name], self.tolerance, name)


def _same(actual: Any, expected: Any, tolerance: float, name: str) -> None:
    if isinstance(expected, dict):
        assert set(actual) == set(expected), name
        for key, value in expected.items():
            _same(actual[key], value, tolerance, f"{name}.{key}")
    elif isinstance(expected, list):
        assert len(actual) == len(expected), name
        for i, value in enumerate(expected):
            _same(actual[i], value, tolerance, f"{name}[{i}]")
    elif expected is None or isinstance(expected, str):
        assert actual == expected, name
    else:
        assert actual == pytest.approx(expected, rel=0, abs=tolerance), name
