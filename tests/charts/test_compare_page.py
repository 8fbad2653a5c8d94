"""The charts of the compare page: differences around zero, contributions that add up."""

from __future__ import annotations

import polars as pl
import pytest

from cxdash.charts import contributions, differences, theme
from cxdash.services.compare import Cause, Row, Why
from cxdash.stats.adjust import adjust_differences
from cxdash.stats.compare import verdict
from cxdash.stats.counts import Moments
from cxdash.stats.decompose import decompose
from cxdash.stats.figure import Difference
from cxdash.stats.nps import nps_counts, nps_difference
from tests.charts import drawing, samples

HOSTILE = "=cmd|' /C calc'!A0\n<script>"
NAMES = {"nps": "NPS", "a": "배송 단계", "b": HOSTILE, "c": samples.LONG}


def rows() -> list[Row]:
    """Better, no difference, hidden, sharing respondents."""
    pairs = {
        "nps": ((70, 20, 10), (40, 30, 30)),
        "a": ((50, 30, 20), (48, 30, 22)),
        "b": ((4, 2, 1), (50, 30, 20)),
        "c": ((50, 30, 20), (70, 20, 10)),
    }
    raw = [nps_difference(nps_counts(*x), nps_counts(*y)) for x, y in pairs.values()]
    told = adjust_differences(raw[:3]) + [Difference(raw[3].value, flags=("overlap",))]
    return [Row(m, samples.nps_of(*x), samples.nps_of(*y), d, verdict(d)) for (m, (x, y)), d in zip(pairs.items(), told, strict=True)]


def why() -> Why:
    new = {
        ("a",): Moments.from_values([20.0, 60.0] * 100),
        ("b",): Moments.from_values([70.0, 90.0] * 20),
        (): Moments.from_values([5.0] * 30),
    }
    old = {
        ("a",): Moments.from_values([20.0, 60.0] * 20),
        ("b",): Moments.from_values([60.0, 80.0] * 100),
        (): Moments.from_values([9.0] * 40),
    }
    found = decompose(new, old)
    causes = [Cause(k[0] if k else None, p, others=not k) for k, p in found.parts.items()]  # type: ignore[index]
    return Why("nps", "region", found, tuple(causes), pooled=3)


def valid(spec: theme.Spec, frame: pl.DataFrame) -> None:
    assert drawing.keeps_to_the_schema(spec, {"values": frame.to_dicts()})


def test_the_axis_is_even_around_zero_and_does_not_exaggerate() -> None:
    small = [Difference(0.4, -0.2, 1.0)]
    assert differences.reach(small) == 10 and differences.reach([Difference(3.0, -1.0, 21.5)]) == 25 and differences.reach([]) == 10
    frame = differences.data(rows(), lang="ko", name=NAMES.__getitem__)
    assert frame["floor"].to_list() == [-x for x in frame["ceiling"].to_list()]
    assert all(low >= f and high <= c for low, high, f, c in frame.select("low", "high", "floor", "ceiling").drop_nulls().rows())


@pytest.mark.parametrize("lang", ["ko", "en"])
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_differences_are_labelled_and_marked(lang: str, mode: theme.Mode) -> None:
    frame = differences.data(rows(), lang=lang, name=NAMES.__getitem__)
    spec = differences.spec(lang, height=differences.height(frame))
    valid(spec, frame)
    texts = drawing.svg_texts(spec, frame, width=390, mode=mode)
    assert "▲ +50.0" in texts and "+4.0" in texts and "NPS" in texts
    assert frame["tone"].to_list() == [theme.GOOD, theme.ACCENT, theme.MUTED, theme.MUTED]
    assert frame["small"].to_list() == [False, False, True, True]
    hidden = frame.row(2, named=True)
    assert (hidden["value"], hidden["low"], hidden["hidden"]) == (None, None, "표본 부족 (n=7)" if lang == "ko" else hidden["hidden"])


def test_words_of_the_differences() -> None:
    told = differences.describe(rows(), lang="ko", name=NAMES.__getitem__)
    assert told == "지표 4개 가운데 2개를 검정해 1개가 유의하게 다릅니다: ▲ NPS +50.0."
    read = differences.lines(rows(), lang="ko", name=NAMES.__getitem__)
    assert read.columns == ["지표", "A", "B", "차이 (A − B)", "판정"]
    assert read["판정"].to_list() == ["▲ 유의하게 높음", "뚜렷한 차이 없음", "표본 부족 (n=7)", "응답자가 겹쳐 검정하지 않음"]
    assert read["A"][0].startswith("60.0 (") and "n=100" in read["A"][0] and read["A"][2] == "표본 부족 (n=7)"


def test_the_table_has_numbers_and_hides_what_is_hidden() -> None:
    table = differences.table(rows(), lang="ko", name=NAMES.__getitem__)
    first, hidden = table.row(0, named=True), table.row(2, named=True)
    assert (first["A 값"], first["B 값"], first["차이 (A − B)"], first["A 응답 수(n)"]) == (60.0, 10.0, 50.0, 100)
    assert hidden["A 값"] is None and hidden["A 95% 하한"] is None and hidden["차이 (A − B)"] is None and hidden["A 응답 수(n)"] == 7


@pytest.mark.parametrize("lang", ["ko", "en"])
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_contributions_are_named_beside_their_bars(lang: str, mode: theme.Mode) -> None:
    frame = contributions.data(why(), lang=lang, names={"a": "서울", "b": HOSTILE})
    spec = contributions.spec(lang, height=contributions.height(frame))
    valid(spec, frame)
    texts = drawing.svg_texts(spec, frame, width=390, mode=mode)
    assert "서울" in texts and any(t.startswith("구성" if lang == "ko" else "Mix") for t in texts) and any("▼" in t for t in texts)
    assert len(frame) == 2 * 4 and frame["order"].to_list() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert frame["pick"].to_list()[-2:] == [None, None], "what stands together cannot be chosen"


def test_contributions_add_up_in_chart_table_and_words() -> None:
    found = why()
    assert found.found is not None
    frame = contributions.data(found, lang="ko", names={})
    parts, whole = frame.filter(frame["order"] > 0), frame.filter(frame["order"] == 0)
    assert parts["value"].sum() == pytest.approx(found.found.change) == pytest.approx(whole["value"].sum())
    table = contributions.table(found, lang="ko", names={})
    assert table["합계"][:-1].sum() == pytest.approx(table["합계"][-1]) == pytest.approx(found.found.change)
    assert table["세그먼트"].to_list()[-2:] == ["기타(기준 미만 등 3개)", "전체"] and table["A 비중(%)"][:-1].sum() == pytest.approx(100)
    said = contributions.sentence(found.found, lang="ko", metric="NPS")
    assert said.startswith("NPS -") and "구성 변화 -" in said and "(유의함)" in said


def test_largest_contribution_first_and_the_others_last() -> None:
    order = [c.value for c in contributions.ranked(why().causes)]
    sums = {c.value: abs(c.part.mix.value + c.part.score.value) for c in why().causes}  # type: ignore[operator]
    assert order[-1] is None and sums[order[0]] >= sums[order[1]]


def test_nothing_found_is_an_empty_chart() -> None:
    none = Why("nps", "region", None, absent="hidden")
    assert contributions.data(none, lang="ko", names={}).is_empty() and contributions.table(none, lang="ko", names={}).is_empty()
