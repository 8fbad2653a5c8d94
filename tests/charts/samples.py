"""Results as the services give them, built from real statistics."""

from __future__ import annotations

from datetime import date

from cxdash.services.catalog import StageInfo, WaveInfo
from cxdash.services.overview import Mix, TrendPoint
from cxdash.services.segments import Segment
from cxdash.services.stages import StageScore
from cxdash.stats.bases import apply_base
from cxdash.stats.compare import verdict
from cxdash.stats.figure import Difference, Figure
from cxdash.stats.nps import nps, nps_counts, nps_difference

LONG = "매장 직원의 친절도와 전문성, 그리고 대기 시간 안내에 대한 전반적인 만족"


def nps_of(promoters: int, passives: int, detractors: int) -> Figure:
    return apply_base(nps(nps_counts(promoters, passives, detractors)))


def score(value: float, n: int, half: float) -> Figure:
    return apply_base(Figure(value, n, float(n), max(0.0, value - half), min(100.0, value + half), half / 2, unit="score100"))


def months() -> list[TrendPoint]:
    """January to September 2026: March hidden (7 answers), June without answers, July a small base, September not over."""
    parts = {
        1: (50, 30, 20),
        2: (48, 30, 22),
        3: (4, 2, 1),
        4: (60, 25, 15),
        5: (55, 30, 15),
        7: (9, 6, 5),
        8: (70, 40, 20),
        9: (30, 15, 10),
    }
    return [TrendPoint(date(2026, m, 1), None, nps_of(*p), partial=m == 9) for m, p in parts.items()]


def waves() -> tuple[list[TrendPoint], list[WaveInfo]]:
    """Three waves, the last after a change of method."""
    infos = [
        WaveInfo(1, "w1", {"ko": "2025 상반기", "en": "2025 H1"}),
        WaveInfo(2, "w2", {"ko": "2025 하반기"}),
        WaveInfo(3, "w3", {"ko": "2026 상반기", "en": "2026 H1"}, breaks="조사 채널 변경"),
    ]
    parts = [(50, 30, 20), (55, 30, 15), (30, 40, 30)]
    return [TrendPoint(None, w.code, nps_of(*p), breaks=w.breaks) for w, p in zip(infos, parts, strict=True)], infos


def stages() -> list[StageScore]:
    names = [
        ("인지", "Awareness"),
        ("탐색", "Search"),
        ("구매 검토", "Consideration"),
        ("구매", "Purchase"),
        ("배송", "Delivery"),
        ("설치", "Installation"),
        ("사용", "Use"),
        ("사후 서비스", "After-service"),
        ("폐기", "Disposal"),
    ]
    figures = [
        score(71.2, 820, 2),
        score(68.5, 640, 2.4),
        score(66.0, 610, 2.5),
        score(74.9, 580, 2.2),
        score(58.3, 420, 3.4),
        score(63.1, 120, 5.8),
        score(77.7, 790, 1.9),
        score(52.4, 22, 14),
        score(40.0, 6, 30),
    ]
    changes = [
        None,
        Difference(0.4, p=0.8, tested=True),
        None,
        Difference(3.1, p=0.01, tested=True, significant=True),
        Difference(-4.2, p=0.001, tested=True, significant=True),
        *[None] * 4,
    ]
    return [
        StageScore(StageInfo(i, f"s{i}", {"ko": ko, "en": en}), f, 1, c, verdict(c) if c else "untested")
        for i, ((ko, en), f, c) in enumerate(zip(names, figures, changes, strict=True))
    ]


def segments(n: int = 6) -> list[Segment]:
    """Regions: one significantly above the rest, one below, one small, one hidden, one hidden for its sake, one without a value."""
    shape = [
        ("서울", (70, 20, 10)),
        ("부산", (20, 30, 50)),
        ("대구", (45, 30, 25)),
        ("제주", (10, 6, 4)),
        ("세종", (3, 2, 1)),
        (None, (60, 40, 30)),
    ]
    shape += [(f"{i}번 지점", (40 + i, 30, 30 - i % 20)) for i in range(n - len(shape))]
    total = [sum(p[k] for _, p in shape) for k in range(3)]
    return [_segment(value, parts, total) for value, parts in shape]


def _segment(value: str | None, parts: tuple[int, int, int], total: list[int]) -> Segment:
    difference = nps_difference(nps_counts(*parts), nps_counts(*(t - p for t, p in zip(total, parts, strict=True))))
    return Segment(value, nps_of(*parts), difference, verdict(difference))


def mix() -> Mix:
    return Mix(1234, 567, 321, (58, 27, 15))
