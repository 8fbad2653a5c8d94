"""One's own account and everybody's, in process: what is shown, what a click does, and that nobody without a session sees anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from streamlit.elements.lib.mutable_popover_container import PopoverContainer
from streamlit.testing.v1 import AppTest

from cxdash import runtime
from cxdash.config import PAGES
from cxdash.services import accounts, entry, passwords, profile, sessions, totp
from cxdash.services.accounts import Rights
from cxdash.services.actor import LOCAL, Permission, RoleName
from cxdash.services.catalog import load_catalog
from cxdash.services.deps import Deps
from cxdash.services.options import options_of
from cxdash.store import accounts as store
from cxdash.store.database import reading, writing
from tests.pages.conftest import texts
from tests.signing import closed, signed_in, use

GOOD, OTHER = "tiger lamp 42", "blue kettle 77"


@pytest.fixture
def deps(home: Deps, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deps]:
    """The house with accounts asked for, and none there."""
    made = closed(home)
    monkeypatch.setattr(runtime, "_deps", made)
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    monkeypatch.setattr(PopoverContainer, "open", property(lambda _: True, lambda _s, _v: None))
    yield made
    with writing(home.engine) as session:
        for row in store.list_accounts(session):
            session.delete(row)
    sessions.changed()


@pytest.fixture
def admin(deps: Deps, monkeypatch: pytest.MonkeyPatch) -> str:
    secret = signed_in(deps, "admin", email="kim@example.com", name="김관리")
    use(monkeypatch, secret)
    return secret


def plain(test: AppTest) -> str:
    return texts(test).replace("\\", "").replace("​", "")


def found(deps: Deps, email: str) -> accounts.AccountInfo:
    return next(one for one in accounts.list_accounts(deps, LOCAL) if one.email == email)


@pytest.mark.parametrize("page", sorted(path.stem for path in Path(PAGES).glob("*.py")))
def test_without_a_session_no_page_shows_anything(open_page: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch, page: str) -> None:
    for cookie in ("made-up",) if page != "overview" else ("made-up", None):
        use(monkeypatch, cookie)
        test = open_page(page)
        assert not test.exception and "로그인이 필요합니다" in plain(test), page
        assert not test.metric and not test.dataframe and not test.button and not test.selectbox


@pytest.mark.parametrize(("lang", "words"), [
    ("ko", ("김관리", "관리자", "모든 프로그램", "마지막 로그인")), ("en", ("Administrator", "All programmes", "open sessions: 1")),
])  # fmt: skip
def test_everybody_is_listed(open_page: Callable[..., AppTest], deps: Deps, admin: str, lang: str, words: tuple[str, ...]) -> None:
    outcome = sessions.known(deps, admin)
    assert outcome is not None
    with writing(deps.engine) as session:
        account = store.get_account(session, account_id=outcome.account_id)
        store.change(session, account, signed_in_at=account.created_at)
    test = open_page("users", lang)
    assert not test.exception and not test.error and all(word in plain(test) for word in words)


def test_invited_with_rights_changed_and_disabled(open_page: Callable[..., AppTest], deps: Deps, admin: str) -> None:
    test = open_page("users")
    test.button(key="user-invite").click().run()
    test.text_input(key="w:invite:email").set_value("Lee@example.com")
    test.selectbox(key="w:invite:role").set_value(RoleName.ANALYST).run()
    test.button(key="invite-go").click().run()
    info = found(deps, "lee@example.com")
    assert (info.state, info.rights.role) == ("invited", RoleName.ANALYST)
    link = next(code.value for code in test.code)
    assert entry.look(deps, token=link.rpartition("/")[2]) is not None and "lee@example.com" in plain(test)
    test.button(key="link-noted").click().run()
    assert not test.code
    test.button(key=f"user-change-{info.id}").click().run()
    key = f"w:user:{info.id}"
    test.button_group(key=f"{key}:which").set_value("some").run()
    test.multiselect(key=f"{key}:programs").set_value(["demo"])
    test.multiselect(key=f"{key}:rows").set_value(["region"] if "region" in test.multiselect(key=f"{key}:rows").options else [])
    test.button_group(key=f"{key}:grants").set_value([Permission.SEE_COMMENTS]).run()
    test.button(key=f"user-save-{info.id}").click().run()
    assert not test.error, [e.value for e in test.error]
    now = found(deps, "lee@example.com").rights
    assert (now.programs, now.grants, now.role) == (("demo",), frozenset({Permission.SEE_COMMENTS}), RoleName.ANALYST)
    test.button(key=f"user-disable-{info.id}").click().run()
    assert found(deps, "lee@example.com").state == "disabled" and "사용 중지" in plain(test)


def test_rows_are_chosen_by_attribute_and_value(open_page: Callable[..., AppTest], deps: Deps, admin: str) -> None:
    info, _ = accounts.invite(deps, LOCAL, email="lee@example.com", rights=Rights(RoleName.VIEWER))
    test = open_page("users")
    test.button(key=f"user-change-{info.id}").click().run()
    key = f"w:user:{info.id}"
    test.multiselect(key=f"{key}:rows").set_value([name := "channel"]).run()
    values = test.multiselect(key=f"{key}:row:{name}")
    test.button(key=f"user-save-{info.id}").click().run()
    assert "하나 이상 고르세요" in test.error[0].value  # an attribute without a value would hide everything
    raw = sorted(v for v in cached_values(deps, name))
    test.multiselect(key=f"{key}:row:{name}").set_value(raw[:1]).run()
    test.button(key=f"user-save-{info.id}").click().run()
    assert found(deps, "lee@example.com").rights.rows == {name: (raw[0],)} and len(values.options) == len(raw)


def cached_values(deps: Deps, name: str) -> tuple[str, ...]:
    with reading(deps.engine) as session:
        catalog = load_catalog(session, "demo")
    return options_of(deps.facts(catalog.id), catalog, dated=True, weights=False).values[name]


def test_the_last_administrator_stays(open_page: Callable[..., AppTest], deps: Deps, admin: str) -> None:
    number = found(deps, "kim@example.com").id
    test = open_page("users")
    test.button(key=f"user-disable-{number}").click().run()
    assert "관리자가 한 명은" in test.error[0].value and found(deps, "kim@example.com").state == "active"


@pytest.mark.parametrize("role", ["viewer", "marketer", "analyst"])
def test_others_are_refused(open_page: Callable[..., AppTest], deps: Deps, monkeypatch: pytest.MonkeyPatch, role: str) -> None:
    use(monkeypatch, signed_in(deps, role))
    test = open_page("users")
    assert test.error and "example.com" not in plain(test)


def test_a_click_in_an_old_tab_does_nothing(open_page: Callable[..., AppTest], deps: Deps, admin: str) -> None:
    info, _ = accounts.invite(deps, LOCAL, email="lee@example.com", rights=Rights(RoleName.VIEWER))
    test = open_page("users")
    sessions.sign_out(deps, admin)
    test.button(key=f"user-disable-{info.id}").click().run()
    assert found(deps, "lee@example.com").state == "invited"
    assert not test.exception and "로그인이 필요합니다" in plain(test) and not test.button


@pytest.mark.parametrize(("lang", "words"), [
    ("ko", ("내 계정", "지금 이 브라우저", "2단계 인증")), ("en", ("My account", "this browser", "Second step")),
])  # fmt: skip
def test_ones_own_account(
    open_page: Callable[..., AppTest], deps: Deps, monkeypatch: pytest.MonkeyPatch, lang: str, words: tuple[str, ...]
) -> None:  # fmt: skip
    secret, other = signed_in(deps, "viewer"), signed_in(deps, "viewer")
    use(monkeypatch, secret)
    with writing(deps.engine) as session:
        account = store.find_email(session, email="viewer@example.com")
        assert account is not None
        store.change(session, account, password_hash=passwords.hashed(GOOD), name="[이름](http://x)")
    sessions.changed()
    test = open_page("account", lang)
    assert not test.exception and not test.error and all(word in plain(test) for word in words)
    test.button(key="sessions-end").click().run()
    assert sessions.known(deps, other) is None and sessions.known(deps, secret) is not None
    test.text_input(key="password-old").set_value(GOOD)
    test.text_input(key="password-new").set_value("password123")
    button(test, "비밀번호 변경" if lang == "ko" else "Change it").click().run()
    assert test.error
    test.text_input(key="password-old").set_value(GOOD)
    test.text_input(key="password-new").set_value(OTHER)
    button(test, "비밀번호 변경" if lang == "ko" else "Change it").click().run()
    assert not test.error and test.success


def button(test: AppTest, label: str) -> object:
    return next(one for one in test.button if one.label == label)


def test_the_second_factor_is_set_up_on_the_page(open_page: Callable[..., AppTest], deps: Deps, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = signed_in(deps, "viewer")
    use(monkeypatch, secret)
    with writing(deps.engine) as session:
        account = store.find_email(session, email="viewer@example.com")
        store.change(session, account, password_hash=passwords.hashed(GOOD))  # type: ignore[arg-type]
    sessions.changed()
    monkeypatch.setattr(profile, "time", type("Clock", (), {"time": staticmethod(lambda: 1_800_000_000.0)}))
    test = open_page("account")
    test.button(key="second-begin").click().run()
    key = test.code[0].value
    test.text_input(key="second-code").set_value(totp.code_at(key, totp.step_of(1_800_000_000.0)))
    button(test, "확인하고 켜기").click().run()  # type: ignore[attr-defined]
    assert not test.error and len(test.code[0].value.split()) == 10 and "남은 복구 코드 10개" in plain(test)
    assert found(deps, "viewer@example.com").totp


def test_the_accounts_language_is_spoken(open_page: Callable[..., AppTest], deps: Deps, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, signed_in(deps, "viewer", language="en"))
    assert "My account" in plain(open_page("account"))
