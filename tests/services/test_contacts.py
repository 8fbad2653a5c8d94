"""Customer lists: what is recognised, every row that cannot be stored with its reason, all or nothing, masked."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest
from openpyxl import Workbook
from sqlalchemy import text

from cxdash.errors import FileError, FileMapping, FileNoTable, Refused
from cxdash.ingest import people as reader
from cxdash.masking import HIDDEN
from cxdash.services import contacts as service
from cxdash.services.actor import LOCAL, Actor, RoleName
from cxdash.services.deps import Deps
from cxdash.services.mailtext import is_email, masked_email
from cxdash.services.programs import catalog_of
from cxdash.store import keyed
from cxdash.store import contacts as store
from cxdash.store.database import reading
from tests.services.answering import House, open_house

KO = ["고객번호", "이름", "이메일", "언어", "지점"]


@pytest.fixture
def house(deps: Deps) -> House:
    return open_house(deps)


def table(tmp_path: Path, *rows: list, name: str = "list.csv") -> Path:
    path = tmp_path / name
    if name.endswith("csv"):
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)
        return path
    book = Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def look(house: House, path: Path) -> service.CustomerList:
    return service.look(house.deps, LOCAL, path, name=path.name)


def save(house: House, path: Path) -> int:
    return service.save(house.deps, LOCAL, program="shop", given=look(house, path))


def kept(house: House) -> dict[str, tuple]:
    with reading(house.deps.engine) as session:
        rows = store.list_contacts(session, program_id=house.program_id)
        keys = keyed.told(session, [c.key for c in rows])
    return {keys[c.key]: (c.name, c.email, c.language, c.attributes) for c in rows}


def test_a_korean_list_with_lines_above_it(house, tmp_path):
    path = table(
        tmp_path, ["2026년 고객 명단"], [], KO, ["C1", "김하나", "hana@example.com", "한국어", "강남"], ["C2", "Lee", "", "EN", ""]
    )
    given = look(house, path)
    assert (given.header_row, [c.role for c in given.columns]) == (3, ["key", "name", "email", "language", "attribute"])
    found = service.preview(house.deps, LOCAL, program="shop", given=given)
    assert (found.new, found.known, found.no_email, found.problems) == (2, 0, 1, ())
    assert found.first[0] == ("C1", "김**", "h***@…", "ko", {"지점": "강남"})
    assert save(house, path) == 2
    assert kept(house)["C1"][:3] == ("김하나", "hana@example.com", "ko") and kept(house)["C2"][:3] == ("Lee", "", "en")
    assert "지점" in {a.key for a in catalog_of(house.deps, "shop").attributes}  # answers can be filtered by it


def test_an_english_workbook_and_attributes_the_programme_knows(house, tmp_path):
    rows = (["Customer No.", "Full name", "E-mail", "Language", "branch"], [1001, "Kim", "kim@example.com", "ko", "강남"])
    assert save(house, table(tmp_path, *rows, name="list.xlsx")) == 1
    assert kept(house) == {"1001": ("Kim", "kim@example.com", "ko", {"branch": "강남"})}


def test_every_bad_row_is_named_by_row_and_column_and_left_out_whole(house, tmp_path):
    path = table(
        tmp_path,
        KO,
        ["C1", "a", "a@example.com", "ko", "x"],
        ["", "b", "b@example.com", "ko", "x"],
        ["C3", "c", "nonsense", "ko", "x"],
        ["C1", "d", "d@example.com", "ko", "x"],
        ["C5", "e", "e@example.com\nBcc: z@z.kr", "fr", "x" * 201],
        ["C6", "=cmd|'/c'!A1", "", "", ""],
    )
    found = service.preview(house.deps, LOCAL, program="shop", given=look(house, path))
    told = [(p.row, p.column, p.key) for p in found.problems]
    first = told[-1][0]
    assert told == [
        (3, "A (고객번호)", "mail.problem.no_key"),
        (4, "C (이메일)", "mail.problem.email"),
        (5, "A (고객번호)", "mail.problem.twice"),
        (first, "C (이메일)", "mail.problem.email"),
        (first, "D (언어)", "mail.problem.language"),
        (first, "E (지점)", "mail.problem.long"),
    ]
    assert found.problems[2].params == {"row": 2} and found.new == 2
    assert "nonsense" not in repr(found.problems)  # a cell may hold anything personal
    assert save(house, path) == 2 and set(kept(house)) == {"C1", "C6"} and kept(house)["C6"][0] == "=cmd|'/c'!A1"


def test_the_same_key_updates_and_blank_cells_change_nothing(house, tmp_path):
    save(house, table(tmp_path, KO, ["C1", "김", "a@example.com", "ko", "강남"]))
    people = service.people(house.deps, LOCAL, program="shop")
    service.unsubscribe(house.deps, LOCAL, program="shop", contact_id=people.shown[0].id)
    path = table(tmp_path, [*KO, "등급"], ["C1", "", "new@example.com", "", "", "VIP"], ["C2", "박", "", "", "", ""])
    found = service.preview(house.deps, LOCAL, program="shop", given=look(house, path))
    assert (found.new, found.known) == (1, 1)
    save(house, path)
    assert kept(house)["C1"] == ("김", "new@example.com", "ko", {"지점": "강남", "등급": "VIP"})
    people = service.people(house.deps, LOCAL, program="shop")
    assert (people.all, people.email, people.unsubscribed) == (2, 1, 1)


def test_nothing_is_half_written(house, tmp_path, monkeypatch):
    rows = [[f"C{i}", "n", f"c{i}@example.com", "ko", "x"] for i in range(5000)]
    given = look(house, table(tmp_path, KO, *rows))
    insert, calls = store.insert, []

    def breaking(*args):
        calls.append(1)
        if len(calls) == 2:
            raise RuntimeError("power")
        return insert(*args)

    monkeypatch.setattr(store, "insert", breaking)
    with pytest.raises(RuntimeError):
        service.save(house.deps, LOCAL, program="shop", given=given)
    assert kept(house) == {} and "지점" not in {a.key for a in catalog_of(house.deps, "shop").attributes}
    monkeypatch.undo()
    assert service.save(house.deps, LOCAL, program="shop", given=given) == 5000


def test_columns_can_be_chosen_otherwise_and_personal_ones_are_left_out(house, tmp_path):
    path = table(
        tmp_path,
        ["고객번호", "별명", "메일", "휴대폰", "nps"],
        *[[f"C{i}", "x", f"c{i}@example.com", f"010-1234-{i:04}", "9"] for i in range(9)],
    )
    given = look(house, path)
    assert [c.role for c in given.columns] == ["key", "attribute", "email", "left_out", "attribute"]
    found = service.preview(house.deps, LOCAL, program="shop", given=service.with_roles(given, {1: "name"}))
    assert [(p.row, p.column, p.key) for p in found.problems] == [(1, "E (nps)", "mail.problem.taken")]  # a question of the survey
    assert found.first[0][1] == "x**" and found.first[0][4] == {}
    with pytest.raises(FileMapping):
        service.with_roles(given, {1: "email"})
    with pytest.raises(FileMapping):
        service.preview(house.deps, LOCAL, program="shop", given=service.with_roles(given, {0: "attribute"}))


def test_what_is_no_list_is_refused_in_words(house, tmp_path):
    with pytest.raises(FileNoTable) as caught:
        look(house, table(tmp_path, ["a", "b"], ["1", "2"]))
    assert caught.value.key == "error.file.no_customer_list"
    (tmp_path / "x.xlsx").write_bytes(b"PK\x03\x04 broken")
    with pytest.raises(FileError):
        look(house, tmp_path / "x.xlsx")
    with pytest.raises(FileMapping):
        save(house, table(tmp_path, KO, ["", "a", "", "", ""]))


def test_what_names_a_customer_by_its_column_is_sealed_and_not_shown_in_lists(house, tmp_path):
    for _ in range(2):  # the second list meets the attribute that the first one made
        given = look(house, table(tmp_path, [*KO[:4], "생년월일"], ["C1", "김하나", "hana@example.com", "ko", "1980-02-03"]))
        chosen = replace(given, columns=(*given.columns[:4], replace(given.columns[4], role=reader.ATTRIBUTE)))  # left out unless asked for
        service.save(house.deps, LOCAL, program="shop", given=chosen)
        with reading(house.deps.engine) as session:
            assert "1980" not in str(session.execute(text("SELECT attributes FROM contact")).all())
            assert keyed.box(session).opened(store.by_keys(session, program_id=1, keys=["C1"])[0].attributes) == {"생년월일": "1980-02-03"}
    assert service.people(house.deps, LOCAL, program="shop").shown[0].attributes == {"생년월일": HIDDEN}


def test_only_masked_and_only_for_those_who_may(house, tmp_path):
    save(house, table(tmp_path, KO, ["C1", "김하나", "hana@example.com", "ko", ""], ["C22", "이둘", "dul@example.com", "ko", ""]))
    found = service.people(house.deps, LOCAL, program="shop", search="C22")
    assert [(p.key, p.name, p.email) for p in found.shown] == [("C22", "이**", "d***@…")]
    for part in ("%", "C2"):
        assert service.people(house.deps, LOCAL, program="shop", search=part).shown == ()
    viewer = Actor("v", RoleName.VIEWER)
    for call in (
        lambda: service.people(house.deps, viewer, program="shop"),
        lambda: service.look(house.deps, viewer, tmp_path / "x", name="x"),
        lambda: service.erase(house.deps, viewer, program="shop", contact_id=1),
        lambda: service.unsubscribe(house.deps, viewer, program="shop", contact_id=1),
    ):
        with pytest.raises(Refused):
            call()
    service.erase(house.deps, LOCAL, program="shop", contact_id=found.shown[0].id)
    assert set(kept(house)) == {"C1"}


@pytest.mark.parametrize(
    ("header", "role"),
    [
        ("고객번호", "key"),
        ("고객 ID", "key"),
        ("회원번호", "key"),
        ("customer_id", "key"),
        ("Key", "key"),
        ("No.", "key"),
        ("성함", "name"),
        ("고객명", "name"),
        ("Name*", "name"),
        ("Customer name", "name"),
        ("E-MAIL", "email"),
        ("이메일주소", "email"),
        ("메일", "email"),
        ("언어", "language"),
        ("lang", "language"),
        ("지점", "attribute"),
        ("Branch name", "attribute"),
        ("등급", "attribute"),
    ],
)
def test_headers(header, role):
    assert reader.role_of(header) == role


@pytest.mark.parametrize(
    ("text", "fine"),
    [
        ("a@b.kr", True),
        ("first.last+tag@mail.example.co.kr", True),
        ("a@b", False),
        ("a b@c.kr", False),
        ("a@b.kr\n", False),
        ("@b.kr", False),
        ("a..b@c.kr", False),
        ("a@b..kr", False),
        ("홍@b.kr", False),
        ("a@b.kr,c@d.kr", False),
        ("a" * 65 + "@b.kr", False),
        ("a@-b.kr", False),
        ("Kim <a@b.kr>", False),
        ("a@" + "b." * 130 + "kr", False),
    ],
)
def test_addresses(text, fine):
    assert is_email(text) is fine
    assert masked_email(text) == f"{text[0]}***@…"
