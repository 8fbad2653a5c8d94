"""The figures of a selection as plain named data: what `cxdash metrics --json` prints and automation reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from cxdash.errors import NotFound
from cxdash.facts.question import NONE, PERIODS, SOURCE, WAVE, Facts, Filter, attribute_name
from cxdash.services.access import catalog_of, facts_of, span_of
from cxdash.services.actor import Actor, Permission, require
from cxdash.services.catalog import AttributeInfo, Catalog, QuestionInfo, natural
from cxdash.services.deps import Deps
from cxdash.services.figures import EMPTY, Summary, boxes, complemented, metric_figure, summarise, top
from cxdash.stats.bases import apply_base
from cxdash.stats.counts import Counts
from cxdash.stats.figure import Figure
from cxdash.stats.loyalty import secure
from cxdash.stats.means import mean, score100
from cxdash.stats.nps import nps
from cxdash.stats.shares import distribution, top_box
from cxdash.terms import Measure, plain


@dataclass(frozen=True)
class QuestionFigures:
    """A rating's figures. mean is on the scale's points counted from the unfavourable end (reversed scales are turned)."""

    question: QuestionInfo
    n: int
    n_missing: int
    mean: Figure
    score100: Figure
    top_box: Figure
    top_points: int
    nps: Figure | None
    nps_refused: str  # key of the sentence, when a recommend item may not give NPS
    distribution: Mapping[int, Figure]  # printed point -> share


@dataclass(frozen=True)
class MultiFigures:
    """A multi-response question: share of each option among the respondents who answered it."""

    question: QuestionInfo
    n: int
    options: tuple[tuple[str, int | None, Figure], ...]  # text, respondents who chose it (None where the share is hidden), share


@dataclass(frozen=True)
class Figures:
    """One group of a selection. attribute is None for the whole selection; value None with an attribute: responses without a value."""

    attribute: str | None
    value: str | None
    responses: int
    nps: Figure | None
    csat: Figure | None
    loyalty: Figure | None
    secure: Figure | None
    ces: Figure | None
    questions: tuple[QuestionFigures, ...]
    multi: tuple[MultiFigures, ...]


@dataclass(frozen=True)
class Metrics:
    catalog: Catalog
    where: Filter
    weighted: bool
    version: int
    total: Figures
    groups: tuple[Figures, ...]
    unmatched: tuple[tuple[str, str], ...] = ()  # filter values that no response has


def metrics(deps: Deps, actor: Actor, *, program: str, by: str | None = None, filters: Sequence[tuple[str, str]] = (),
            since: date | None = None, until: date | None = None, weighted: bool = False) -> Metrics:
    """All figures of a programme under filters, and per value of the attribute `by`.

    Attributes may be named by key, wording or header; `by` may also be wave, source, day, week, month, quarter or year. NotFound names
    what exists.
    """
    require(actor, Permission.SEE_FIGURES)
    catalog = catalog_of(deps, actor, program)
    facts = facts_of(deps, actor, catalog)
    since, until = span_of(facts, since, until)
    where, unmatched = _filter(facts, catalog, filters, since, until)
    group = _group(catalog, by) if by else None
    asked = [*catalog.ratings, *(q for q in catalog.questions if q.measure is Measure.MULTI)]
    total = summarise(facts, catalog, where, weighted=weighted, questions=asked)[()]
    groups = summarise(facts, catalog, where, [group.name], weighted=weighted, questions=asked) if group else {}
    ordered = sorted(groups.items(), key=lambda item: (item[0][0] is None, natural(str(item[0][0]))))
    parts = _complemented([_own(s, _figures(catalog, group.shown, _text(g[0]), s)) for g, s in ordered]) if group else []
    return Metrics(catalog, where, weighted, facts.version(), _figures(catalog, None, None, total), tuple(parts), unmatched)


def _own(summary: Summary, figures: Figures) -> Figures:
    """The group's figures, all of them hidden where the group may not speak."""
    if not summary.withheld:
        return figures
    told = {name: f.hide("hidden_complement") for name in HEADLINES if (f := getattr(figures, name)) is not None}
    multi = tuple(replace(m, options=tuple((text, None, f.hide("hidden_complement")) for text, _, f in m.options)) for m in figures.multi)
    return replace(figures, **told, questions=tuple(_hidden(q) for q in figures.questions), multi=multi)


HEADLINES = ("nps", "csat", "loyalty", "secure", "ces")


def _complemented(groups: list[Figures]) -> list[Figures]:
    """The groups with the figures hidden from which, with the total, a hidden one would follow."""
    for name in HEADLINES:
        figures = [getattr(g, name) for g in groups]
        if None not in figures:
            groups = [replace(g, **{name: f}) for g, f in zip(groups, complemented(figures), strict=True)]
    columns = [_column([g.questions[i] for g in groups]) for i in range(len(groups[0].questions))] if groups else []
    several = [_options([g.multi[i] for g in groups]) for i in range(len(groups[0].multi))] if groups else []
    return [replace(g, questions=tuple(column[j] for column in columns), multi=tuple(column[j] for column in several))
            for j, g in enumerate(groups)]


def _column(cells: list[QuestionFigures]) -> list[QuestionFigures]:
    """One question over the groups."""
    told = complemented([q.mean for q in cells])
    return [_hidden(q) if "hidden_complement" in f.flags else q for q, f in zip(cells, told, strict=True)]


def _options(cells: list[MultiFigures]) -> list[MultiFigures]:
    """One multi-response question over the groups: all of its options stand on the same respondents."""
    if not cells[0].options:
        return cells
    told = complemented([m.options[0][2] for m in cells])
    return [replace(m, options=tuple((text, None, share.hide("hidden_complement")) for text, _, share in m.options))
            if "hidden_complement" in f.flags else m for m, f in zip(cells, told, strict=True)]


def _hidden(q: QuestionFigures) -> QuestionFigures:
    flag = "hidden_complement"
    return replace(q, mean=q.mean.hide(flag), score100=q.score100.hide(flag), top_box=q.top_box.hide(flag),
                   nps=q.nps and q.nps.hide(flag), distribution={p: f.hide(flag) for p, f in q.distribution.items()})


def _text(value: object) -> str | None:
    return None if value is None else str(value)


@dataclass(frozen=True)
class _Group:
    """name: for facts. shown: what the result calls it."""

    name: str
    shown: str


def _group(catalog: Catalog, name: str) -> _Group:
    """Wave, source, an attribute, else a period."""
    if name in (WAVE, SOURCE):
        return _Group(name, name)
    try:
        key = catalog.attribute(name).key
    except NotFound:
        if name in PERIODS:
            return _Group(name, name)
        raise
    return _Group(attribute_name(key), key)


def _filter(facts: Facts, catalog: Catalog, filters: Sequence[tuple[str, str]], since: date | None,
            until: date | None) -> tuple[Filter, tuple[tuple[str, str], ...]]:
    """The filter, and the values in it that no response of the programme has."""
    equals: dict[str, tuple[str, ...]] = {}
    unmatched = []
    for given in filters:
        attribute, value = _pair(catalog, given)
        name = given[0] if attribute is None else catalog.name_of(attribute)
        value = _wave(catalog, value) if name == WAVE else value if attribute is None else _value(attribute, value)
        equals[name] = (*equals.get(name, ()), value or NONE)
        if not int(facts.count(Filter({name: (value or NONE,)}))["n"].sum()):
            unmatched.append((name, value or NONE))
    return Filter(equals, since, until, customers=True), tuple(unmatched)


def _pair(catalog: Catalog, given: tuple[str, str]) -> tuple[AttributeInfo | None, str]:
    """The attribute (None: wave or source) and the value; a header that contains "=" itself was cut too early."""
    name, value = given
    if name in (WAVE, SOURCE):
        return None, value
    try:
        return catalog.attribute(name), value
    except NotFound:
        parts = value.split("=")
        for cut in range(1, len(parts)):
            try:
                return catalog.attribute("=".join([name, *parts[:cut]])), "=".join(parts[cut:])
            except NotFound:
                continue
        raise


def _value(attribute: AttributeInfo, given: str) -> str:
    """The stored value for a value or its label on screen."""
    labels = [pair for texts in attribute.labels.values() for pair in texts.items()]
    if any(value == given for value, _ in labels):
        return given
    return next((value for value, label in labels if plain(label) == plain(given)), given)


def _wave(catalog: Catalog, name: str) -> str:
    for wave in catalog.waves:
        if plain(name) in {plain(wave.code), *(plain(text) for text in wave.name.values())}:
            return wave.code
    raise NotFound("service.wave_not_found", name=name, known=", ".join(w.code for w in catalog.waves))


def _figures(catalog: Catalog, attribute: str | None, value: str | None, summary: Summary) -> Figures:
    return Figures(
        attribute=attribute, value=value, responses=summary.responses,
        nps=metric_figure("nps", catalog, summary), csat=metric_figure("csat", catalog, summary),
        loyalty=metric_figure("loyalty", catalog, summary),
        secure=None if summary.secure is None else apply_base(secure(summary.secure)),
        ces=metric_figure("effort", catalog, summary),
        questions=tuple(_question(q, summary.of(q)) for q in catalog.ratings),
        multi=tuple(_multi(q, summary) for q in catalog.questions if q.measure is Measure.MULTI),
    )


def _question(question: QuestionInfo, counts: Counts) -> QuestionFigures:
    scale = question.scale
    assert scale is not None
    is_nps = question.measure is Measure.RECOMMEND and scale.is_nps
    shares = distribution(counts, scale.points)
    average = mean(counts, lo=scale.lo, hi=scale.hi)
    return QuestionFigures(
        question=question, n=counts.size, n_missing=counts.n_missing, mean=apply_base(average),
        score100=apply_base(score100(counts, scale.lo, scale.hi)), top_box=apply_base(top(counts, scale)), top_points=boxes(scale),
        nps=apply_base(nps(counts)) if is_nps else None,
        nps_refused="" if is_nps or question.measure is not Measure.RECOMMEND else "overview.nps_refused",
        distribution={p: apply_base(shares[int(scale.oriented(p))]) for p in scale.points},
    )


def _multi(question: QuestionInfo, summary: Summary) -> MultiFigures:
    cells = [(text, summary.counts.get(name, EMPTY)) for text, name in zip(question.options, question.counted, strict=True)]
    return MultiFigures(question, max((c.size for _, c in cells), default=0), tuple(_option(text, c) for text, c in cells))


def _option(text: str, counts: Counts) -> tuple[str, int | None, Figure]:
    share = apply_base(top_box(counts, 0, 1, k=1))
    return text, None if share.value is None and counts.size else int(counts.where(lambda p: p == 1).size), share
