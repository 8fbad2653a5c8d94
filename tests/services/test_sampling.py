"""The sample planner against pandas: answers so far, needed, expected, and which segments fall short."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from cxdash.errors import NotFound, Refused
from cxdash.services import publishing, sampling, surveys
from cxdash.services.actor import LOCAL, RESPONDENT
from cxdash.services.commits import Writer
from cxdash.services.deps import Deps
from cxdash.services.publishing import NewLink
from cxdash.store import contacts, keyed, links, programs, responses
from cxdash.store.database import writing
from tests.services.answering import NOON, House, answer, invite, open_house
from tests.services.journeys import _frame

HERE = {"program": "shop", "code": "s"}
Z2 = 1.959963984540054**2


@pytest.fixture
def house(deps: Deps) -> House:
    return open_house(deps)


def fill(house: House, rows: list[tuple[datetime, str | None, int, int]]) -> pd.DataFrame:
    """(when, branch, recommend, overall) as responses of the wave."""
    told = [
        {"at": at, "weight": None, "attributes": {"branch": branch} if branch else {}, "answers": {"nps": nps, "all": whole}}
        for at, branch, nps, whole in rows
    ]
    with writing(house.deps.engine) as session:
        ver = programs.tick(session, program_id=house.program_id)
        responses.insert(
            session, program_id=house.program_id, wave_id=house.wave_id, import_id=None, source="survey", ver=ver, frame=_frame(told)
        )
    return pd.DataFrame(rows, columns=["at", "branch", "nps", "all"])


def rows_of() -> list[tuple[datetime, str | None, int, int]]:
    """강남: 200 over 20 days. 부산: 40 in the last 4 days. Nobody's: 3."""
    found = [(NOON - timedelta(hours=2.4 * i), "강남", (10, 9, 7, 3)[i % 4], 1 + i % 5) for i in range(200)]
    found += [(NOON - timedelta(hours=2.4 * i), "부산", (10, 2)[i % 2], 5) for i in range(40)]
    return found + [(NOON - timedelta(days=12), None, 5, 3)] * 3


def plan(house: House, **more: object) -> sampling.Plan:
    return sampling.sampling(house.deps, LOCAL, **HERE, wave="2026-1", **{"attribute": "branch", "now": NOON, **more})


def closes(house: House, days: float, opens: datetime | None = None) -> None:
    surveys.set_round(house.deps, LOCAL, **HERE, wave="2026-1", opens_at=opens, closes_at=NOON + timedelta(days=days))


def needed_nps(table: pd.DataFrame) -> int:
    n = len(table)
    p, d = ((table["nps"] >= 9).sum() + 0.75) / (n + 3), ((table["nps"] <= 6).sum() + 0.75) / (n + 3)
    return max(100, math.ceil(Z2 * 1e4 * (p + d - (p - d) ** 2) / 25))


def needed_top(table: pd.DataFrame) -> int:
    p = ((table["all"] >= 4).sum() + 2) / (len(table) + 4)
    return max(100, math.ceil(Z2 * p * (1 - p) / 0.05**2))


def test_needed_and_expected_by_branch(house: House) -> None:
    table = fill(house, rows_of())
    publishing.add_links(house.deps, LOCAL, **HERE, wave="2026-1", made=[NewLink("대전", attributes={"branch": "대전"})])
    closes(house, 10)
    found = plan(house)
    assert [line.value for line in found.lines] == ["강남", "대전", "부산", ""], "a branch with a link that nobody used yet, and nobody's"
    seoul_noon = (NOON + timedelta(hours=9)).replace(tzinfo=None)
    days = 6 + seoul_noon.hour / 24
    assert found.days == pytest.approx(days) and found.left == 10
    recent = table[table["at"] >= NOON - timedelta(days=days)]
    for line in (found.total, *found.lines):
        part = table if line.value is None else table[table["branch"].fillna("") == line.value]
        late = recent if line.value is None else recent[recent["branch"].fillna("") == line.value]
        basis = part if len(part) >= 30 else table
        assert line.responses == len(part)
        for name, needed in (("nps", needed_nps(basis)), ("csat", needed_top(basis))):
            goal = line.goals[name]
            expected = math.floor(len(part) + len(late) / days * 10 + 1e-9)
            assert (goal.n, goal.needed, goal.expected) == (len(part), needed, expected), (line.value, name)
            wanted = "reached" if len(part) >= needed else "coming" if expected >= needed else "short"
            assert goal.verdict == wanted
            assert goal.daily == pytest.approx(max(0, needed - len(part)) / 10)
    by = {line.value: line for line in found.lines}
    assert by["대전"].short and by["부산"].goals["nps"].verdict == "short"
    assert by["강남"].goals["csat"].verdict in ("coming", "short") and found.total.responses == 243


def test_without_a_closing_time_nothing_is_forecast(house: House) -> None:
    fill(house, rows_of())
    total = plan(house, attribute=None).total.goals["nps"]
    assert (total.expected, total.daily, total.verdict) == (None, None, "endless")
    assert plan(house, attribute=None).lines == ()


def test_a_pace_of_an_hour_is_no_pace(house: House) -> None:
    fill(house, [(NOON - timedelta(minutes=5), "강남", 9, 4)] * 12)
    closes(house, 10, opens=NOON - timedelta(hours=1))
    total = plan(house).total.goals["nps"]
    assert (total.n, total.expected, total.verdict) == (12, None, "early")
    assert total.needed == 1537, "under thirty answers the widest spread is planned for"


def test_after_the_end_what_is_there_is_what_there_will_be(house: House) -> None:
    fill(house, rows_of())
    closes(house, -1)
    assert plan(house).left == 0 and plan(house).total.goals["nps"].expected == 243
    assert plan(house).total.goals["nps"].verdict == "short"


def test_an_empty_wave_and_an_unknown_attribute(house: House) -> None:
    closes(house, 10)
    found = plan(house)
    assert [(x.value, x.responses) for x in found.lines] == [("강남", 0)] and found.total.goals["nps"].needed == 1537
    with pytest.raises(NotFound):
        plan(house, attribute="nothing")
    with pytest.raises(Refused):
        sampling.sampling(house.deps, RESPONDENT, **HERE, wave="2026-1")
    assert datetime.now(UTC) > NOON


def test_whom_to_remind(house: House) -> None:
    tokens = invite(house, "a", "b", "c", "d")
    with writing(house.deps.engine) as session:
        found = contacts.list_contacts(session, program_id=house.program_id)
        keys = keyed.told(session, [x.key for x in found])
        people = {keys[x.key]: x for x in found}
        for key, branch in (("a", "부산"), ("b", "대전"), ("c", "부산"), ("d", None)):
            people[key].attributes, people[key].email = {"branch": branch} if branch else {}, f"{key}@example.com"
        contacts.unsubscribe(session, contact_id=people["c"].id)
        place = links.add_link(session, survey_id=house.survey_id, wave_id=house.wave_id, kind="personal", attributes={"branch": "광주"})
        contacts.invite(session, link_id=place.id, contact_ids=[people["a"].id, people["b"].id])
        people["b"].email = ""
    assert len(tokens) == 4
    found = plan(house)
    assert {line.value: line.remind for line in found.lines} == {"강남": 0, "광주": 1, "부산": 1, "": 1} and found.total.remind == 3
    assert plan(house, attribute=None).total.remind == 3
    writer = Writer(house.deps.engine)
    answer(house, writer, token=tokens["a"])
    assert writer.stop() and plan(house).total.remind == 2
