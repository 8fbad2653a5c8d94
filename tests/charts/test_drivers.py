"""The charts of the drivers page: shares with ties, penalty and reward, shares against another selection."""

from __future__ import annotations

from functools import cache

import numpy as np
import polars as pl
import pytest

from cxdash.charts import contrasts as shapes, drivers as shares, sharechanges, theme
from cxdash.stats.adjust import adjust_row
from cxdash.stats.contrast import Contrasts, contrasts_of_rows
from cxdash.stats.drivers import drivers_of_rows, share_changes
from cxdash.stats.figure import Difference
from cxdash.stats.importance import Drivers
from tests.charts import drawing, samples

HOSTILE = "=cmd|' /C calc'!A0\n<script>"
NAMES = {"a": "배송 단계", "b": HOSTILE, "c": samples.LONG, "d": "반대"}


@cache
def found(n: int = 900, noise: float = 1.0, first: float = 1.0) -> Drivers:
    """One strong driver, two alike, one that goes the other way."""
    x = np.random.default_rng(4).normal(size=(n, 4))
    y = x @ [first, 0.5, 0.5, -0.3] + noise * np.random.default_rng(5).normal(size=n)
    return drivers_of_rows(50 + 5 * y, {name: 60 + 10 * x[:, i] for i, name in enumerate("abcd")}, draws=200)


@cache
def pairs() -> Contrasts:
    rng = np.random.default_rng(6)
    x = rng.integers(1, 6, size=(800, 3)).astype(float)
    y = 10 * (x[:, 0] <= 2) * -1.0 + 8 * (x[:, 1] >= 5) + rng.normal(0, 3, 800)
    return contrasts_of_rows(y, {name: (np.where(x[:, i] <= 2, 3, x[:, i]) if name == "c" else x[:, i], 1, 5)
                                 for i, name in enumerate("abc")}, draws=200)  # fmt: skip


def valid(spec: theme.Spec, frame: pl.DataFrame) -> None:
    assert drawing.keeps_to_the_schema(spec, {"values": frame.to_dicts()})


@pytest.mark.parametrize("lang", ["ko", "en"])
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_shares_are_drawn_with_place_and_score(lang: str, mode: theme.Mode) -> None:
    frame = shares.data(found(), lang=lang, names=NAMES, opened="a")
    spec = shares.spec(lang, height=shares.height(frame))
    valid(spec, frame)
    texts = drawing.svg_texts(spec, frame, width=390, mode=mode)
    top, second = found().drivers[:2]
    assert f"{shares.share(top.share, lang)} {'1위' if lang == 'ko' else 'no. 1'}" in texts
    assert f"{shares.share(second.share, lang)} {'2위 동률' if lang == 'ko' else 'no. 2, tied'}" in texts
    assert frame["pick"].to_list() == [d.name for d in found().drivers] and frame["strength"].to_list()[0] > frame["strength"].to_list()[1]
    assert frame["tone"].to_list() == [theme.ACCENT] * 3 + [theme.BAD]
    assert all(low <= value <= high <= end for low, value, high, end in frame.select("low", "value", "high", "ceiling").rows())


def test_a_model_that_explains_nothing_or_stands_on_few_is_grey_and_claims_no_place() -> None:
    for weak in (found(900, 20.0), found(150)):
        frame = shares.data(weak, lang="ko", names=NAMES)
        assert set(frame["tone"]) == {theme.MUTED} and not any("위" in key for key in frame["key"])
    assert shares.table(found(900, 20.0), lang="ko", names=NAMES)["순위"].to_list() == [None] * 4


def test_the_table_has_all_that_is_said_of_a_driver() -> None:
    table = shares.table(found(), lang="ko", names=NAMES)
    top, row = found().drivers[0], table.row(0, named=True)
    assert (row["동인"], row["순위"], row["동률"], row["응답 수(n)"]) == ("배송 단계", 1, "", 900)
    assert row["관련 기여도 (%)"] == round(100 * top.share, 1) and row["상관 r"] == round(top.r, 3) and row["VIF"] == round(top.vif, 2)
    assert row["기여도 95% 하한"] < row["관련 기여도 (%)"] < row["기여도 95% 상한"]
    assert table.row(3, named=True)["방향"] == "높을수록 낮음" and "<script>" in table["동인"].str.join(" ")[0]
    assert table["관련 기여도 (%)"].sum() == pytest.approx(100, abs=0.3)
    told = shares.describe(found(), lang="ko", names=NAMES, outcome="로열티 지수")
    assert told.startswith("로열티 지수 차이의 ") and "배송 단계" in told and "동인 4개(n=900)" in told


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_penalty_and_reward_stand_on_their_sides(lang: str) -> None:
    frame = shapes.data(pairs(), lang=lang, names=NAMES)
    spec = shapes.spec(lang, height=shapes.height(frame))
    valid(spec, frame)
    texts = drawing.svg_texts(spec, frame, width=390)
    kinds = [c.kind for c in pairs().items]
    assert kinds == ["basic", "excitement", "few_cases"]
    assert all(shapes.kind(c, lang) in texts for c in pairs().items)
    assert frame["tone"].to_list() == [theme.BAD, theme.GOOD] * 3 and frame["floor"].to_list() == [-x for x in frame["ceiling"].to_list()]
    first = pairs().items[0]
    assert frame["value"].to_list()[:2] == [first.penalty, first.reward] and frame["value"].to_list()[4:] == [None] * 2
    clear = [low is not None and (low > 0 or high < 0) for low, high in frame.select("low", "high").rows()]
    assert frame["strength"].to_list() == [0.8 if c else 0.3 for c in clear] and 0 < sum(clear) < 6, "what is not significant is pale"
    table = shapes.table(pairs(), lang="ko", names=NAMES)
    assert table["유형"].to_list() == ["기본", "매력", "사례 부족"] and table["낮은 평가 수"].to_list()[0] == pairs().items[0].cases_low
    assert "기본: 배송 단계" in shapes.describe(pairs(), lang="ko", names=NAMES, outcome="추천")


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_changes_of_shares_stand_around_zero(lang: str) -> None:
    now, other = found(), found(900, 1.0, 0.2)
    raw = share_changes(now, other)
    told = adjust_row([Difference(100 * d.value, 100 * d.low, 100 * d.high, d.p, tested=True) for d in raw.values()])
    changes = dict(zip(raw, told, strict=True))
    frame = sharechanges.data(changes, now, other, lang=lang, names=NAMES)
    spec = sharechanges.spec(lang, height=sharechanges.height(frame))
    valid(spec, frame)
    assert f"▲ {sharechanges.points(changes['a'].value, lang)}" in drawing.svg_texts(spec, frame, width=390)
    assert changes["a"].significant and (changes["a"].value or 0) > 20
    assert "배송 단계" in sharechanges.describe(changes, lang="ko", names=NAMES)
    table = sharechanges.table(changes, now, other, lang="ko", names=NAMES)
    row = table.row(0, named=True)
    assert row["차이 (%p)"] == pytest.approx(row["이 선택 (%)"] - row["비교 대상 (%)"], abs=0.11) and row["판정"] == "유의하게 큼"
    same = {"a": Difference(1.0, -2.0, 4.0, 0.5, 0.5, tested=True)}
    assert sharechanges.describe(same, lang="ko", names=NAMES) == "동인 1개의 관련 기여도에 뚜렷한 차이가 없습니다."
