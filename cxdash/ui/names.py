"""What filter keys and their values are called on screen: the programme's own words, and ours for what every programme has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from cxdash import i18n
from cxdash.facts.question import NONE, SOURCE, STAGE, TOUCHPOINT, WAVE
from cxdash.services.catalog import Catalog, QuestionInfo
from cxdash.services.metric import NAMED
from cxdash.services.options import Options
from cxdash.terms import Measure
from cxdash.ui import state

_OWN = {WAVE: "filter.wave", SOURCE: "filter.source", STAGE: "filter.stage", TOUCHPOINT: "filter.touchpoint"}
_SOURCES = {"import": "filter.source.import", "sms": "filter.source.sms", "email": "filter.source.email", "qr": "filter.source.qr"}
_BY_WORDING = (Measure.COMMENT, Measure.MULTI, Measure.OTHER, Measure.ATTRIBUTE)
_LONGEST, _WORDING = 40, 48


def title(options: Options, key: str) -> str:
    """The attribute's name; wave and source in our words."""
    return state.say(_OWN[key]) if key in _OWN else options.title(key, state.language())


def label(options: Options, key: str, value: str | None) -> str:
    """The value's name; an absent one is said, not left blank."""
    if value is None or value == NONE:
        return state.say("filter.none")
    if key == SOURCE and value in _SOURCES:
        return state.say(_SOURCES[value])
    return options.label(key, value, state.language())


def question(catalog: Catalog, asked: QuestionInfo) -> str:
    """A short name: what is measured and at which stage; comments and choices go by their wording."""
    if asked.measure in _BY_WORDING:
        return short(state.local(asked.wording) or asked.code, _LONGEST)
    measured = i18n.text(f"common.measure.{asked.measure}", state.language())
    stage = next((state.local(s.name) for s in catalog.stages if s.code == asked.stage), "")
    return f"{stage} {measured}" if stage else measured


def metric(catalog: Catalog, name: str) -> str:
    """What a metric (`cxdash.services.metric`) is called; its name as it stands where the programme does not have it."""
    if name in NAMED:
        return i18n.text(f"overview.metric.{name}", state.language())
    what, _, code = name.partition(":")
    if what == "stage":
        return next((state.local(s.name) for s in catalog.stages if s.code == code), code)
    if what == "touchpoint":
        found = next((t for t in catalog.touchpoints if t.key == code), None)
        stage = next((state.local(s.name) for s in catalog.stages if found and s.code == found.stage), "")
        return f"{stage} › {state.local(found.name)}" if found else code
    asked = next((q for q in catalog.questions if q.code == code), None)
    return question(catalog, asked) if asked else code


def item(catalog: Catalog, name: str) -> str:
    """A stage, touchpoint or factor as one of its kind: a question goes by its stage and its factor, or its wording where it has none."""
    kind, _, code = name.partition(":")
    asked = next((q for q in catalog.ratings if kind == "question" and q.code == code), None)
    if asked is None:
        return metric(catalog, name)
    stage = next((state.local(s.name) for s in catalog.stages if s.code == asked.stage), "")
    factor = next((state.local(f.name) for f in catalog.factors if f.id == asked.factor_id), "")
    return f"{stage} › {factor or short(state.local(asked.wording) or asked.code, _LONGEST)}" if stage else factor or asked.code


def items(catalog: Catalog, names: Sequence[str], *more: Callable[[str], str]) -> dict[str, str]:
    """Every item by its name; those of one name are told apart by what `more` says of them, and at last by their code."""
    told = {name: item(catalog, name) for name in names}
    for say in (*more, _code):
        told = _apart(told, say)
    return told


def _apart(told: dict[str, str], say: Callable[[str], str]) -> dict[str, str]:
    often = Counter(told.values())
    return {name: f"{text} ({say(name)})" if often[text] > 1 else text for name, text in told.items()}


def _code(name: str) -> str:
    return name.partition(":")[2]


def metrics(catalog: Catalog, offered: Sequence[str]) -> dict[str, str]:
    """Metrics to choose from with what each is: headlines, then "단계 · …", "접점 · …", "문항 · …".

    Questions of one name are told apart by their wording, and at last by their code.
    """
    plain = {m: metric(catalog, m) for m in offered}
    often = Counter(name for m, name in plain.items() if m.startswith("question:"))
    found = {}
    for one, name in plain.items():
        kind, _, code = one.partition(":")
        if kind == "question" and often[name] > 1:
            asked = catalog.question(code)
            name = f"{name}: {short(state.local(asked.wording) or asked.code, _WORDING)}"
        found[one] = {
            "stage": state.say("segments.is.stage", name=name),
            "touchpoint": state.say("segments.is.touchpoint", name=name),
            "question": state.say("segments.is.question", name=name),
        }.get(kind, name) if code else name
    return _apart(found, _code)


def of_chart(catalog: Catalog, name: str) -> str:
    """The metric as charts take it: headlines by their own name, which has the unit with it, others by what they are called."""
    return name if name in NAMED else metric(catalog, name)


def short(text: str, most: int) -> str:
    return text if len(text) <= most else text[:most - 1] + "…"
