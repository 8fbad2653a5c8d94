"""Publishing: links made singly and from pasted lines, opened and closed again, a wave's own texts, counts of a collection."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlmodel import select

from cxdash.errors import Conflict, NotFound, Refused
from cxdash.facts.question import Filter
from cxdash.services import collecting, fieldwork, linklines, publishing, surveys
from cxdash.services.actor import LOCAL, RESPONDENT
from cxdash.services.commits import Writer
from cxdash.services.deps import Deps
from cxdash.services.programs import catalog_of
from cxdash.services.publishing import NewLink
from cxdash.store import contacts, links, programs, questions
from cxdash.store.collect_tables import Link, Round
from cxdash.store.database import reading, writing
from cxdash.store.surveys import Cell
from tests.services.answering import ANSWERS, NOON, House, answer, invite, open_house, opened, visitor

HERE = {"program": "shop", "code": "s"}


@pytest.fixture
def house(lone: Deps) -> House:
    return open_house(lone)


@pytest.fixture
def writer(lone: Deps) -> Iterator[Writer]:
    made = Writer(lone.engine)
    yield made
    assert made.stop()


def board(house: House, **more: object) -> publishing.Board:
    return publishing.board(house.deps, LOCAL, **HERE, **{"now": NOON, **more})


def add(house: House, *made: NewLink, **more: object) -> tuple[int, ...]:
    return publishing.add_links(house.deps, LOCAL, **HERE, wave="2026-1", made=made, **more)


def test_a_board_shows_the_round_and_its_links(house: House) -> None:
    with writing(house.deps.engine) as session:
        links.add_link(session, survey_id=house.survey_id, wave_id=house.wave_id, kind="preview")
    found = board(house)
    assert [(x.kind, x.token, x.attributes, x.channel) for x in found.links] == [("public", house.token, {"branch": "강남"}, "qr")]
    assert found.round is not None and (found.wave, found.round.state, found.round.languages) == ("2026-1", "open", ("ko", "en"))
    assert board(house, wave="2030").round is None and board(house, wave="2030").links == ()
    assert [info.code for info in publishing.published(house.deps, LOCAL, program="shop")] == ["s"]
    with pytest.raises(Refused):
        publishing.board(house.deps, RESPONDENT, **HERE)
    with pytest.raises(NotFound):
        publishing.board(house.deps, LOCAL, program="shop", code="t")


def test_times_and_quota_of_a_round(house: House, writer: Writer) -> None:
    answer(house, writer)
    answer(house, writer)
    hour = timedelta(hours=1)
    surveys.set_round(
        house.deps, LOCAL, **HERE, wave="2026-1", opens_at=NOON - hour, closes_at=NOON + hour,
        quota=[Cell({"branch": "강남"}, 2), Cell({}, 5)], languages=["ko"],
    )  # fmt: skip
    held = board(house).round
    assert held is not None and held.languages == ("ko",)
    cells = [(dict(q.cell.attributes), q.cell.n, q.so_far, q.full) for q in held.quota]
    assert cells == [({"branch": "강남"}, 2, 2, True), ({}, 5, 2, False)]
    assert [board(house, now=NOON + i * hour).round.state for i in (-2, 0, 1)] == ["not_yet", "open", "over"]
    assert opened(house).state == "full"
    surveys.close(house.deps, LOCAL, **HERE)
    assert board(house).round.state == "off"


def test_links_fill_attributes_of_the_response(house: House, writer: Writer) -> None:
    [number] = add(house, NewLink("부산점 봄", channel="문자", attributes={"branch": "부산", "캠페인": "봄"}))
    [link] = [x for x in board(house).links if x.id == number]
    door = opened(house, link.token)
    assert door.state == "open" and door.attributes == {"branch": "부산", "캠페인": "봄", "channel": "문자"}
    answer(house, writer, token=link.token)
    facts = house.deps.fixed(house.program_id)
    keys = ["branch", "캠페인", "channel"]
    rows = {tuple(r[k] for k in keys): r["n"] for r in facts.count(Filter(), keys).to_dicts()}
    assert rows == {("부산", "봄", "문자"): 1}
    assert add(house, NewLink("부산점 봄", channel="문자", attributes={"branch": "부산", "캠페인": "봄"})) == (number,), "the same link is one"


def test_one_public_link_and_only_one(house: House) -> None:
    with pytest.raises(Conflict) as refused:
        add(house, NewLink("다른 공개", "public"))
    assert refused.value.key == "publish.public_exists"
    assert len(board(house).links) == 1, "nothing was made"


def test_links_per_stage_say_where_the_code_hangs(house: House) -> None:
    made = add(house, NewLink("강남점", attributes={"branch": "강남"}), NewLink("부산점", attributes={"branch": "부산"}), stages=["buy", "ship"])
    found = {x.id: x.attributes for x in board(house).links}
    assert [found[i] for i in made] == [
        {"branch": place, "qr_stage": stage} for place in ("강남", "부산") for stage in ("buy", "ship")
    ]
    catalog = catalog_of(house.deps, "shop")
    assert catalog.attribute("qr_stage").wording["ko"] == "QR을 둔 단계"


def test_a_link_is_closed_and_reopened_and_only_an_unused_one_removed(house: House, writer: Writer) -> None:
    [number] = add(house, NewLink("키오스크", "kiosk"))
    token = board(house).links[-1].token
    publishing.switch(house.deps, LOCAL, **HERE, link_id=number, closed=True)
    assert opened(house, token).state == "closed" and board(house).links[-1].closed
    publishing.switch(house.deps, LOCAL, **HERE, link_id=number, closed=False)
    assert opened(house, token).state == "open"
    publishing.remove_link(house.deps, LOCAL, **HERE, link_id=number)
    assert opened(house, token).state == "unknown"
    answer(house, writer)
    first = board(house).links[0].id
    with pytest.raises(Conflict):
        publishing.remove_link(house.deps, LOCAL, **HERE, link_id=first)
    with writing(house.deps.engine) as session:
        programs.add_program(session, slug="other", name={"ko": "다른"})
    with pytest.raises(NotFound):
        publishing.switch(house.deps, LOCAL, program="other", code="s", link_id=first, closed=True)
    assert opened(house).state == "open"


def test_every_new_token_has_128_bits_and_is_kept_hashed(house: House) -> None:
    add(house, *(NewLink(f"점{i}", attributes={"branch": f"점{i}"}) for i in range(50)))
    with reading(house.deps.engine) as session:
        rows = [(row.token, row.token_hash) for row in session.scalars(select(Link))]
    assert len({token for token, _ in rows}) == 51 and all(len(token) >= 22 for token, _ in rows)
    assert all(len(hashed) == 64 and token not in hashed for token, hashed in rows)


def test_too_long_and_too_many_are_refused(house: House) -> None:
    for wrong in (NewLink("x" * 201), NewLink("a", attributes={"k": "v" * 201}), NewLink("a", attributes={"": "v"})):
        with pytest.raises(Conflict):
            add(house, wrong)
    with pytest.raises(Conflict):
        add(house, *(NewLink(str(i)) for i in range(publishing.MOST_LINKS + 1)))
    assert len(board(house).links) == 1


def test_pasted_lines_become_links(house: House) -> None:
    with writing(house.deps.engine) as session:
        row = next(q for q in questions.list_questions(session, program_id=house.program_id) if q.code == "age")
        row.labels = {"ko": {"20s": "20대", "30s": "30대"}}
        programs.tick(session, program_id=house.program_id)
    catalog = catalog_of(house.deps, "shop")
    read = linklines.read("이름\tbranch\t나이\t채널\n\n강남 \t강남점\t20대\tQR\n\t\"부산, 점\"\t\t\n강남\t강남점\t20대\tQR\n", catalog, kind="kiosk")
    assert read.attributes == ("branch", "age") and read.bad == ()
    assert read.links == (
        NewLink("강남", "kiosk", "QR", {"branch": "강남점", "age": "20s"}),
        NewLink("부산, 점", "kiosk", None, {"branch": "부산, 점"}),
    )
    assert linklines.read("지역, 채널\n, \n서울, 문자\n부산, 문자, 남음\n", catalog, kind="channel").bad == (3,)


@pytest.mark.parametrize("text", ["", "지점", "지점\n\n", "지점,\n강남,x", "지점,지점\na,b", "이름,label\na,b"])
def test_lines_that_cannot_be_read_are_refused_in_a_sentence(house: House, text: str) -> None:
    with pytest.raises(Conflict) as refused:
        linklines.read(text, catalog_of(house.deps, "shop"), kind="channel")
    assert refused.value.key.startswith("publish.lines_")


def test_a_wave_has_words_of_its_own_without_a_new_version(house: House) -> None:
    theirs = opened(house).version.form
    before = surveys.list_surveys(house.deps, LOCAL, program="shop")[0].version
    texts = {"consent": {"ko": "동의합니다 ", "en": ""}, "intro": {"ko": "\n안녕하세요\n둘째 줄"}, "thanks": dict(theirs.thanks)}
    assert publishing.save_texts(house.deps, LOCAL, **HERE, wave="2026-1", texts=texts)
    found = opened(house).version
    assert dict(found.form.consent) == {"ko": "동의합니다"} and found.form.thanks == theirs.thanks and found.number == before
    assert found.form.questions == theirs.questions
    assert not publishing.save_texts(house.deps, LOCAL, **HERE, wave="2026-1", texts={"consent": {"ko": "동의합니다"}}), "nothing changed"
    own = board(house, wave="2026-1")
    assert own.round.texts["intro"] == {"ko": "안녕하세요\n둘째 줄"} and "thanks" not in own.round.texts and own.form.intro == theirs.intro
    assert publishing.messenger(own.asked, "ko") == ("만족도 조사", "안녕하세요 둘째 줄")
    surveys.set_round(house.deps, LOCAL, **HERE, wave="2026-2")
    other = publishing.board(house.deps, LOCAL, **HERE, wave="2026-2")
    assert other.asked.intro == theirs.intro, "another wave says what the questionnaire says"
    surveys.set_round(house.deps, LOCAL, **HERE, wave="2026-1", languages=["ko"])
    assert board(house, wave="2026-1").round.texts == own.round.texts, "times and quota leave the words alone"
    with pytest.raises(Conflict):
        publishing.save_texts(house.deps, LOCAL, **HERE, wave="2026-1", texts={"intro": {"ko": "가" * 4001}})
    back = {part: dict(getattr(theirs, part)) for part in publishing.PARTS}
    assert publishing.save_texts(house.deps, LOCAL, **HERE, wave="2026-1", texts=back) and board(house, wave="2026-1").round.texts == {}
    assert opened(house).version.form == theirs
    with reading(house.deps.engine) as session:
        told = session.scalars(select(Round).where(Round.wave_id == house.wave_id)).one().texts_before
    assert [one["texts"].get("consent", {}).get("ko") for one in told] == [None, "동의합니다"] and all(one["until"] for one in told)


def test_who_stops_at_a_gate_stops_at_its_stage(house: House, writer: Writer) -> None:
    for reached in ("gate:ship", "gate:ship", "staff", "gate:gone"):
        door = opened(house)
        sent = collecting.save_page(
            RESPONDENT, writer, opened=door, visitor=visitor(door), answers={"nps": 9}, at_page="x", reached=reached, now=NOON
        )
        sent.result(30)
    stops = fieldwork.fieldwork(house.deps, LOCAL, **HERE, wave="2026-1", now=NOON).stops
    assert [(s.code, s.gate.code if s.gate else None, s.stopped, s.reached) for s in stops] == [
        ("gate:ship", "ship", 2, 4), ("staff", None, 1, 2), ("gate:gone", None, 1, 1),
    ]  # fmt: skip


def test_fieldwork_counts_what_happened(house: House, writer: Writer) -> None:
    token = board(house).links[0].token
    invited = invite(house, "a", "b", "c")
    with writing(house.deps.engine) as session:
        batch = next(x for x in links.list_links(session, survey_id=house.survey_id) if x.kind == "personal")
        for i, one in enumerate(contacts.list_invitations(session, link_id=batch.id)):
            one.sent_at = NOON if i < 2 else None
    for _ in range(3):
        answer(house, writer, token=token)
    answer(house, writer, token=invited["a"])
    collecting.seen(RESPONDENT, writer, opened=opened(house, invited["b"]), now=NOON)
    for _ in range(5):
        collecting.seen(RESPONDENT, writer, opened=opened(house), now=NOON)
    door = opened(house)
    for reached, age in (("nps", 30), ("nps", 1), ("staff", 1), ("gone", 1)):
        at = NOON - timedelta(hours=age)
        collecting.save_page(
            RESPONDENT, writer, opened=door, visitor=visitor(door, now=at), answers={"nps": 3}, at_page="x", reached=reached, now=at
        ).result(30)
    collecting.mark_partials(house.deps, RESPONDENT, now=NOON)
    writer.stop()
    found = fieldwork.fieldwork(house.deps, LOCAL, **HERE, wave="2026-1", now=NOON + timedelta(hours=1))
    public, personal = found.lines
    assert (public.counted.opened, public.counted.started, public.counted.finished) == (7, 7, 3), "opened is never less than started"
    assert (public.counted.going, public.counted.partial) == (3, 1)
    assert (personal.counted.invited, personal.counted.sent, personal.counted.opened, personal.counted.finished) == (3, 2, 1, 1)
    assert found.total.finished == 4 and found.lately == 4
    assert fieldwork.keys(found.lines) == ("channel", "branch")
    for key, value in (("channel", "qr"), ("branch", "강남")):
        assert [(c, n.finished) for c, n in fieldwork.grouped(found.lines, key)] == [(value, 3), (None, 1)]
    assert [(s.code, s.stopped, s.reached) for s in found.stops] == [("nps", 2, 8), ("staff", 1, 6), ("gone", 1, 5)]
    assert found.stops[0].question is not None and found.stops[2].question is None
    assert ANSWERS["nps"] == 9
