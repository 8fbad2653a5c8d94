"""The figures of a selection as plain named data: what `cxdash metrics --json` prints and automation reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from cxdash.errors import NotFound
from cxdash.facts.question import NONE, SOURCE, WAVE, Filter
from cxdash.services.actor import Actor, Permission, require
from cxdash.services.catalog import Catalog, QuestionInfo, natural, plain
from cxdash.services.deps import Deps
from cxdash.services.figures import EMPTY, Summary, boxes, complemented, metric_figure, summarise, top
from cxdash.services.programs import catalog_of
from cxdash.stats.bases import apply_base
from cxdash.stats.counts import Counts
from cxdash.stats.figure import Figure
from cxdash.stats.ces import ces
from cxdash.stats.loyalty import secure
from cxdash.stats.means import mean, score100
from cxdash.stats.nps import nps
from cxdash.stats.shares import distribution, top_box
from cxdash.terms import Measure


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
    options: tuple[tuple[str, int, Figure], ...]  # text, respondents who chose it, share


@dataclass(frozen=True)
class Figures:
    """One group of a selection. attribute/value are None for the whole selection."""

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


def metrics(deps: Deps, actor: Actor, *, program: str, by: str | None = None, filters: Sequence[tuple[str, str]] = (),
            since: date | None = None, until: date | None = None, weighted: bool = False) -> Metrics:
    """All figures of a programme under filters, and per value of the attribute `by`.

    Attributes may be named by key, wording or header. NotFound names what exists.
    """
    require(actor, Permission.SEE_FIGURES)
    catalog = catalog_of(deps, program)
    facts = deps.facts(catalog.id)
    where = _filter(catalog, filters, since, until)
    key = _key(catalog, by) if by else None
    names = [*catalog.ratings, *(q for q in catalog.questions if q.measure is Measure.MULTI)]
    total = summarise(facts, catalog, where, weighted=weighted, questions=names)[()]
    groups = summarise(facts, catalog, where, [key], weighted=weighted, questions=names) if key else {}
    ordered = sorted(groups.items(), key=lambda item: (item[0][0] is None, natural(str(item[0][0]))))
    parts = _complemented([_figures(catalog, key, _text(g[0]), s) for g, s in ordered])
    return Metrics(catalog, where, weighted, facts.version(), _figures(catalog, None, None, total), tuple(parts))


HEADLINES = ("nps", "csat", "loyalty", "secure", "ces")


def _complemented(groups: list[Figures]) -> list[Figures]:
    """The groups with the figures hidden from which, with the total, a hidden one would follow."""
    for name in HEADLINES:
        figures = [getattr(g, name) for g in groups]
        if None not in figures:
            groups = [replace(g, **{name: f}) for g, f in zip(groups, complemented(figures), strict=True)]
    columns = [_column([g.questions[i] for g in groups]) for i in range(len(groups[0].questions))] if groups else []
    return [replace(g, questions=tuple(column[j] for column in columns)) for j, g in enumerate(groups)]


def _column(cells: list[QuestionFigures]) -> list[QuestionFigures]:
    """One question over the groups."""
    told = complemented([q.mean for q in cells])
    return [_hidden(q) if "hidden_complement" in f.flags else q for q, f in zip(cells, told, strict=True)]


def _hidden(q: QuestionFigures) -> QuestionFigures:
    flag = "hidden_complement"
    return replace(q, mean=q.mean.hide(flag), score100=q.score100.hide(flag), top_box=q.top_box.hide(flag),
                   nps=q.nps and q.nps.hide(flag), distribution={p: f.hide(flag) for p, f in q.distribution.items()})


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _key(catalog: Catalog, name: str) -> str:
    return name if name in (WAVE, SOURCE) else catalog.attribute(name).key


def _filter(catalog: Catalog, filters: Sequence[tuple[str, str]], since: date | None, until: date | None) -> Filter:
    equals: dict[str, tuple[str, ...]] = {}
    for name, value in filters:
        key = _key(catalog, name)
        value = _wave(catalog, value) if key == WAVE else _value(catalog, key, value)
        equals[key] = (*equals.get(key, ()), value or NONE)
    return Filter(equals, since, until)


def _value(catalog: Catalog, key: str, given: str) -> str:
    """The stored value for a value or its label on screen."""
    attribute = next((a for a in catalog.attributes if a.key == key), None)
    labels = [pair for texts in attribute.labels.values() for pair in texts.items()] if attribute else []
    if any(value == given for value, _ in labels):
        return given
    return next((value for value, label in labels if plain(label) == plain(given)), given)


def _wave(catalog: Catalog, name: str) -> str:
    for wave in catalog.waves:
        if plain(name) in {plain(wave.code), *(plain(text) for text in wave.name.values())}:
            return wave.code
    raise NotFound("service.wave_not_found", name=name, known=", ".join(w.code for w in catalog.waves))


def _figures(catalog: Catalog, attribute: str | None, value: str | None, summary: Summary) -> Figures:
    effort = catalog.behind("effort")
    return Figures(
        attribute=attribute, value=value, responses=summary.responses,
        nps=metric_figure("nps", catalog, summary), csat=metric_figure("csat", catalog, summary),
        loyalty=metric_figure("loyalty", catalog, summary),
        secure=None if summary.secure is None else apply_base(secure(summary.secure)), ces=None if effort is None else effort_figure(effort, summary.of(effort)),
        questions=tuple(_question(q, summary.of(q)) for q in catalog.ratings),
        multi=tuple(_multi(q, summary) for q in catalog.questions if q.measure is Measure.MULTI),
    )


def effort_figure(question: QuestionInfo, counts: Counts) -> Figure | None:
    """CES: share of 5-7 on the 1-7 item "made it easy" (high is easy); None for other effort scales, which have no standard score."""
    scale = question.scale
    if scale is None or (scale.lo, scale.hi) != (1, 7):
        return None
    easy = ces(counts).easy
    return None if easy is None else apply_base(easy)


def _question(question: QuestionInfo, counts: Counts) -> QuestionFigures:
    scale = question.scale
    assert scale is not None
    is_nps = question.measure is Measure.RECOMMEND and scale.is_nps
    shares = distribution(counts, scale.points)
    average = mean(counts)
    return QuestionFigures(
        question=question, n=counts.size, n_missing=counts.n_missing, mean=apply_base(average),
        score100=apply_base(score100(counts, scale.lo, scale.hi)), top_box=apply_base(top(counts, scale)), top_points=boxes(scale),
        nps=apply_base(nps(counts)) if is_nps else None,
        nps_refused="" if is_nps or question.measure is not Measure.RECOMMEND else "overview.nps_refused",
        distribution={p: apply_base(shares[int(scale.oriented(p))]) for p in scale.points},
    )


def _multi(question: QuestionInfo, summary: Summary) -> MultiFigures:
    cells = [(text, summary.counts.get(name, EMPTY)) for text, name in zip(question.options, question.counted, strict=True)]
    chosen = [(text, int(c.where(lambda p: p == 1).size), apply_base(top_box(c, 0, 1, k=1))) for text, c in cells]
    return MultiFigures(question, max((c.size for _, c in cells), default=0), tuple(chosen))
