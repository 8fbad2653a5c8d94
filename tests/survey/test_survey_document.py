"""The document of a questionnaire: the same again after a round trip; whatever else it holds is refused by name."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from cxdash import i18n
from cxdash.errors import FileDamaged
from cxdash.survey.document import dumps, from_document, loads, to_document
from cxdash.survey.form import Condition, Form, FormSettings
from tests.survey.forms import CUSTOMER, forms, multi, rating, stage

FORM = Form(
    title={"ko": "조사", "en": "Survey"},
    stages=(stage("S", 2, audience="existing", gate=True),),
    questions=(CUSTOMER, rating("A", stage="S", labels={"ko": {1: "나쁨", 5: "좋음"}}), multi("M", 2, show_if=Condition("A", "at_most", (2,)))),
    settings=FormSettings(("satisfaction",), False, 5),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(forms())
@settings(max_examples=200, deadline=None)
def test_round_trip(form: Form) -> None:
    document = json.loads(json.dumps(to_document(form)))
    assert from_document(document) == form
    assert to_document(from_document(document)) == document
    assert loads(dumps(form)) == form


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [path, *(place for key, value in inner for place in places(value, (*path, key)))]


def put(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    copy = dict(document) if isinstance(document, dict) else list(document)
    copy[path[0]] = put(copy[path[0]], path[1:], value)
    return copy


@given(st.data(), JSON)
@settings(max_examples=400, deadline=None)
def test_anything_anywhere_is_read_or_refused_by_name(data: st.DataObject, junk: object) -> None:
    document = to_document(FORM)
    path = data.draw(st.sampled_from(places(document)))
    try:
        form = from_document(put(document, path, junk))
    except FileDamaged as error:
        for lang in ("ko", "en"):
            assert i18n.said(error, lang)
    else:
        assert from_document(json.loads(dumps(form))) == form


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_unknown_keys_are_refused_everywhere(data: st.DataObject) -> None:
    """Except where the keys are languages or points of a scale."""
    document = to_document(FORM)
    free = {"name", "title", "wording", "label", "labels"}
    inside = [path for path in places(document) if isinstance(at(document, path), dict) and not free & set(path)]
    path = data.draw(st.sampled_from(inside))
    with pytest.raises(FileDamaged) as caught:
        from_document(put(document, path, {**at(document, path), "extra": 1}))
    assert caught.value.key == "form.document.unknown" and caught.value.params["found"] == "extra"


def at(document: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        document = document[key]
    return document


@pytest.mark.parametrize(
    ("path", "value", "where"),
    [
        (("questions", 1, "scale", "lo"), 9, "questions[1].scale"),
        (("questions", 1, "scale", "hi"), 5.0, "questions[1].scale.hi"),
        (("questions", 1, "scale", "hi"), True, "questions[1].scale.hi"),
        (("questions", 1, "labels", "ko"), {"one": "x"}, "questions[1].labels.ko.one"),
        (("questions", 0, "kind"), "essay", "questions[0].kind"),
        (("questions", 0, "code"), None, "questions[0].code"),
        (("stages", 0, "audience"), "nobody", "stages[0].audience"),
        (("stages", 0, "gate"), 1, "stages[0].gate"),
        (("title", "ko"), "\ud800", "title.ko"),
        (("title", "ko"), "가" * 10_001, "title.ko"),
        (("languages",), ["ko", "ko"], "languages"),
        (("questions",), [{}] * 20_001, "questions"),
        (("settings", "minutes"), 0, "settings.minutes"),
    ],
)
def test_the_place_of_the_fault_is_named(path: tuple[Any, ...], value: Any, where: str) -> None:
    with pytest.raises(FileDamaged) as caught:
        from_document(put(to_document(FORM), path, value))
    assert caught.value.params["where"] == where


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, '{"format": 1' + "0" * 9_000 + "}", '{"format": 2}', "null", "NaN"])
def test_what_is_no_document_is_refused(text: str) -> None:
    with pytest.raises(FileDamaged):
        loads(text)
