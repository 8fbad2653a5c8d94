"""Shared links: what they show and to whom, over HTTP; expiry, password, revoking, the log."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from cxdash.errors import Conflict, NotFound
from cxdash.export.shared import drawn
from cxdash.services import access, audit, overview, shares
from cxdash.services.actor import LOCAL, Actor, RoleName, rows_of
from cxdash.services.deps import Deps
from cxdash.services.view import View
from cxdash.share import routes
from tests import house
from tests.services import making

VIEW = View(program="가게", period="all")
DATA = making.rows(300)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deps]:
    folder = tmp_path_factory.mktemp("share")
    with pytest.MonkeyPatch.context() as patch:
        house.parse_here(patch)
        made = house.build(folder / "home")
        making.bring(made, making.write(folder / "a.csv", DATA))
        yield made
    house.close(made)


def browser(deps: Deps, *, seconds: float = 60.0) -> TestClient:
    found = routes.routes(lambda: deps)
    for route in found:
        desk = getattr(route.endpoint, "__self__", None)  # type: ignore[attr-defined]
        if desk is not None:
            desk._seconds = seconds
    return TestClient(Starlette(routes=found))


def made(deps: Deps, actor: Actor = LOCAL, **given: Any) -> tuple[shares.ShareInfo, str]:
    asked = {"view": VIEW, "name": "6월 보고", "live": False, "days": 7, "language": "ko", **given}
    return shares.create(deps, actor, **asked, draw=lambda reader, view, lang: drawn(deps, reader, view, lang))


def value(deps: Deps, actor: Actor, view: View = VIEW) -> str:
    card = overview.overview(deps, actor, view=view).cards[0]
    assert card.figure is not None and card.figure.value is not None
    return f"{card.figure.value:.1f}"


def shown(page: str) -> str:
    found = re.search(r'<p class="value">([^<]+)</p>', page)
    assert found
    return found[1].replace("\u2212", "-").replace("−", "-")


def test_a_frozen_link_keeps_its_figures_and_a_live_one_follows(shop: Deps, tmp_path: Path) -> None:
    (_, frozen), (_, live) = made(shop), made(shop, live=True)
    page = browser(shop, seconds=0)
    before = value(shop, LOCAL)
    assert shown(page.get(f"/share/{frozen}").text) == shown(page.get(f"/share/{live}").text) == before
    with pytest.MonkeyPatch.context() as patch:
        house.parse_here(patch)
        making.bring(shop, making.write(tmp_path / "b.csv", making.rows(200, first=900, seed=9)), wave="2차")
    after = value(shop, LOCAL)
    assert shown(page.get(f"/share/{frozen}").text) == before != after == shown(page.get(f"/share/{live}").text)


def test_a_live_link_is_drawn_once_a_minute(shop: Deps, monkeypatch: pytest.MonkeyPatch) -> None:
    from cxdash.export import shared

    times: list[int] = []

    def counted(*asked: Any) -> Any:
        times.append(1)
        return drawn(*asked)

    _, token = made(shop, live=True)
    monkeypatch.setattr(shared, "drawn", counted)
    page = browser(shop)
    assert page.get(f"/share/{token}").status_code == page.get(f"/share/{token}").status_code == 200
    assert len(times) == 1


def test_the_page_needs_nothing_but_itself(shop: Deps) -> None:
    _, token = made(shop, name="<script>alert(1)</script>")
    answer = browser(shop).get(f"/share/{token}")
    assert answer.headers["content-security-policy"].startswith("default-src 'none'") and "script-src" not in answer.headers[
        "content-security-policy"]
    assert "<script" not in answer.text and "&lt;script&gt;" in answer.text and "set-cookie" not in answer.headers
    assert answer.headers["cache-control"] == "no-store" and answer.headers["referrer-policy"] == "no-referrer"
    style = re.search(r'href="(/share/-/static/[^"]+)"', answer.text)
    assert style and browser(shop).get(style[1]).status_code == 200
    assert browser(shop).get("/share/-/static/other.css").status_code == 404
    assert all(src.startswith("data:image/svg+xml") for src in re.findall(r'src="([^"]+)"', answer.text))


def test_no_comments_no_keys_no_small_bases(shop: Deps) -> None:
    _, token = made(shop)
    text = browser(shop).get(f"/share/{token}").text
    assert not any(word in text for word in ("좋아요", "느려요")) and not re.search(r"\bC\d+\b", text)
    few = View(program="가게", period="custom", since=datetime(2026, 3, 1).date(), until=datetime(2026, 3, 1).date())
    _, token = made(shop, view=few)  # the days are widened to the month: nobody learns of a few people
    assert "2026년 3월 1일" in (page := browser(shop).get(f"/share/{token}").text) and "2026년 3월 31일" in page


def test_over_revoked_and_never_made_are_one_answer(shop: Deps) -> None:
    page, catalog = browser(shop), access.catalog_of(shop, LOCAL, "가게")
    (_, old), (info, gone) = made(shop, now=datetime.now(UTC) - timedelta(days=8)), made(shop)
    shares.revoke(shop, LOCAL, catalog=catalog, share_id=info.id)
    answers = [page.get(f"/share/{token}") for token in (old, gone, "never-made", "x" * 500)]
    assert {a.status_code for a in answers} == {404} and len({a.text for a in answers}) == 1
    states = {i.id: i.state for i in shares.list_shares(shop, LOCAL, catalog=catalog)}
    assert states[info.id] == "revoked" and "expired" in states.values()


def test_a_password_opens_and_wrong_ones_have_to_wait(shop: Deps) -> None:
    _, token = made(shop, password="long enough 1")
    page = browser(shop)
    asked = page.get(f"/share/{token}")
    assert asked.status_code == 200 and 'type="password"' in asked.text and "NPS" not in asked.text
    assert page.post(f"/share/{token}", data={"password": "wrong password"}).status_code == 403
    assert "NPS" in page.post(f"/share/{token}", data={"password": "long enough 1"}).text
    for _ in range(shares.FREE):
        assert page.post(f"/share/{token}", data={"password": "wrong password"}).status_code == 403
    assert page.post(f"/share/{token}", data={"password": "long enough 1"}).status_code == 429
    later = datetime.now(UTC) + timedelta(minutes=2)
    assert shares.opened(shop, token=token, password="long enough 1", now=later).name == "6월 보고"


def test_every_opening_is_in_the_log_and_counted(shop: Deps) -> None:
    info, token = made(shop)
    browser(shop).get(f"/share/{token}")
    log = audit.entries(shop, LOCAL, wanted=audit.Wanted(about=f"share:{info.id}")).entries
    assert [e.action for e in log][:2] == ["share.open", "share.create"] and log[0].address == "testclient"
    assert all(token not in repr(entry) for entry in log)
    catalog = access.catalog_of(shop, LOCAL, "가게")
    assert next(i for i in shares.list_shares(shop, LOCAL, catalog=catalog) if i.id == info.id).opened == 1


def test_a_link_shows_no_more_than_its_maker_sees(shop: Deps) -> None:
    some = Actor("kim", RoleName.MARKETER, rows=rows_of({"branch": ("강남",)}))
    catalog = access.catalog_of(shop, LOCAL, "가게")
    info, token = made(shop, some, live=True)
    assert shown(browser(shop).get(f"/share/{token}").text) == value(shop, some) != value(shop, LOCAL)
    whole, _ = made(shop)
    listed = [i.id for i in shares.list_shares(shop, some, catalog=catalog)]
    assert info.id in listed and whole.id not in listed
    with pytest.raises(NotFound):
        shares.revoke(shop, some, catalog=catalog, share_id=whole.id)


@pytest.mark.parametrize(
    ("given", "key"),
    [({"name": " "}, "shared.nameless"), ({"days": 3650}, "shared.days"), ({"password": "short"}, "shared.password.length")],
    ids=lambda x: str(x),
)
def test_what_cannot_be_made_is_said_in_one_sentence(shop: Deps, given: dict[str, Any], key: str) -> None:
    with pytest.raises(Conflict) as caught:
        made(shop, **given)
    assert caught.value.key == key
