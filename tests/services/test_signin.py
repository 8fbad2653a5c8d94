"""The door and what is behind it: passwords, waits, second factor, links, roles that change, the last administrator."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from cxdash.errors import Conflict, CxError, NotFound, Refused
from cxdash.services import accounts, audit, entry, passwords, profile, sessions, signin, totp
from cxdash.services.accounts import Rights
from cxdash.services.actor import LOCAL, Actor, Permission, RoleName
from cxdash.services.deps import Deps
from cxdash.services.sessions import Known, Where
from cxdash.services.signin import IN, SECOND, WAIT, WRONG, Outcome
from cxdash.store import accounts as store, sessions as session_store, vault
from cxdash.store.account_tables import Account, AccountSession
from cxdash.store.database import reading, writing
from tests import house
from tests.signing import closed

GOOD, OTHER = "tiger lamp 42", "blue kettle 77"
HOME, AWAY = Where("192.0.2.1", "Chrome · Windows"), Where("198.51.100.9")
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deps]:
    made = closed(house.build(tmp_path_factory.mktemp("home")))
    yield made
    house.close(made)


@pytest.fixture
def deps(built: Deps, monkeypatch: pytest.MonkeyPatch) -> Deps:
    """The house without accounts; hashing is quick here, as nothing is kept."""
    monkeypatch.setattr(passwords, "HASHER", QUICK)
    passwords._nobodys.cache_clear()
    with writing(built.engine) as session:
        for row in store.list_accounts(session):
            session.delete(row)
        session_store.tidy(session, before=datetime.now(UTC) + timedelta(days=9))
    sessions.changed()
    return built


@pytest.fixture
def admin(deps: Deps) -> Known:
    outcome = signin.first(deps, email="Kim@example.com", name="김관리", password=GOOD, language="ko", where=HOME)
    return inside(deps, outcome)


def inside(deps: Deps, outcome: Outcome) -> Known:
    assert outcome.state == IN
    who = sessions.known(deps, outcome.secret)
    assert who is not None
    return who


def enter(deps: Deps, email: str = "kim@example.com", password: str = GOOD, where: Where = HOME) -> Outcome:
    return signin.sign_in(deps, email=email, password=password, where=where)


def joined(deps: Deps, email: str = "lee@example.com", role: RoleName = RoleName.VIEWER, **rights: object) -> Known:
    _, token = accounts.invite(deps, LOCAL, email=email, rights=Rights(role, **rights))  # type: ignore[arg-type]
    return inside(deps, entry.accept(deps, token=token, password=OTHER, where=AWAY))


# ---------------------------------------------------------------- the first, and passwords


def test_only_the_first_is_made_without_an_invitation(deps: Deps, admin: Known) -> None:
    assert admin.actor == Actor("김관리", RoleName.ADMIN) and admin.actor.account_id == admin.account_id and admin.language == "ko"
    with pytest.raises(Conflict) as caught:
        signin.first(deps, email="x@example.com", name="", password=OTHER, language="", where=HOME)
    assert caught.value.key == "signin.first.done"


@pytest.mark.parametrize(("password", "key"), [
    ("short 9", "short"), ("x" * 257, "long"), ("password2024!", "common"), ("P@ssw0rd123", "common"), ("qwertyuiop", "common"),
    ("0123456789", "common"), ("abcabcabcabc", "common"), ("dkssudgktpdy!", "common"), ("minsukim1234", "own"), ("kim.minsu@2026", "own"),
    ("김민수2026김민수!", "own"),
])  # fmt: skip
def test_what_everybody_would_try_is_refused(password: str, key: str) -> None:
    with pytest.raises(Conflict) as caught:
        passwords.check(password, email="kim.minsu@example.com", name="Minsu Kim 김민수")
    assert caught.value.key == f"signin.password.{key}"


@pytest.mark.parametrize("password", [GOOD, "correct horse battery", "비밀번호는문장이좋다", "hT7#kd02Lqz", "kim likes long walks in Jeju"])
def test_long_ones_of_any_kind_will_do(password: str) -> None:
    passwords.check(password, email="kim.minsu@example.com", name="Minsu Kim")


def test_hashes_are_argon2id_by_the_rfc_and_composed_hangul_is_the_same() -> None:
    stored = passwords.hashed("비밀번호는문장이좋다")
    assert stored.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert passwords.fits(stored, "비밀번호는문장이좋다") and not passwords.fits(stored, "비밀번호는 문장이좋다")


def test_the_right_password_and_what_is_as_good_as_wrong(deps: Deps, admin: Known) -> None:
    assert enter(deps, " KIM@example.com").state == IN
    joined(deps)
    accounts.invite(deps, LOCAL, email="park@example.com", rights=Rights(RoleName.VIEWER))
    found = {one.email: one.id for one in accounts.list_accounts(deps, LOCAL)}
    accounts.disable(deps, LOCAL, account_id=found["lee@example.com"])
    wrong = [enter(deps, password=OTHER), enter(deps, "nobody@example.com"), enter(deps, "park@example.com", ""), enter(deps, "", ""),
             enter(deps, "lee@example.com", OTHER), enter(deps, "x" * 5000, "y")]  # fmt: skip
    assert wrong == [Outcome(WRONG)] * 6  # nothing tells one from the other


def test_as_much_is_computed_for_nobody(deps: Deps, admin: Known, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []

    class Counting(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # type: ignore[override]
            looked.append(str(hash).split("$")[3])
            return super().verify(hash, password)  # type: ignore[return-value]

    monkeypatch.setattr(passwords, "HASHER", Counting(time_cost=1, memory_cost=8, parallelism=1))
    for email in ("kim@example.com", "nobody@example.com"):
        enter(deps, email, "wrong wrong")
    assert looked == ["m=8,t=1,p=1"] * 2


def test_old_hashes_are_renewed(deps: Deps, admin: Known, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    assert enter(deps).state == IN
    with reading(deps.engine) as session:
        assert "m=16,t=2" in (store.find_email(session, email="kim@example.com").password_hash or "")  # type: ignore[union-attr]
    assert enter(deps).state == IN


# ---------------------------------------------------------------- waits


def test_guesses_wait_longer_and_longer_but_the_owner_elsewhere_does_not(deps: Deps, admin: Known) -> None:
    guesses = [enter(deps, password=f"wrong {n}", where=AWAY).state for n in range(8)]
    assert guesses == [WRONG] * 6 + [WAIT] * 2
    stopped = enter(deps, where=AWAY)  # the right one, too early
    assert stopped.state == WAIT and timedelta(0) < stopped.wait <= timedelta(minutes=15) and not stopped.secret
    assert enter(deps, where=HOME).state == IN


def test_an_unknown_address_waits_as_well(deps: Deps, admin: Known) -> None:
    assert [enter(deps, "nobody@example.com", "x", AWAY).state for _ in range(8)] == [WRONG] * 6 + [WAIT] * 2


def test_guesses_at_the_same_moment_are_all_counted(deps: Deps, admin: Known) -> None:
    with ThreadPoolExecutor(8) as pool:
        states = list(pool.map(lambda n: enter(deps, password=f"wrong {n}", where=AWAY).state, range(12)))
    assert states.count(WRONG) <= 6 and set(states) == {WRONG, WAIT}


def test_who_comes_in_is_excused(deps: Deps, admin: Known) -> None:
    for _ in range(3):
        assert [enter(deps, password="wrong", where=AWAY).state for _ in range(4)] == [WRONG] * 4
        assert enter(deps, where=AWAY).state == IN


def test_one_source_cannot_try_many_accounts(deps: Deps, admin: Known) -> None:
    states = [enter(deps, f"u{n}@example.com", "x", Where(f"2001:db8::{n:x}")).state for n in range(43)]  # one /64
    assert states[:40] == [WRONG] * 40 and states[-1] == WAIT
    assert enter(deps, where=Where("2001:db8:1::1")).state == IN


def test_attempts_name_nobody(deps: Deps, admin: Known) -> None:
    enter(deps, "secret.person@example.com", "x", AWAY)
    with reading(deps.engine) as session:
        kept = str(session.connection().exec_driver_sql("SELECT * FROM sign_in_attempt").fetchall())
    assert "secret" not in kept and "198.51" not in kept


# ---------------------------------------------------------------- sessions


def test_every_sign_in_has_a_new_secret_and_none_is_taken_over(deps: Deps, admin: Known) -> None:
    one, two = enter(deps), enter(deps)
    assert one.secret != two.secret and len(one.secret) >= 43
    assert sessions.known(deps, "chosen-by-somebody-else") is None and sessions.known(deps, "") is None
    assert sessions.known(deps, "x" * 10_000) is None


def test_signing_out_ends_it_for_every_copy_of_the_cookie(deps: Deps, admin: Known) -> None:
    secret = enter(deps).secret
    assert sessions.known(deps, secret) is not None  # known for a second, but not after this
    sessions.sign_out(deps, secret)
    assert sessions.known(deps, secret) is None and sessions.known(deps, secret, fresh=True) is None


@pytest.mark.parametrize(("idle", "age", "inside"), [(59, 60, True), (61, 62, False), (1, 11 * 60 + 59, True), (1, 12 * 60 + 1, False)])
def test_idle_and_absolute_limits(deps: Deps, admin: Known, idle: int, age: int, inside: bool) -> None:
    now, secret = datetime.now(UTC), enter(deps).secret
    with writing(deps.engine) as session:
        row = session_store.find_session(session, secret=secret)[0]  # type: ignore[index]
        row.created_at, row.seen_at = now - timedelta(minutes=age), now - timedelta(minutes=idle)
        session.add(row)
    sessions.changed()
    assert (sessions.known(deps, secret) is not None) is inside
    if inside:  # and it was used just now
        with reading(deps.engine) as session:
            found: AccountSession = session_store.find_session(session, secret=secret)[0]  # type: ignore[index]
        assert (found.seen_at > now - timedelta(seconds=30)) or idle <= 1


def test_ones_own_sessions_are_listed_and_ended(deps: Deps, admin: Known) -> None:
    other = enter(deps, where=AWAY).secret
    stranger = joined(deps)
    listed = sessions.own_sessions(deps, admin)
    assert sorted((one.address, one.mine) for one in listed) == [("192.0.2.1", True), ("198.51.100.9", False)]
    with pytest.raises(NotFound):
        sessions.end_own(deps, admin, session_id=stranger.session_id)
    sessions.end_own(deps, admin, session_id=next(one.id for one in listed if not one.mine))
    assert sessions.known(deps, other) is None and len(sessions.own_sessions(deps, admin)) == 1
    third = enter(deps).secret
    assert sessions.end_others(deps, admin) == 1 and sessions.known(deps, third) is None


def test_a_changed_role_and_scope_count_at_once(deps: Deps, admin: Known) -> None:
    secret = new_secret(deps)
    before = sessions.known(deps, secret)
    assert before is not None and before.actor.role is RoleName.VIEWER and not before.actor.may(Permission.IMPORT)
    rights = Rights(RoleName.ANALYST, ("air",), {"branch": ("B", "A")}, frozenset({Permission.SEE_COMMENTS}))
    accounts.change_rights(deps, admin.actor, account_id=before.account_id, rights=rights)
    after = sessions.known(deps, secret)
    assert after is not None
    wanted = ("air",), (("branch", ("A", "B")),), frozenset({Permission.SEE_COMMENTS})
    assert (after.actor.programs, after.actor.rows, after.actor.grants) == wanted and after.actor.role is RoleName.ANALYST
    accounts.disable(deps, admin.actor, account_id=before.account_id)
    assert sessions.known(deps, secret) is None


def new_secret(deps: Deps) -> str:
    joined(deps)
    return enter(deps, "lee@example.com", OTHER).secret


def test_open_is_over_with_the_first_account(built: Deps, deps: Deps) -> None:
    asked = replace(deps, settings=replace(deps.settings, open=True))
    assert sessions.is_open(asked) and not sessions.is_open(deps)
    assert not sessions.is_open(replace(deps, settings=replace(deps.settings, open=True, env="production")))
    signin.first(deps, email="kim@example.com", name="", password=GOOD, language="", where=HOME)
    assert not sessions.is_open(asked)


# ---------------------------------------------------------------- the second factor


@pytest.mark.parametrize(("seconds", "code"), [
    (59, "94287082"), (1111111109, "07081804"), (1111111111, "14050471"), (1234567890, "89005924"), (2000000000, "69279037"),
    (20000000000, "65353130"),
])  # fmt: skip
def test_codes_are_those_of_rfc_6238(seconds: int, code: str) -> None:
    secret = base64.b32encode(b"12345678901234567890").decode()
    assert totp.code_at(secret, totp.step_of(seconds), 8) == code
    assert totp.matching_step(secret, code[2:], seconds=seconds + 30) == totp.step_of(seconds)
    assert totp.matching_step(secret, code[2:], seconds=seconds + 60) is None


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(signin, "time", made)
    monkeypatch.setattr(profile, "time", made)
    return made


def with_second(deps: Deps, who: Known, clock: Clock) -> tuple[str, tuple[str, ...]]:
    secret = profile.begin_second(deps, who).secret
    codes = profile.confirm_second(deps, who, code=totp.code_at(secret, totp.step_of(clock.now)))
    clock.now += 60
    return secret, codes


def test_the_second_factor_is_asked_for_and_no_code_works_twice(deps: Deps, admin: Known, clock: Clock) -> None:
    other = enter(deps).secret
    secret, codes = with_second(deps, admin, clock)
    assert sessions.known(deps, other) is None and len(set(codes)) == 10
    half = enter(deps)
    assert half.state == SECOND and sessions.known(deps, half.secret) is None and sessions.pending(deps, half.secret) is not None
    code = totp.code_at(secret, totp.step_of(clock.now))
    assert signin.second(deps, secret=half.secret, code="000000" if code != "000000" else "1" * 6, where=HOME).state == WRONG
    whole = signin.second(deps, secret=half.secret, code=f"{code[:3]} {code[3:]}", where=HOME)
    assert whole.state == IN and whole.secret != half.secret and sessions.known(deps, whole.secret) is not None
    assert sessions.pending(deps, half.secret) is None
    again = enter(deps)
    assert signin.second(deps, secret=again.secret, code=code, where=HOME).state == WRONG
    assert signin.second(deps, secret=again.secret, code=codes[0].upper(), where=HOME).state == IN
    once_more = enter(deps)
    assert signin.second(deps, secret=once_more.secret, code=codes[0], where=HOME).state == WRONG
    assert profile.codes_left(deps, admin) == 9


def test_guessing_codes_waits_and_ends_the_half_session(deps: Deps, admin: Known, clock: Clock) -> None:
    with_second(deps, admin, clock)
    half = enter(deps)
    states = [signin.second(deps, secret=half.secret, code=f"{n:06d}", where=HOME).state for n in range(9)]
    assert states[:5] == [WRONG] * 5 and states[-1] == WAIT
    assert enter(deps).state == SECOND  # the password is still right; the wait is the account's
    assert signin.second(deps, secret=enter(deps).secret, code="000000", where=AWAY).state == WAIT


def test_a_half_session_opens_nothing_and_is_soon_over(deps: Deps, admin: Known, clock: Clock) -> None:
    with_second(deps, admin, clock)
    half = enter(deps).secret
    with writing(deps.engine) as session:
        row = session_store.find_session(session, secret=half)[0]  # type: ignore[index]
        row.created_at = row.seen_at = datetime.now(UTC) - timedelta(minutes=11)
        session.add(row)
    assert sessions.pending(deps, half) is None and signin.second(deps, secret=half, code="1", where=HOME).state == WRONG


def test_it_is_turned_off_with_the_password_or_by_an_administrator(deps: Deps, admin: Known, clock: Clock) -> None:
    with_second(deps, admin, clock)
    with pytest.raises(Conflict):
        profile.end_second(deps, admin, password="wrong")
    profile.end_second(deps, admin, password=GOOD)
    assert enter(deps).state == IN
    with_second(deps, admin, clock)
    accounts.drop_second(deps, LOCAL, account_id=admin.account_id)
    assert enter(deps).state == IN and profile.codes_left(deps, admin) == 0


def test_the_secret_lies_sealed(deps: Deps, admin: Known) -> None:
    secret = profile.begin_second(deps, admin).secret
    with reading(deps.engine) as session:
        kept = session.get(Account, admin.account_id).totp_secret or ""  # type: ignore[union-attr]
    assert secret not in kept and vault.unseal(kept) == secret
    begun = profile.begun_second(deps, admin)
    assert begun is not None and begun.address.startswith("otpauth://totp/cxdash:kim@example.com?secret=" + secret)
    assert enter(deps).state == IN  # not asked for before the first code was right


# ---------------------------------------------------------------- links, own password


def test_an_invitation_sets_a_password_once(deps: Deps, admin: Known) -> None:
    info, token = accounts.invite(deps, admin.actor, email="Lee@example.com", rights=Rights(RoleName.MARKETER, ("air",)))
    assert info.state == "invited" and enter(deps, "lee@example.com", OTHER).state == WRONG
    assert entry.look(deps, token=token) == entry.Entry("invite", "lee@example.com", "", "")
    with pytest.raises(Conflict) as weak:
        entry.accept(deps, token=token, password="password123", where=HOME)
    assert weak.value.key == "signin.password.common"  # and the link is still good
    who = inside(deps, entry.accept(deps, token=token, password=OTHER, name="이마케", where=HOME))
    assert (who.name, who.actor.role, who.actor.programs) == ("이마케", RoleName.MARKETER, ("air",))
    with pytest.raises(Conflict) as used:
        entry.accept(deps, token=token, password=OTHER, where=HOME)
    assert used.value.key == "signin.link.gone"
    with pytest.raises(Conflict) as exists:
        accounts.invite(deps, admin.actor, email="lee@example.com", rights=Rights(RoleName.VIEWER))
    assert exists.value.key == "signin.exists"


def test_another_invitation_replaces_the_first(deps: Deps, admin: Known) -> None:
    _, old = accounts.invite(deps, admin.actor, email="lee@example.com", rights=Rights(RoleName.VIEWER))
    _, new = accounts.invite(deps, admin.actor, email="lee@example.com", rights=Rights(RoleName.ANALYST))
    assert entry.look(deps, token=old) is None
    assert inside(deps, entry.accept(deps, token=new, password=OTHER, where=HOME)).actor.role is RoleName.ANALYST


def test_a_reset_by_an_administrator_shuts_everything_until_it_is_used(deps: Deps, admin: Known) -> None:
    who = joined(deps)
    secret = enter(deps, "lee@example.com", OTHER).secret
    token = accounts.reset(deps, admin.actor, account_id=who.account_id)
    assert sessions.known(deps, secret) is None and enter(deps, "lee@example.com", OTHER, HOME).state == WRONG
    assert inside(deps, entry.accept(deps, token=token, password=GOOD, where=HOME)).email == "lee@example.com"


def test_a_reset_that_was_asked_for_changes_nothing_until_it_is_used(deps: Deps, admin: Known) -> None:
    secret = enter(deps).secret
    found = entry.reset_token(deps, email="KIM@example.com")
    assert found is not None and sessions.known(deps, secret) is not None
    assert entry.reset_token(deps, email="nobody@example.com") is None
    entry.accept(deps, token=found[2], password=OTHER, where=HOME)
    assert sessions.known(deps, secret) is None and enter(deps, password=OTHER).state == IN


def test_a_reset_does_not_pass_the_second_factor(deps: Deps, admin: Known, clock: Clock) -> None:
    with_second(deps, admin, clock)
    found = entry.reset_token(deps, email="kim@example.com")
    assert found is not None and entry.accept(deps, token=found[2], password=OTHER, where=HOME).state == SECOND


def test_ones_own_password_ends_the_other_sessions(deps: Deps, admin: Known) -> None:
    other = enter(deps).secret
    for wrong in ("wrong", ""):
        with pytest.raises(Conflict):
            profile.change_password(deps, admin, old=wrong, new=OTHER)
    assert profile.change_password(deps, admin, old=GOOD, new=OTHER) == 1
    assert sessions.known(deps, other) is None and enter(deps).state == WRONG and enter(deps, password=OTHER).state == IN


# ---------------------------------------------------------------- who keeps accounts


def test_somebody_can_always_keep_accounts(deps: Deps, admin: Known) -> None:
    narrow = Rights(RoleName.ADMIN, ("air",))
    for change in (Rights(RoleName.ANALYST), narrow):
        with pytest.raises(Conflict) as caught:
            accounts.change_rights(deps, admin.actor, account_id=admin.account_id, rights=change)
        assert caught.value.key == "signin.last_admin"
    with pytest.raises(Conflict):
        accounts.disable(deps, admin.actor, account_id=admin.account_id)
    assert sessions.known(deps, enter(deps).secret) is not None
    second = joined(deps, role=RoleName.ADMIN)
    accounts.change_rights(deps, second.actor, account_id=admin.account_id, rights=Rights(RoleName.VIEWER))
    with pytest.raises(Conflict):
        accounts.change_rights(deps, second.actor, account_id=second.account_id, rights=Rights(RoleName.VIEWER))


OTHERS = [*(Actor("x", role) for role in RoleName if role is not RoleName.ADMIN), Actor("x", RoleName.ADMIN, ("air",))]


@pytest.mark.parametrize("actor", OTHERS)
def test_nobody_else_keeps_accounts(deps: Deps, actor: Actor) -> None:
    asked = [
        lambda: accounts.list_accounts(deps, actor), lambda: accounts.invite(deps, actor, email="a@b.kr", rights=Rights(RoleName.ADMIN)),
        lambda: accounts.change_rights(deps, actor, account_id=1, rights=Rights(RoleName.ADMIN)),
        lambda: accounts.disable(deps, actor, account_id=1),
        lambda: accounts.enable(deps, actor, account_id=1), lambda: accounts.reset(deps, actor, account_id=1),
        lambda: accounts.drop_second(deps, actor, account_id=1), lambda: accounts.end_sessions(deps, actor, account_id=1),
        lambda: accounts.sessions_of(deps, actor, account_id=1),
    ]  # fmt: skip
    for ask in asked:
        with pytest.raises(Refused):
            ask()


def test_everything_is_in_the_log_without_what_is_secret(deps: Deps, admin: Known) -> None:
    who = joined(deps)
    enter(deps, password="a wrong one")
    accounts.end_sessions(deps, admin.actor, account_id=who.account_id)
    found = audit.entries(deps, LOCAL, size=20).entries
    assert {"account.first", "account.invite", "session.begin", "session.refused", "session.end"} <= {one.action for one in found}
    assert not any(secret in str(found) for secret in (GOOD, OTHER, "a wrong one", "lee@example.com@"))


def test_rights_that_do_not_exist_are_refused(deps: Deps, admin: Known) -> None:
    for wrong in (Rights(RoleName.RESPONDENT), Rights(RoleName.VIEWER, grants=frozenset({Permission.MANAGE_ACCOUNTS}))):
        with pytest.raises(CxError):
            accounts.invite(deps, admin.actor, email="lee@example.com", rights=wrong)


def test_the_list_of_common_passwords_says_where_it_is_from() -> None:
    folder = Path(passwords.__file__).with_name("words")
    assert "MIT License" in (folder / "README.txt").read_text(encoding="utf-8") and len(passwords._common()) > 10_000
