"""A view as plain data for a page without scripts: what a shared link shows, and what a frozen one keeps."""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from cxdash import i18n
from cxdash.charts import labels, words
from cxdash.export.pictures import Called
from cxdash.export.report import Report, base_words, document
from cxdash.facts.question import NONE, SOURCE, STAGE, TOUCHPOINT, WAVE
from cxdash.services.access import facts_of
from cxdash.services.actor import Actor
from cxdash.services.catalog import Catalog
from cxdash.services.deps import Deps
from cxdash.services.findings import findings
from cxdash.services.options import Options, options_of
from cxdash.services.overview import Overview, overview
from cxdash.services.view import View
from cxdash.stats.figure import Figure

_OWN = {WAVE: "filter.wave", SOURCE: "filter.source", STAGE: "filter.stage", TOUCHPOINT: "filter.touchpoint"}
_FONTS = "Pretendard, 'Apple SD Gothic Neo', 'Malgun Gothic', 'Noto Sans KR', sans-serif"  # a picture loads no font of ours
Shown = dict[str, Any]


def drawn(deps: Deps, reader: Actor, view: View, lang: str) -> Shown:
    """The executive view as the reader may see it: title, programme, filters in words, cards, findings, pictures, tables."""
    result = overview(deps, reader, view=view)
    facts = facts_of(deps, reader, result.catalog)
    options = options_of(facts, result.catalog, dated=result.bounds.first is not None, weights=result.weights)
    report = _report(result, options, lang)
    page = json.loads(document(report))
    found = {key: page[key] for key in ("title", "program", "badge", "facts", "filter", "cards", "method")}
    found["cards"] = [dict.fromkeys(("value", "base", "change", "tone", "note"), "") | card for card in page["cards"]]
    found["notice"] = i18n.text("filter.withheld", lang) if result.scope.withheld else ""
    found["findings"] = [block for block in page["blocks"] if "items" in block][:1]
    found["pictures"] = [_picture(block) for block in page["blocks"] if block.get("picture")]
    found["tables"] = _tables(result, report, lang)
    found["made"] = i18n.datetime(datetime.now(ZoneInfo(result.catalog.timezone)), lang, result.catalog.timezone)
    return found


def _picture(block: dict[str, Any]) -> dict[str, str]:
    drawing = block["picture"]
    drawn_alone = drawing["svg"].replace('font-family="Pretendard"', f'font-family="{_FONTS}"')
    data = b64encode(drawn_alone.encode()).decode("ascii")
    return {"title": block["title"], "legend": block["legend"], "said": drawing["said"], "src": f"data:image/svg+xml;base64,{data}"}


def _report(result: Overview, options: Options, lang: str) -> Report:
    catalog = result.catalog
    by = catalog.name_of(catalog.attribute(result.by)) if result.by else ""
    named = i18n.text(f"overview.metric.{result.metric}", lang) if result.metric else ""
    values = {s.value: _label(options, by, s.value, lang) for s in result.segments if s.value is not None}
    called = Called(result.metric, named, _title(options, by, lang) if by else "", values)
    filters = tuple((_title(options, k, lang), tuple(_label(options, k, v, lang) for v in vs)) for k, vs in result.scope.now.equals.items())
    return Report(result, findings(result), called, lang, _local(catalog, lang), _period(result, options, lang), filters,
                  _against(result, options, lang), catalog.today())  # fmt: skip


def _local(catalog: Catalog, lang: str) -> str:
    return catalog.name.get(lang) or next((t for t in catalog.name.values() if t), "") or catalog.slug


def _title(options: Options, key: str, lang: str) -> str:
    return i18n.text(_OWN[key], lang) if key in _OWN else options.title(key, lang)


def _label(options: Options, key: str, value: str | None, lang: str) -> str:
    return i18n.text("filter.none", lang) if value in (None, NONE) else options.label(key, value, lang)


def _span(since: Any, until: Any, lang: str) -> str:
    return i18n.text("filter.dates", lang, since=i18n.date(since, lang), until=i18n.date(until, lang))


def _period(result: Overview, options: Options, lang: str) -> str:
    scope = result.scope
    if scope.period == "wave":
        return ", ".join(options.label(WAVE, code, lang) for code in scope.now.equals.get(WAVE, ()))
    since, until = scope.since or result.bounds.first, scope.until or result.bounds.last
    return _span(since, until, lang) if since and until else i18n.text(f"filter.period.{scope.period}", lang)


def _against(result: Overview, options: Options, lang: str) -> str:
    before = result.scope.before
    if before is None:
        return ""
    match result.scope.comparison:
        case "rest":
            return i18n.text("report.rest", lang)
        case "previous_wave":
            return ", ".join(options.label(WAVE, code, lang) for code in before.equals[WAVE])
        case "segment":
            other = {k: vs for k, vs in before.equals.items() if result.scope.now.equals.get(k) != vs}
            said = {k: ", ".join(_label(options, k, v, lang) for v in vs) for k, vs in other.items()}
            return " · ".join(f"{_title(options, k, lang)}: {values}" for k, values in said.items())
    return _span(before.since, before.until, lang) if before.since and before.until else ""


def _tables(result: Overview, report: Report, lang: str) -> list[dict[str, Any]]:
    """The numbers behind the pictures: stages, then segments."""
    stages = [(labels.localised(s.stage.name, lang, s.stage.code), s.figure) for s in result.stages]
    none = i18n.text("chart.segment.none", lang)
    segments = [(none if s.value is None else report.called.values.get(s.value, s.value), s.figure) for s in result.segments]
    named = ((i18n.text("shared.stages", lang), stages), (f"{report.called.by} · {report.called.metric_title}", segments))
    return [{"title": title, "rows": [_row(name, figure, lang) for name, figure in rows]} for title, rows in named if rows]


def _row(name: str, figure: Figure, lang: str) -> dict[str, str]:
    if figure.value is None:
        return {"name": labels.plain(name), "value": "–", "base": words.hidden(figure, lang)}
    return {"name": labels.plain(name), "value": words.value(figure, lang), "base": base_words(figure, lang)}
