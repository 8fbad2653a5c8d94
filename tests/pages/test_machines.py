"""The connections page in both languages: keys made, shown once and revoked; webhooks added, tried, switched and logged."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.elements.lib.mutable_popover_container import PopoverContainer
from streamlit.testing.v1 import AppTest

from cxdash.respond import outside
from cxdash.services import hooks, machines
from cxdash.services.actor import LOCAL
from cxdash.services.deps import Deps
from cxdash.services.hooks import Receipt
from cxdash.store import webhooks
from cxdash.store.database import writing
from tests.pages.conftest import texts

URL = "https://hooks.example/in"


@pytest.fixture(autouse=True)
def clean(deps: Deps) -> None:
    """No webhook, and every key revoked."""
    for key in machines.list_keys(deps, LOCAL, program="demo"):
        machines.revoke_key(deps, LOCAL, program="demo", key_id=key.id)
    for hook in hooks.list_hooks(deps, LOCAL, program="demo"):
        hooks.delete_hook(deps, LOCAL, program="demo", hook_id=hook.id)


@pytest.fixture
def drawers_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PopoverContainer, "open", property(lambda _: True, lambda _s, _v: None))


def plain(test: AppTest) -> str:
    return texts(test).replace("\\", "")


def live(deps: Deps) -> list[machines.KeyInfo]:
    return [k for k in machines.list_keys(deps, LOCAL, program="demo") if k.revoked_at is None]


@pytest.mark.parametrize(("lang", "words"), [
    ("ko", ("API 키", "웹훅", "아직 키가 없습니다.", "아직 웹훅이 없습니다.")),
    ("en", ("API keys", "Webhooks", "There is no key yet.", "There is no webhook yet.")),
])
def test_empty(open_page: Callable[..., AppTest], deps: Deps, lang: str, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machines, "list_keys", lambda *_a, **_k: ())
    test = open_page("machines", lang)
    assert not test.exception and not test.error and all(word in plain(test) for word in words)


def test_a_key_is_made_shown_once_and_revoked(open_page: Callable[..., AppTest], deps: Deps, drawers_open: None) -> None:
    test = open_page("machines")
    test.button(key="key-add").click().run()
    test.text_input(key="w:key:name").set_value("CRM [연동](http://x)")
    test.button(key="key-make").click().run()
    made = live(deps)[0]
    shown = next(c.value for c in test.code if c.value.startswith("cx_"))
    assert (made.name, made.scopes, made.rate) == ("CRM [연동](http://x)", ("responses:write",), 600)
    assert machines.machine_of(deps, key=shown).key_id == made.id  # type: ignore[union-attr]
    assert "응답 보내기" in plain(test) and "사용한 적 없음" in plain(test) and "](http" not in texts(test)
    test.button(key="key-noted").click().run()
    assert not [c for c in test.code if c.value.startswith("cx_")]
    test.button(key=f"key-revoke-{made.id}").click().run()
    assert live(deps) == [] and machines.machine_of(deps, key=shown) is None


def test_a_key_without_a_name_or_scope_is_refused_in_a_sentence(open_page: Callable[..., AppTest], deps: Deps) -> None:
    test = open_page("machines", "en")
    test.button(key="key-add").click().run()
    test.text_input(key="w:key:name").set_value("x")
    test.button_group(key="w:key:scopes").set_value([])
    test.button(key="key-make").click().run()
    assert "Choose at least one scope" in test.error[0].value and live(deps) == []


def test_a_webhook_is_added_tried_and_switched(
    open_page: Callable[..., AppTest], deps: Deps, drawers_open: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    test = open_page("machines")
    test.button(key="hook-add").click().run()
    test.text_input(key="w:hook:url").set_value("http://hooks.example/in")
    test.button(key="hook-make").click().run()
    assert "https://로 시작해야 합니다" in plain(test) and not hooks.list_hooks(deps, LOCAL, program="demo")
    test.text_input(key="w:hook:url").set_value(URL)
    test.button(key="hook-make").click().run()
    hook = hooks.list_hooks(deps, LOCAL, program="demo")[0]
    assert (hook.url, hook.state) == (URL, "on") and hook.secret in [c.value for c in test.code] and "사용 중" in plain(test)
    for receipt, words in ((Receipt(204), "HTTP 204"), (Receipt(None, "api.delivery.private"), "내부망 주소라서")):
        monkeypatch.setattr(outside, "send", lambda *_a, receipt=receipt, **_k: receipt)
        test.button(key=f"hook-try-{hook.id}").click().run()
        assert words in plain(test) + "".join(s.value for s in test.success)
    test.button(key=f"hook-switch-{hook.id}").click().run()
    assert hooks.list_hooks(deps, LOCAL, program="demo")[0].state == "off" and "중지" in plain(test)
    test.button(key=f"hook-delete-{hook.id}").click().run()
    assert hooks.list_hooks(deps, LOCAL, program="demo") == ()


def test_the_log_says_what_became_of_each(open_page: Callable[..., AppTest], deps: Deps) -> None:
    hook = hooks.add_hook(deps, LOCAL, program="demo", url=URL)
    with writing(deps.engine) as session:
        program_id = machines.machine_of(deps, key=machines.create_key(
            deps, LOCAL, program="demo", name="x", scopes=["metrics:read"])[1]).program_id  # type: ignore[union-attr]
        webhooks.tell(session, program_id=program_id, response_ids=[1, 2])
    for parcel, receipt in zip(hooks.claim(deps), (Receipt(204), Receipt(500, "api.delivery.status")), strict=True):
        hooks.report(deps, parcel, receipt)
    said = plain(open_page("machines"))
    assert "전달됨" in said and "응답 1" in said and "받는 쪽이 거절했습니다 (HTTP 500)" in said and "1번째 시도" in said
    assert "전송 기록 2건" in [e.label for e in open_page("machines").expander] and hook.url in said.replace("\u200b", "")
