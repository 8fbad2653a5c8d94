"""Dates as survey tools and people write them, to instants."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxdash.ingest import dates

SEOUL = "Asia/Seoul"


def read(text: str, header: str = "응답 일시", timezone: str = SEOUL, typed: bool = False) -> datetime | None:
    found = dates.guess([(text, 3)], header, typed)
    assert found is not None, text
    return dates.parse(pl.Series([text]), found.format, timezone)[0]


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2023/07/21 6:25:06 오후 GMT+9", "2023-07-21T09:25:06"),
        ("2023/07/21 12:05:06 오전 GMT+9", "2023-07-20T15:05:06"),
        ("2023/07/21 12:05:06 오후 GMT+9", "2023-07-21T03:05:06"),
        ("2022. 4. 13 오후 12:12:54", "2022-04-13T03:12:54"),
        ("2022. 4. 13. 오전 12:12:54", "2022-04-12T15:12:54"),
        ("2025.07.20.", "2025-07-19T15:00:00"),
        ("2025년 7월 20일", "2025-07-19T15:00:00"),
        ("2025년 7월 20일 (일) 오후 3시 20분", "2025-07-20T06:20:00"),
        ("２０２５－０７－２０", "2025-07-19T15:00:00"),
        ("2019-08-27 18:29:47.138", "2019-08-27T09:29:47.138"),
        ("2023-07-21T18:25:06Z", "2023-07-21T18:25:06"),
        ("2023-07-21T18:25:06.5+02:00", "2023-07-21T16:25:06.5"),
        ("2023-07-21 18:25:06 EST", "2023-07-21T23:25:06"),
        ("20230721", "2023-07-20T15:00:00"),
        ("20230721182506", "2023-07-21T09:25:06"),
        ("7/21/2023 18:25", "2023-07-21T09:25:00"),
        ("07/21/2023 06:25:06 PM", "2023-07-21T09:25:06"),
        ("21/07/2023 18:25", "2023-07-21T09:25:00"),
        ("21.07.2023", "2023-07-20T15:00:00"),
        ("Jul 21, 2023 6:25 PM", "2023-07-21T09:25:00"),
        ("21 July 2023", "2023-07-20T15:00:00"),
        ("Fri Jul 21 2023 18:25:06 GMT+0900 (KST)", "2023-07-21T09:25:06"),
        ("45128.75", "2023-07-21T09:00:00"),
        ("45128", "2023-07-20T15:00:00"),
        ("1689931506", "2023-07-21T09:25:06"),
        ("1689931506000", "2023-07-21T09:25:06"),
    ],
)
def test_one_way_of_writing(text: str, instant: str) -> None:
    assert read(text) == datetime.fromisoformat(instant).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("values", "header"),
    [
        (["35012", "40123", "12345"], "우편번호"),
        (["23", "45", "31"], "나이"),
        (["12/31/1899 09:30:00 AM", "12/31/1899 10:00:00 AM"], "DEPTIME"),
        (["1975-03-02", "1988-11-30"], "생년월일"),
        (["hello", "2023-01-01"], "메모"),
        (["2", "25", "30"], "INTDATE"),
        (["3292879998", "3292879538"], "RespondentID"),
        ([], "date"),
        (["7", "7"], "date"),
        (["18-29", "30-44", "45-60"], "Age"),
        (["1-1", "2-3"], "코드"),
        (["35012", "40123"], "zip"),
        (["2023-13-45", "2023-99-01"], "date"),
    ],
)
def test_what_is_no_date(values: list[str], header: str) -> None:
    assert dates.guess([(text, 5) for text in values], header) is None


def test_day_or_month_first_is_decided_by_a_part_above_twelve() -> None:
    us, eu = [("3/7/2023", 5), ("7/21/2023", 1)], [("3/7/2023", 5), ("21/7/2023", 1)]
    assert (dates.guess(us, "date").format, dates.guess(us, "date").questions) == ("mdy", ())
    assert (dates.guess(eu, "date").format, dates.guess(eu, "date").questions) == ("dmy", ())


def test_an_ambiguous_order_is_asked() -> None:
    found = dates.guess([("3/7/2023", 5), ("4/8/2023", 1)], "date")
    assert found is not None and found.certainty < 0.7 and [q.key for q in found.questions] == ["scale.date.ask.order"]
    assert {found.format, *found.alternatives} == {"mdy", "dmy"}


def test_two_digit_years_are_read_and_asked_about_when_the_year_may_stand_at_either_end() -> None:
    found = dates.guess([("25-07-20", 1), ("25-07-21", 1), ("25-08-22", 1)], "응답일")
    assert found is not None and found.format == "ymd" and found.questions
    assert dates.parse(pl.Series(["25-07-20"]), "ymd", "UTC")[0] == datetime(2025, 7, 20, tzinfo=UTC)


def test_excel_1904_is_chosen_where_only_it_is_plausible() -> None:
    assert dates.guess([("32000", 3), ("32100", 2)], "응답일").format == "excel1904"
    assert dates.parse(pl.Series(["43666"]), "excel1904", "UTC")[0] == datetime(2023, 7, 21, tzinfo=UTC)
    assert dates.guess([("45128", 3)], "응답일").alternatives == ("excel1904",)


def test_skipped_and_repeated_hours_of_summer_time() -> None:
    at = dates.parse(pl.Series(["2023-03-12 02:30:00", "2023-11-05 01:30:00"]), "ymd", "America/New_York").to_list()
    assert at == [datetime(2023, 3, 12, 7, 30, tzinfo=UTC), datetime(2023, 11, 5, 5, 30, tzinfo=UTC)]


def test_cells_unlike_the_first_are_read_too_and_bad_ones_are_null() -> None:
    column = pl.Series(
        ["2023-07-21 10:00", "2023/07/21 6:25:06 오후", None, "", "모름", "2023-02-30", "2023-07-21", "2023-07-21 25:00", "23-07-21"]
    )
    at = dates.parse(column, "ymd", "UTC").to_list()
    day = datetime(2023, 7, 21, tzinfo=UTC)
    assert at == [day + timedelta(hours=10), day + timedelta(hours=18, minutes=25, seconds=6), None, None, None, None, day, None, day]


def test_missing_words_do_not_hide_a_date_column_but_many_other_texts_do() -> None:
    assert dates.guess([("2023-07-21", 5), ("N/A", 50)], "date") is not None
    assert dates.guess([("2023-07-21", 5), ("soon", 3)], "date") is None


def test_future_years_are_not_plausible() -> None:
    later = (datetime.now(UTC) + timedelta(days=900)).strftime("%Y-%m-%d")
    assert dates.guess([(later, 3)], "date") is None


FORMS = {
    "ymd": ["%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y. %m. %d %H:%M:%S", "%Y년 %m월 %d일 %H시 %M분 %S초"],
    "mdy": ["%m/%d/%Y %I:%M:%S %p"],
    "dmy": ["%d.%m.%Y %H:%M:%S"],
    "named": ["%d %b %Y %H:%M:%S", "%b %d, %Y %I:%M:%S %p"],
    "yyyymmdd": ["%Y%m%d%H%M%S"],
}


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.datetimes(datetime(1990, 1, 1), datetime(2029, 1, 1)), min_size=1, max_size=20),
    st.sampled_from([(f, t) for f, ts in FORMS.items() for t in ts]),
)
def test_what_is_written_is_read_again(moments: list[datetime], form: tuple[str, str]) -> None:
    name, template = form
    seconds = [moment.replace(microsecond=0) for moment in moments]
    column = pl.Series([moment.strftime(template) for moment in seconds])
    assert dates.parse(column, name, "UTC").to_list() == [moment.replace(tzinfo=UTC) for moment in seconds]


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(ValueError, match="wrong"):
        dates.parse(pl.Series(["1"]), "wrong", "UTC")
