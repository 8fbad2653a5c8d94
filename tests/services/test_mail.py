"""Invitations by mail against a real local server: who gets one, what it says, what a crash, a refusal and an unsubscription do."""

from __future__ import annotations

import logging
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text, update
from sqlmodel import col

from cxdash.errors import ConfigError, Conflict, Refused
from cxdash.services import collecting, invitations, postman
from cxdash.services import contacts as people
from cxdash.services.actor import LOCAL, RESPONDENT, Actor, RoleName
from cxdash.services.commits import Writer
from cxdash.services.deps import Deps
from cxdash.services.invitations import Labels, Template
from cxdash.services.mailtext import Words
from cxdash.services.postman import Postman, deliver
from cxdash.store import contacts, outbox, surveys
from cxdash.store.collect_tables import Contact, Invitation, Mail
from cxdash.store.database import reading, writing
from tests.services import mailserver
from tests.services.answering import House, answer, open_house, opened
from tests.services.mailserver import Box, with_server

ROOT = Path(__file__).parents[2]
BASE = "https://survey.example.com"
KO = Words("{name} 고객님, 의견을 들려주세요", "안녕하세요, {name} 님.\n\n{link}\n\n그만 받기: {unsubscribe}")
EN = Words("{name}, tell us what you think", "Hello {name},\n\n{link}\n\nNo more mails: {unsubscribe}")
TEMPLATE = Template({"ko": KO, "en": EN}, {"ko": Labels("고객", "참여하기", "수신거부"), "en": Labels("customer", "Answer", "Unsubscribe")})
WHERE = {"program": "shop", "code": "s", "wave": "2026-1"}
ORDER = {**WHERE, "base": BASE}


@pytest.fixture
def box() -> Iterator[Box]:
    with mailserver.running() as made:
        yield made


@pytest.fixture
def house(deps: Deps) -> House:
    return open_house(deps)


def add(house: House, *rows: dict) -> dict[str, int]:
    with writing(house.deps.engine) as session:
        return contacts.save_contacts(session, program_id=house.program_id, rows=rows)


def some(n: int) -> list[dict]:
    return [{"key": f"C{i}", "name": f"고객{i}", "email": f"c{i}@example.com", "language": "ko"} for i in range(n)]


def queue(deps: Deps, **more) -> int:
    return invitations.invite(deps, LOCAL, **ORDER, template=TEMPLATE, **more)


def status(deps: Deps) -> invitations.Status:
    return invitations.status(deps, LOCAL, **WHERE)


def earlier(house: House, days: float) -> None:
    """Everything that was sent was sent so many days before."""
    with writing(house.deps.engine) as session:
        then = datetime.now(UTC) - timedelta(days=days)
        session.execute(update(Contact).where(col(Contact.last_contacted_at).is_not(None)).values(last_contacted_at=then))
        session.execute(update(Invitation).where(col(Invitation.sent_at).is_not(None)).values(sent_at=then))
        session.execute(update(Invitation).where(col(Invitation.reminded_at).is_not(None)).values(reminded_at=then))


def parts(letter) -> tuple[str, str]:
    return letter.get_body(("plain",)).get_content(), letter.get_body(("html",)).get_content()


def token_in(letter) -> str:
    return parts(letter)[0].split(f"{BASE}/s/")[1].split()[0]


def test_an_invitation_in_each_language_that_opens_the_survey_and_ends_mails(house, box):
    deps = with_server(house.deps, box)
    add(house, *some(1), {"key": "E1", "email": "jane@example.com", "language": "en"})
    assert queue(deps) == 2 and queue(deps) == 0
    assert deliver(deps).sent == 2 and deliver(deps).sent == 0
    by_to = {letter["To"]: letter for _, _, letter, _ in box.letters}
    ko, en = by_to["c0@example.com"], by_to["jane@example.com"]
    assert (ko["Subject"], en["Subject"]) == ("고객0 고객님, 의견을 들려주세요", "customer, tell us what you think")
    assert ko["From"] == "고객경험팀 <survey@example.com>" and {sender for sender, *_ in box.letters} == {"survey@example.com"}
    token = token_in(ko)
    assert len(token) >= 22 and token != token_in(en)
    out = f"{BASE}/s/{token}/unsubscribe"
    assert ko["List-Unsubscribe"] == f"<{out}>" and ko["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    plain, page = parts(ko)
    assert out in plain and f'href="{BASE}/s/{token}"' in page and "참여하기" in page and "<img" not in page
    raw = box.letters[0][3]
    assert raw.startswith(b"List-Unsubscribe: <https://") and b"=?" not in raw.split(b"\r\n")[0]
    assert opened(house, token, datetime.now(UTC)).state == "open"
    found = status(deps)
    assert (found.sent, found.invited, found.mails, found.standings) == (2, 2, {"sent": 2}, {"invited": 2})


def test_nothing_of_a_person_or_a_secret_is_logged_or_stored_after_sending(house, box, caplog):
    caplog.set_level(logging.DEBUG, "cxdash")
    deps = with_server(house.deps, box, smtp_user="account", smtp_password="hunter2")
    box.refuse["c1@example.com"] = "550 5.1.1 <c1@example.com> unknown 고객1"
    add(house, *some(2))
    queue(deps)
    done = deliver(deps)
    assert (done.sent, done.failed) == (1, 1) and box.logins == [b"account"]
    token = token_in(box.letters[0][2])
    for word in ("example.com", "고객", "hunter2", "account", token):
        assert word not in caplog.text
    with reading(house.deps.engine) as session:
        rows = session.execute(text("SELECT state, subject, body, error FROM mail ORDER BY id")).all()
        assert [tuple(r) for r in rows][0] == ("sent", "", "", "") and rows[1].state == "failed"
        assert (rows[1].body, rows[1].error) == ("", "recipient 550")
        assert token not in str(session.execute(text("SELECT * FROM invitation_token")).all())
        assert session.get(Contact, 2).last_contacted_at is None  # nothing went out to them
    [failure] = status(deps).failures
    assert (failure.key, failure.why, failure.tries) == ("C1", "recipient 550", 1)


def test_a_busy_recipient_is_tried_again_later(house, box):
    deps = with_server(house.deps, box)
    add(house, *some(1))
    queue(deps)
    box.refuse["c0@example.com"] = "451 4.7.1 try later"
    assert deliver(deps).later == 1 and deliver(deps).later == 0  # not at once
    box.refuse.clear()
    with writing(deps.engine) as session:
        session.execute(update(Mail).values(next_at=datetime.now(UTC)))
    assert deliver(deps).sent == 1 and box.to == ["c0@example.com"]


def test_a_server_that_is_away_costs_no_try_and_is_said(house, box):
    deps = with_server(house.deps, box, smtp_port=1)
    add(house, *some(1))
    queue(deps)
    done = deliver(deps)
    assert done.trouble is not None and done.trouble.key == "mail.server.unreachable" and "example" not in str(done.trouble)
    with reading(deps.engine) as session:
        kept = session.get(Mail, 1)
        assert (kept.state, kept.tries) == ("waiting", 0)
    box.sender = "550 not allowed to send as this"
    done = deliver(with_server(house.deps, box))
    assert done.trouble is not None and done.trouble.key == "mail.server.sender" and (done.sent, done.failed) == (0, 0)
    with reading(deps.engine) as session:
        kept = session.get(Mail, 1)
        assert (kept.state, kept.tries, session.get(Contact, 1).last_contacted_at) == ("waiting", 0, None)
    wrong = with_server(house.deps, box, smtp_user="account", smtp_password="wrong")
    assert deliver(wrong).trouble.key == "mail.server.login"


def test_a_connection_that_breaks_after_the_content_is_never_sent_again(house, box):
    """The server has taken the mail, and its word about it is lost."""
    deps = with_server(house.deps, box)
    add(house, *some(2))
    queue(deps)

    def gone(_to: str) -> str:
        return "\x00not a reply"

    box.taken = gone
    done = deliver(deps)
    assert (done.sent, done.failed) == (0, 2) and len(box.letters) == 2
    box.taken = lambda _to: None
    assert deliver(deps).sent == 0 and len(box.letters) == 2
    assert {f.why for f in status(deps).failures} == {"unsure"}
    template = {"invite": TEMPLATE, "reminder": TEMPLATE}
    assert invitations.send_again(deps, LOCAL, **ORDER, templates=template) == 0
    assert invitations.send_again(deps, LOCAL, **ORDER, templates=template, unsure=True) == 2  # somebody has decided
    assert deliver(deps).sent == 2


CRASH = """
import os, sys, dataclasses
from cxdash import runtime
from cxdash.config import load_settings
from cxdash.services import postman, smtp
home, database, port, at = sys.argv[1:5]
deps = runtime.build(load_settings({"CXDASH_HOME": home, "CXDASH_DATABASE_URL": database, "CXDASH_DEMO": "0",
    "CXDASH_SMTP_HOST": "127.0.0.1",
    "CXDASH_SMTP_PORT": port, "CXDASH_SMTP_STARTTLS": "0", "CXDASH_SMTP_FROM": "survey@example.com"}))
send, seen = smtp.Connection.send, []
def dying(self, *args):
    seen.append(1)
    if at == "before" and len(seen) == 3:
        os._exit(9)
    send(self, *args)
    if at == "after" and len(seen) == 3:
        os._exit(9)
smtp.Connection.send = dying
postman.deliver(deps)
"""


@pytest.mark.parametrize("at", ["before", "after"])
def test_a_crash_in_the_middle_of_a_batch_doubles_no_mail(house, box, database_url, tmp_path, at):
    deps = with_server(house.deps, box)
    add(house, *some(6))
    queue(deps)
    died = subprocess.run(
        [sys.executable, "-c", CRASH, str(tmp_path / "h"), database_url, str(box.port), at],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert died.returncode == 9, died.stderr
    deliver(deps)  # another process goes on
    with writing(deps.engine) as session:  # and a day later
        session.execute(update(Mail).where(col(Mail.state) == "sending").values(next_at=datetime.now(UTC) - timedelta(days=1)))
    for _ in range(2):
        add(house, {"key": "new", "name": "n", "email": f"new{time.time_ns()}@example.com"})
        deliver(deps)
        with writing(deps.engine) as session:
            outbox.claim(session, at=datetime.now(UTC))
    assert len(box.to) == len(set(box.to)) == (5 if at == "before" else 6)
    [failure] = status(deps).failures
    assert failure.why == "unsure"


def test_two_processes_at_once_send_each_mail_once(house, box):
    deps = with_server(house.deps, box)
    add(house, *some(25))
    queue(deps)
    men = [Postman(deps).start() for _ in range(3)]
    deadline = time.monotonic() + 60
    while status(deps).sent < 25 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert all(man.stop() for man in men)
    assert sorted(box.to) == sorted(f"c{i}@example.com" for i in range(25))


def test_the_cap_counts_over_surveys(house, box):
    deps = with_server(house.deps, box)
    people.save_days(deps, LOCAL, program="shop", cap_days=30, remind_days=5)
    add(house, *some(2))
    with writing(deps.engine) as session:
        session.get(Contact, 1).last_contacted_at = datetime.now(UTC) - timedelta(days=29)
        session.get(Contact, 2).last_contacted_at = datetime.now(UTC) - timedelta(days=31)
    assert status(deps).standings == {"capped": 1, "ready": 1}
    assert queue(deps) == 1
    with writing(deps.engine) as session:  # meanwhile another survey writes to the second one too
        session.get(Contact, 2).last_contacted_at = datetime.now(UTC)
    assert deliver(deps).sent == 0 and box.to == []
    assert status(deps).mails == {"cancelled": 1} and status(deps).standings == {"capped": 2}
    earlier(house, 31)
    assert queue(deps) == 2 and deliver(deps).sent == 2  # the cancelled one is not lost
    people.save_days(deps, LOCAL, program="shop", cap_days=0, remind_days=5)
    with pytest.raises(Conflict):
        people.save_days(deps, LOCAL, program="shop", cap_days=-1, remind_days=5)


def test_who_unsubscribed_is_never_written_to(house, box):
    deps = with_server(house.deps, box)
    add(house, *some(3))
    queue(deps)
    assert deliver(deps, most=1).sent == 1
    token = token_in(box.letters[0][2])
    assert collecting.unsubscribe(deps, RESPONDENT, token=token)
    people.unsubscribe(deps, LOCAL, program="shop", contact_id=2)
    assert deliver(deps).sent == 1 and box.to == ["c0@example.com", "c2@example.com"]
    earlier(house, 40)
    assert invitations.remind(deps, LOCAL, **ORDER, template=TEMPLATE) == 1
    assert [line.key for line in invitations.export(deps, LOCAL, **ORDER)] == []
    add(house, *some(3))  # the same list once more changes nothing
    assert queue(deps) == 0 and deliver(deps).sent == 1 and box.to[2:] == ["c2@example.com"]


def test_a_reminder_goes_once_per_interval_to_who_has_not_answered(house, box):
    deps, writer = with_server(house.deps, box), Writer(house.deps.engine)
    add(house, *some(3))
    queue(deps)
    deliver(deps)
    tokens = {letter["To"]: token_in(letter) for _, _, letter, _ in box.letters}
    now = datetime.now(UTC)
    assert answer(house, writer, token=tokens["c0@example.com"], now=now).state == "finished" and writer.stop()
    found = status(deps)
    assert (found.finished, found.remindable) == (1, 0)
    assert opened(house, tokens["c0@example.com"], now).state == "used"  # and never a second response
    box.letters.clear()
    assert invitations.remind(deps, LOCAL, **ORDER, template=TEMPLATE) == 0  # too early
    for number in (1, 2, 3, 4):
        earlier(house, 6)
        assert invitations.remind(deps, LOCAL, **ORDER, template=TEMPLATE) == (2 if number < 4 else 0)
        assert invitations.remind(deps, LOCAL, **ORDER, template=TEMPLATE) == 0  # they wait already
        assert deliver(deps).sent == (2 if number < 4 else 0)
    assert sorted(box.to) == sorted(["c1@example.com", "c2@example.com"] * 3)
    assert opened(house, tokens["c1@example.com"], now).state == opened(house, token_in(box.letters[-1][2]), now).state == "open"


def test_a_reminder_is_not_sent_to_who_answered_while_it_waited(house, box):
    deps, writer = with_server(house.deps, box), Writer(house.deps.engine)
    add(house, *some(1))
    queue(deps)
    deliver(deps)
    earlier(house, 6)
    assert invitations.remind(deps, LOCAL, **ORDER, template=TEMPLATE) == 1
    answer(house, writer, token=token_in(box.letters[0][2]), now=datetime.now(UTC))
    assert writer.stop() and deliver(deps).sent == 0 and len(box.letters) == 1


def test_links_for_a_mailing_tool_are_new_once_and_count_as_sent(house):
    add(house, *some(2), {"key": "paper", "name": "=cmd|'/c calc'!A1", "attributes": {"branch": "강남"}})
    lines = invitations.export(house.deps, LOCAL, **ORDER)
    assert [line.key for line in lines] == ["C0", "C1", "paper"] and lines[2].attributes == {"branch": "강남"}
    token = lines[2].link.removeprefix(f"{BASE}/s/")
    door = opened(house, token, datetime.now(UTC))
    assert door.state == "open" and door.attributes["branch"] == "강남" and lines[2].unsubscribe == f"{BASE}/s/{token}/unsubscribe"
    assert invitations.export(house.deps, LOCAL, **ORDER) == ()
    found = status(house.deps)
    assert (found.sent, found.standings, found.can_send) == (3, {"invited": 3}, False)
    earlier(house, 6)
    again = invitations.export_reminders(house.deps, LOCAL, **ORDER)
    assert [line.key for line in again] == ["C0", "C1"] and invitations.export_reminders(house.deps, LOCAL, **ORDER) == ()


def test_a_hostile_name_stays_a_name(house, box):
    deps = with_server(house.deps, box)
    name = "홍\r\nBcc: evil@example.com\r\n\r\n<script>alert(1)</script>{link}\u202e"
    add(house, {"key": "x", "name": name, "email": "x@example.com"})
    queue(deps)
    assert deliver(deps).sent == 1
    _, to, letter, raw = box.letters[0]
    assert to == ["x@example.com"] and letter["Bcc"] is None and b"\nBcc:" not in raw
    plain, page = parts(letter)
    assert "<script>" not in page and "&lt;script&gt;" in page and "\u202e" not in plain
    assert "{link}" in plain  # a placeholder in a name is not filled


@pytest.mark.parametrize(
    "address", ["x@example.com\r\nRCPT TO:<y@example.com>", "x@example.com, y@example.com", "x@example.com\n", "<x@y.kr>"]
)
def test_an_address_that_breaks_out_is_given_up(house, box, address):
    deps = with_server(house.deps, box)
    add(house, {"key": "x", "name": "n", "email": address})
    queue(deps)
    assert deliver(deps).failed == 1 and box.letters == [] and status(deps).failures[0].why == "letter"


def test_a_test_mail_goes_to_oneself_at_once(house, box):
    deps = with_server(house.deps, box)
    call = {"base": BASE, "template": TEMPLATE, "language": "en", "name": "Kim"}
    invitations.send_test(deps, LOCAL, to=" me@example.com ", **call)
    assert box.to == ["me@example.com"] and box.letters[0][2]["Subject"] == "Kim, tell us what you think"
    box.refuse["no@example.com"] = "550 no"
    for to in ("no@example.com", "nonsense"):
        with pytest.raises(Conflict):
            invitations.send_test(deps, LOCAL, to=to, **call)


def test_templates_are_kept_and_checked(house):
    keep = {"program": "shop", "kind": "invite", "language": "ko"}
    invitations.save_words(house.deps, LOCAL, **keep, words=Words("제목\r\nBcc: x", KO.body))
    assert invitations.words_of(house.deps, LOCAL, program="shop")["invite"]["ko"].subject == "제목 Bcc: x"
    for words, key in (
        (Words("", KO.body), "mail.words.subject"),
        (Words("x", "{link}"), "mail.words.missing"),
        (Words("x", "{unsubscribe}"), "mail.words.missing"),
        (Words("x", KO.body + "{surname}"), "mail.words.unknown"),
        (Words("{link}", KO.body), "mail.words.unknown"),
        (Words("x", KO.body + "x" * 10_000), "mail.words.long"),
    ):
        with pytest.raises(Conflict) as caught:
            invitations.save_words(house.deps, LOCAL, **keep, words=words)
        assert caught.value.key == key


def test_a_closed_survey_invites_nobody_and_waiting_mails_stay(house, box):
    deps = with_server(house.deps, box)
    add(house, *some(2))
    queue(deps)
    assert invitations.stop(deps, LOCAL, **WHERE) == 2 and deliver(deps).sent == 0
    assert queue(deps) == 2
    with writing(deps.engine) as session:
        surveys.set_state(session, survey_id=house.survey_id, state=surveys.CLOSED)
    assert deliver(deps).sent == 0 and not status(deps).open
    with pytest.raises(Conflict):
        queue(deps)
    with pytest.raises(Conflict):
        invitations.export(deps, LOCAL, **ORDER)


def test_who_may_and_what_is_needed(house, box):
    with pytest.raises(ConfigError):
        queue(house.deps)
    with pytest.raises(ConfigError):
        deliver(house.deps)
    viewer = Actor("v", RoleName.VIEWER)
    for call in (invitations.export, invitations.export_reminders):
        with pytest.raises(Refused):
            call(house.deps, viewer, **ORDER)
    with pytest.raises(Refused):
        invitations.status(house.deps, viewer, **WHERE)
    assert postman.begin(house.deps) is None


def test_the_command_sends_what_is_due(house, box, database_url, tmp_path):
    add(house, *some(3))
    queue(with_server(house.deps, box))
    env = {
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": str(ROOT),
        "CXDASH_HOME": str(tmp_path / "h"),
        "CXDASH_DATABASE_URL": database_url,
        "CXDASH_SMTP_HOST": "127.0.0.1",
        "CXDASH_SMTP_PORT": str(box.port),
        "CXDASH_SMTP_STARTTLS": "0",
        "CXDASH_SMTP_FROM": "survey@example.com",
    }
    run = [sys.executable, "-m", "cxdash", "send-mail", "--json"]
    first = subprocess.run([*run, "--most", "2"], env=env, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert first.returncode == 0 and '"sent": 2' in first.stdout, first.stderr
    second = subprocess.run(run, env={**env, "CXDASH_SMTP_PORT": "1"}, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert second.returncode == 4 and "127.0.0.1:1" in second.stderr
    third = subprocess.run(run, env=env, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert third.returncode == 0 and sorted(box.to) == [f"c{i}@example.com" for i in range(3)]
    assert "example.com" not in first.stdout + first.stderr + second.stderr
    assert (
        subprocess.run(
            run, env={k: v for k, v in env.items() if "SMTP" not in k}, cwd=tmp_path, capture_output=True, check=False
        ).returncode
        == 5
    )
