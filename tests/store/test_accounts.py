"""Accounts, sessions, links, codes and attempts on both kinds of database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, text

from cxdash.errors import Conflict, NotFound
from cxdash.store import accounts, sessions
from cxdash.store.account_tables import Account
from cxdash.store.database import reading, writing

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
RULES = {"free": 2, "first": timedelta(seconds=10), "most": timedelta(minutes=2), "forget": DAY}


def made(engine: Engine, email: str = "kim@example.com", **given: object) -> int:
    with writing(engine) as session:
        return accounts.add_account(session, email=email, role="admin", **given).id or 0  # type: ignore[arg-type]


def test_an_address_is_one_account_however_it_is_written(engine: Engine) -> None:
    number = made(engine, " Kim@Example.COM ")
    with pytest.raises(Conflict), writing(engine) as session:
        accounts.add_account(session, email="kim@EXAMPLE.com", role="viewer")
    with reading(engine) as session:
        found = accounts.find_email(session, email="KIM@example.com")
        assert found is not None and (found.id, found.email, found.programs, found.rows) == (number, "kim@example.com", None, {})
        assert accounts.any_account(session) and accounts.find_email(session, email="lee@example.com") is None
        with pytest.raises(NotFound):
            accounts.get_account(session, account_id=number + 1)


def test_scope_is_kept_and_counts_for_whole_admins(engine: Engine) -> None:
    one, two = made(engine), made(engine, "b@example.com", programs=["air"], rows={"branch": ["B", "A", "A"]})
    with writing(engine) as session:
        accounts.hold(session)
        assert accounts.whole_admins(session) == {one}
        narrow = accounts.get_account(session, account_id=two)
        assert (narrow.programs, narrow.rows) == (["air"], {"branch": ["A", "B"]})
        accounts.change(session, narrow, programs=None, rows={})
        assert accounts.whole_admins(session) == {one, two}
        accounts.change(session, narrow, state=accounts.DISABLED)
        assert accounts.whole_admins(session) == {one}


def test_a_session_is_found_by_its_cookie_only_and_ends(engine: Engine) -> None:
    number = made(engine)
    with writing(engine) as session:
        ids = [
            sessions.add_session(session, account_id=number, secret=f"s{n}", at=NOW, complete=n < 3, via="password").id or 0
            for n in range(4)
        ]
        kept = session.execute(text("SELECT id_hash FROM account_session")).scalars().all()
        assert not {"s0", "s1"} & set(kept) and all(len(one) == 64 for one in kept)
    with reading(engine) as session:
        found = sessions.find_session(session, secret="s1")
        assert found is not None and (found[0].id, found[1].id, found[0].ended_at) == (ids[1], number, None)
        plain = sessions.inside(session, secret="s1")
        assert plain is not None and (plain.session_id, plain.id, plain.email, plain.rows) == (ids[1], number, "kim@example.com", {})
        assert plain.seen_at == NOW and plain.ended_at is None and not plain.local and sessions.inside(session, secret="s") is None
        assert sessions.find_session(session, secret="s") is None and sessions.find_session(session, secret=kept[0]) is None
    with writing(engine) as session:
        assert sessions.end_session(session, session_id=ids[0], at=NOW) and not sessions.end_session(session, session_id=ids[0], at=NOW)
        assert not sessions.end_session(session, session_id=ids[1], at=NOW, account_id=number + 1)
        later = {"seen_after": NOW - MINUTE, "made_after": NOW - MINUTE}
        assert [s.id for s in sessions.open_sessions(session, account_id=number, **later)] == [ids[2], ids[1]]
        assert not sessions.open_sessions(session, account_id=number, seen_after=NOW, made_after=NOW - MINUTE)
        assert sessions.end_sessions(session, account_id=number, at=NOW, but=ids[2]) == 2
        assert sessions.tidy(session, before=NOW + MINUTE) == 4 and sessions.find_session(session, secret="s2") is None


def test_a_link_opens_once_and_only_the_newest(engine: Engine) -> None:
    number = made(engine)
    with writing(engine) as session:
        accounts.add_token(session, account_id=number, kind="invite", token="old", expires_at=NOW + DAY)
        accounts.add_token(session, account_id=number, kind="reset", token="new", expires_at=NOW + DAY)
    with writing(engine) as session:
        assert accounts.find_token(session, token="old", at=NOW) is None
        assert accounts.find_token(session, token="new", at=NOW + DAY) is None  # too late
        found = accounts.find_token(session, token="new", at=NOW)
        assert found is not None and found[0].kind == "reset"
        assert accounts.use_token(session, token_id=found[0].id or 0, at=NOW)
        assert not accounts.use_token(session, token_id=found[0].id or 0, at=NOW)
        assert accounts.find_token(session, token="new", at=NOW) is None and not accounts.open_tokens(session, at=NOW)


def test_codes_are_used_up(engine: Engine) -> None:
    one, two = made(engine), made(engine, "b@example.com")
    with writing(engine) as session:
        accounts.set_codes(session, account_id=one, codes=["aaaa", "bbbb"])
        assert not accounts.use_code(session, account_id=two, code="aaaa", at=NOW)
        assert [accounts.use_code(session, account_id=one, code="aaaa", at=NOW) for _ in range(2)] == [True, False]
        assert accounts.codes_left(session, account_id=one) == 1
        accounts.set_codes(session, account_id=one, codes=["cccc"])
        assert not accounts.use_code(session, account_id=one, code="bbbb", at=NOW)


def test_a_step_of_time_is_taken_once_also_at_the_same_moment(engine: Engine) -> None:
    number = made(engine)

    def take(_n: int) -> bool:
        with writing(engine) as session:
            return accounts.take_step(session, account_id=number, step=7)

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(take, range(4))) == [False, False, False, True]
    with writing(engine) as session:
        assert not accounts.take_step(session, account_id=number, step=6) and accounts.take_step(session, account_id=number, step=8)
        assert session.get(Account, number).totp_step == 8  # type: ignore[union-attr]


def test_the_wait_doubles_to_its_limit_and_is_forgotten(engine: Engine) -> None:
    seconds = []
    with writing(engine) as session:
        for _ in range(8):
            sessions.failed(session, who="a", at=NOW, **RULES)  # type: ignore[arg-type]
            seconds.append(sessions.waits(session, whom=["a", "b"], at=NOW).total_seconds())
        assert seconds == [0, 0, 10, 20, 40, 80, 120, 120]
        sessions.excused(session, who="a", free=2)
        assert sessions.waits(session, whom=["a"], at=NOW).total_seconds() == 120  # seven are still too many
        sessions.failed(session, who="a", at=NOW + 2 * DAY, **RULES)  # type: ignore[arg-type]
        assert not sessions.waits(session, whom=["a"], at=NOW + 2 * DAY)
        sessions.failed(session, who="b", at=NOW, **RULES)  # type: ignore[arg-type]
        sessions.excused(session, who="b", free=2)
        sessions.cleared(session, whom=["a"])
        assert session.execute(text("SELECT who, failures FROM sign_in_attempt")).all() == [("b", 0)]


def test_an_identity_belongs_to_one_account(engine: Engine) -> None:
    number = made(engine)
    with writing(engine) as session:
        accounts.add_identity(session, account_id=number, issuer="https://id.example", subject="42")
        found = accounts.find_identity(session, issuer="https://id.example", subject="42")
        assert found is not None and found.id == number
        assert accounts.find_identity(session, issuer="https://other.example", subject="42") is None
