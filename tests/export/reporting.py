"""Reports to put on paper: the demo's, and programmes at the edge of what fits."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from cxdash.export.pictures import Called
from cxdash.export.report import Report
from cxdash.services.catalog import StageInfo
from cxdash.services.findings import findings
from cxdash.services.overview import Card, Overview
from cxdash.services.stages import StageScore
from tests.charts import samples

HOSTILE = '#x *b* _i_ $a^2$ \\ " <script>alert(1)</script> `c` @ref {z} #sys.inputs = [y] '
DAY = date(2026, 11, 22)


def report(result: Overview, lang: str = "ko", **parts: Any) -> Report:
    """The result as a screen would hand it over, with plain names."""
    values = parts.pop("values", None)
    by = next((a for a in result.catalog.attributes if a.key == result.by), None)
    labels: Mapping[str, str] = by.labels.get(lang, {}) if by else {}
    named = values or {s.value: labels.get(s.value, s.value) for s in result.segments if s.value is not None}
    given: dict[str, Any] = {
        "result": result, "findings": findings(result),
        "called": Called(result.metric, "NPS", "지점" if lang == "ko" else "Branch", dict(named)),
        "lang": lang, "program": result.catalog.name[lang], "period": "2026-05-16 – 2026-11-15", "filters": (("채널", ("직영매장",)),),
        "against": "2025-11-16 – 2026-05-15", "made": DAY,
    }
    return Report(**{**given, **parts})


def many_stages(n: int, names: list[str]) -> tuple[StageScore, ...]:
    shape = samples.stages()[:6]
    return tuple(StageScore(StageInfo(i, f"s{i}", {"ko": f"{names[i % len(names)]} {i + 1}"}), shape[i % 6].figure, 1, shape[i % 6].change,
                            shape[i % 6].verdict) for i in range(n))


def edges(base: Overview) -> dict[str, Report]:
    """Name -> report of a programme that strains the page."""
    short, long = ["인지", "탐색", "구매 검토", "개통 상담"], ["요금제 탐색·비교와 상담 과정의 전문성 및 친절도 만족", "매장 방문 및 대기 안내"]
    quiet = tuple(replace(c, change=None, before=None, verdict="untested") for c in base.cards)
    alone = replace(base.scope, before=None, comparison="")
    no_nps = Card("nps", None, absent="overview.nps_refused", absent_params={"lo": 1, "hi": 5},
                  instead=(("top_box", samples.nps_of(50, 30, 20)), ("score100", samples.score(70, 100, 3))))
    branches = {f"{i}번 지점": f"서울특별시 강남구 테헤란로 직영 플래그십 스토어 {i}호점" for i in range(40)}
    dense = replace(base, stages=many_stages(29, short), segments=tuple(samples.segments(30)), trend=tuple(samples.months()))
    denser = replace(dense, stages=many_stages(29, long), segments=tuple(samples.segments(40)))
    hostile = replace(base, stages=many_stages(4, [HOSTILE]))
    return {
        "29 stages, 30 branches": report(dense),
        "29 long names, 40 long names": report(denser, values=branches,
                                               program="한빛 이동통신 2026년 상반기 전국 대리점·직영점·온라인 채널 통합 고객경험 종합 만족도 조사 " * 3,
                                               filters=tuple((f"긴 속성 이름 {k}", tuple(f"값 {v}" for v in range(40))) for k in range(12)),
                                               ledger_note="41.2였고 지금 40.8: 응답 37건이 추가되었습니다"),
        "stages alone": report(replace(dense, segments=(), by=None)),
        "no NPS": report(replace(base, cards=(no_nps, *base.cards[1:]), mix=None, metric="csat")),
        "one wave": report(replace(base, trend=base.trend[:1], stages=(), scope=alone, cards=quiet), against=""),
        "hidden": report(replace(base, trend=(), stages=(), segments=(), by=None, mix=None, scope=alone,
                                 cards=tuple(replace(c, figure=c.figure.hide()) for c in quiet if c.figure)), against=""),
        "hostile": report(hostile, program=HOSTILE, filters=((HOSTILE, (HOSTILE,)),), period=HOSTILE,
                          against=HOSTILE, ledger_note=HOSTILE + "A" * 400, values={s.value or "": HOSTILE for s in base.segments}),
    }


def page(document: str) -> dict[str, Any]:
    found = json.loads(document)
    assert isinstance(found, dict)
    return found
