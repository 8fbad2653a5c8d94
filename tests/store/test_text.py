"""JSON has one spelling, whichever way it is written."""

from __future__ import annotations

import json
import math
import random
from typing import Any

import pytest

from cxdash.store.text import dumps
from cxdash.terms import Measure

TEXTS = ("", "좋아요", 'a"\\/\n\t\x1f\x7f', "\u2028\u2029", "null", "😀", "<b>&", "1e-7")
NUMBERS = (0, -1, 2**53, 2**63 - 1, 2**64, -(2**70), 0.1 + 0.2, 1e16, 1e-7, 5e-324, -0.0, 1.0, 123456.789)


def made(chosen: random.Random, depth: int = 0) -> Any:
    kind = chosen.randrange(7 if depth < 3 else 4)
    if kind < 2:
        return chosen.choice((*NUMBERS, True, False, None))
    if kind < 4:
        return chosen.choice((*TEXTS, Measure.OTHER))
    if kind == 4:
        return [made(chosen, depth + 1) for _ in range(chosen.randrange(4))]
    if kind == 5:
        return tuple(made(chosen, depth + 1) for _ in range(chosen.randrange(3)))
    return {chosen.choice((*TEXTS, 7)): made(chosen, depth + 1) for _ in range(chosen.randrange(4))}


def test_it_is_spelt_as_the_standard_library_spells_it() -> None:
    chosen = random.Random(7)
    for _ in range(20_000):
        value = made(chosen)
        assert dumps(value) == json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


@pytest.mark.parametrize("odd", [math.nan, math.inf, {"x": [math.nan]}, {"x": -math.inf}])
def test_what_is_no_number_is_refused(odd: Any) -> None:
    with pytest.raises(ValueError, match="JSON"):
        dumps(odd)


def test_what_a_database_cannot_store_is_left_out() -> None:
    assert dumps({"a\0": "b\0c", "d": "\ud800"}) == '{"a":"bc","d":"\ufffd"}'
