"""From the mail to the answer: the link of a received mail is opened, answered, used up; its last line ends the mails."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cxdash.services import invitations
from cxdash.services.actor import LOCAL
from cxdash.services.deps import Deps
from cxdash.services.postman import deliver
from cxdash.store import contacts
from cxdash.store.database import reading, writing
from tests.respond.people import Site, open_site
from tests.respond.test_visit import stored, through
from tests.services import mailserver
from tests.services.mailserver import Box, with_server
from tests.services.test_mail import BASE, ORDER, TEMPLATE, WHERE, earlier, some, token_in

PATHS = {"link": "/s/{}", "unsubscribe": "/s/{}/unsubscribe"}


@pytest.fixture
def site(deps: Deps) -> Iterator[Site]:
    made = open_site(deps)
    with writing(deps.engine) as session:
        contacts.save_contacts(session, program_id=made.house.program_id, rows=[{**row, "attributes": {"branch": "부산"}} for row in some(2)])
    yield made
    made.desk.end()


@pytest.fixture
def box() -> Iterator[Box]:
    with mailserver.running() as made:
        yield made


def test_a_mailed_link_is_answered_once_and_then_used(site: Site, box: Box) -> None:
    deps = with_server(site.deps, box)
    assert invitations.invite(deps, LOCAL, **ORDER, template=TEMPLATE) == 2 and deliver(deps).sent == 2
    by_to = {letter["To"]: letter for _, _, letter, _ in box.letters}
    token = token_in(by_to["c0@example.com"])
    person = through(site.person().open(token), token)
    assert person.at.endswith("/done")
    found = invitations.status(deps, LOCAL, **WHERE)
    assert (found.sent, found.opened, found.finished) == (2, 1, 1)
    again = site.person().open(token)  # another device, and no cookie
    assert "data-page" not in again.text and again.status == 200 and "이미" in again.plain
    [row] = stored(site)
    assert row["respondent"] == "C0" and row["attributes"]["branch"] == "부산" and row["source"] == "survey"
    earlier(site.house, 6)
    assert invitations.remind(deps, LOCAL, **ORDER, template=TEMPLATE) == 1  # only who has not answered
    assert deliver(deps).sent == 1 and box.to[2:] == ["c1@example.com"]


def test_the_list_unsubscribe_header_works_as_mail_programs_use_it(site: Site, box: Box) -> None:
    deps = with_server(site.deps, box)
    invitations.invite(deps, LOCAL, **ORDER, template=TEMPLATE)
    deliver(deps)
    for _, _, letter, _ in box.letters:
        path = letter["List-Unsubscribe"].strip("<>").removeprefix(BASE)
        looked = site.person().get(path)
        assert looked.status == 200 and "<button" in looked.text
        with reading(deps.engine) as session:  # a link checker that only looks ends nothing
            assert contacts.contact_of(session, token=token_in(letter)).unsubscribed_at is None
        name, _, value = letter["List-Unsubscribe-Post"].partition("=")
        assert site.person().ask("POST", path, data={name: value}).status_code == 200
        with reading(deps.engine) as session:
            assert contacts.contact_of(session, token=token_in(letter)).unsubscribed_at is not None
    earlier(site.house, 99)
    assert invitations.status(deps, LOCAL, **WHERE).remindable == 0
