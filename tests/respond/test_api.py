"""The API over the real ASGI application: keys, what is stored, what is refused and in which words, idempotency."""

from __future__ import annotations

import json
import dataclasses
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from starlette.applications import Starlette
from starlette.routing import Route

from cxdash import i18n
from cxdash.errors import Conflict
from cxdash.respond import api
from cxdash.respond.api import Api
from cxdash.respond.problems import NAMES
from cxdash.respond.rate import Rate
from cxdash.services import machines, surveys
from cxdash.services.actor import LOCAL
from cxdash.services.commits import Writer
from cxdash.services.deps import Deps
from cxdash.services.machines import METRICS, PROGRAMS, WRITE
from cxdash.store import vault
from cxdash.store import programs, responses
from cxdash.store import surveys as surveys_store
from cxdash.store.database import reading, writing
from cxdash.store.tokens import digest
from tests import house as houses
from tests.databases import database_url, migrated, postgres  # noqa: F401
from tests.respond.machines import ANSWERS, Desk, open_desk

REQUESTS = (
    ("POST", "/responses", WRITE), ("GET", "/programs", PROGRAMS), ("GET", "/programs/shop", PROGRAMS), ("GET", "/metrics", METRICS),
)  # fmt: skip


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[Desk]:  # noqa: F811
    """Once on SQLite, once on PostgreSQL."""
    deps = houses.build(tmp_path / "home", database=database_url)
    made = open_desk(deps)
    yield made
    made.writer.stop()
    houses.close(deps)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One house for all that stores nothing."""
    deps = houses.build(tmp_path_factory.mktemp("home"), demo=True)
    made = open_desk(deps)
    yield made
    made.writer.stop()
    houses.close(deps)


def stored(deps: Deps) -> list[dict[str, Any]]:
    with reading(deps.engine) as session:
        rows = session.execute(text("SELECT id, respondent, source, attributes, answers, at FROM response ORDER BY id")).mappings()
        return [dict(row) for row in rows]


def codes(answer: Any) -> dict[str, str]:
    return {error["at"]: error["code"] for error in answer.json()["errors"]}


# ---------------------------------------------------------------- storing


def test_a_response_is_stored_and_counted(desk: Desk) -> None:
    answer = desk.send(respondent="C-1", at="2026-05-01T12:00:00+09:00", attributes={"branch": "강남", "channel": "sms", "language": None})
    assert answer.status_code == 201, answer.text
    found = answer.json()
    assert found == {"format": 1, "id": found["id"], "program": "shop", "wave": "2026-1", "respondent": "C-1"}
    with reading(desk.deps.engine) as session:
        frame = responses.documents(session, ids=[found["id"]])
    row = frame.row(0, named=True)
    assert row["source"] == "api" and row["at"].astimezone(UTC) == datetime(2026, 5, 1, 3, tzinfo=UTC)
    assert '"nps":9' in row["answers"] and '"used":[1,2]' in row["answers"] and "ship" not in row["answers"]
    assert '"branch":"강남"' in row["attributes"] and '"age":"20s"' in row["attributes"]
    told = desk.ask("GET", "/metrics?metric=nps").json()
    assert told["responses"] == 1 and told["metrics"][0]["figure"]["n"] == 1 and told["metrics"][0]["figure"]["value"] is None


def test_members_may_be_left_out_and_the_wave_is_where_the_survey_collects(desk: Desk) -> None:
    one, two = desk.send(), desk.send()
    assert one.status_code == two.status_code == 201 and one.json()["wave"] == "2026-1"
    assert one.json()["respondent"] != two.json()["respondent"] and len(stored(desk.deps)) == 2


def test_a_respondent_the_wave_knows_updates_the_response(desk: Desk) -> None:
    first = desk.send(respondent="C-1")
    again = desk.send(respondent="C-1", partial=True, answers={"nps": 3})
    assert again.json()["id"] == first.json()["id"] and len(stored(desk.deps)) == 1
    assert '"nps":3' in str(stored(desk.deps)[0]["answers"]).replace(" ", "").replace("'", '"')
    assert '"all":5' in str(stored(desk.deps)[0]["answers"]).replace(" ", "").replace("'", '"')  # partial says nothing of it


def test_everything_wrong_is_told_at_once_and_nothing_is_stored(desk: Desk) -> None:
    wrong = {"nps": 11, "all": "five", "staff": True, "used": [1, 3], "age": "90s", "_x": 1, "color": "red", "gate:ship": "maybe"}
    answer = desk.ask("POST", "/responses", json={
        "answers": wrong, "attributes": {"city": "서울", "branch": ""}, "wave": "2031-9", "at": "2026-05-01T12:00:00", "hue": 1,
        "partial": 1})
    assert answer.status_code == 422 and answer.headers["content-type"] == "application/problem+json"
    assert codes(answer) == {
        "/answers/nps": "range", "/answers/all": "range", "/answers/staff": "range", "/answers/used": "option", "/answers/age": "option",
        "/answers/_x": "unknown", "/answers/color": "unknown", "/answers/gate:ship": "option", "/attributes/city": "unknown",
        "/attributes/branch": "text", "/wave": "unknown_value", "/at": "moment", "/hue": "unknown_member", "/partial": "switch",
    }  # fmt: skip
    ranged = next(e for e in answer.json()["errors"] if e["at"] == "/answers/nps")
    assert ranged["params"] == {"lo": 0, "hi": 10} and "10" in ranged["detail"]
    assert stored(desk.deps) == []


@pytest.mark.parametrize(("answers", "found"), [
    ({}, {"/answers/nps": "required", "/answers/gate:ship": "required"}),
    ({"nps": 3, "gate:ship": "yes"}, {"/answers/ship": "required"}),
    ({"nps": 3, "gate:ship": "no", "why": "x" * 2001}, {"/answers/why": "too_long"}),
])
def test_required_answers(shop: Desk, answers: dict[str, Any], found: dict[str, str]) -> None:
    assert codes(shop.ask("POST", "/responses", json={"answers": answers})) == found


def test_words_follow_the_reader(shop: Desk) -> None:
    said = [shop.ask("GET", "/metrics?since=x", headers={"Accept-Language": lang}) for lang in ("ko-KR", "en", "fr")]
    assert [a.headers["content-language"] for a in said] == ["ko", "en", "en"]
    assert said[0].json()["errors"][0]["detail"] == "날짜는 YYYY-MM-DD로 씁니다."


@pytest.mark.parametrize("body", [
    b"", b"{", b"[]", b"null", b'"x"', b'{"answers":{"nps":NaN}}', b'{"answers":{"nps":1,"nps":2}}', b"\xff\xfe", b"[" * 100_000,
    b'{"answers":{"nps":' + b"9" * 5000 + b"}}",
])
def test_a_body_that_cannot_be_read_is_malformed(shop: Desk, body: bytes) -> None:
    answer = shop.ask("POST", "/responses", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["type"]) == (400, "urn:cxdash:problem:malformed")


@pytest.mark.parametrize("body", [
    {"answers": {"nps": {"a": 1}}}, {"answers": {"nps": 10**400}}, {"answers": {"nps": [[1]]}}, {"answers": []}, {"answers": None},
    {"answers": {"nps": 9}, "attributes": "x"}, {"answers": {"nps": 9}, "respondent": "a\x00b"}, {"answers": {"nps": 9}, "survey": 3},
    {"answers": {"nps": 9}, "at": "9999-12-31T23:59:59-23:59"}, {"answers": {"nps": 1.5}},
])
def test_hostile_values_are_refused(shop: Desk, body: dict[str, Any]) -> None:
    assert shop.ask("POST", "/responses", json=body).status_code in (400, 422)


def test_half_letters_are_answered_in_whole_ones(shop: Desk) -> None:
    answer = shop.ask("POST", "/responses", content=b'{"answers":{"\\ud800":1},"\\udfff":2}', headers={"Content-Type": "application/json"})
    assert answer.status_code == 422 and len(answer.json()["errors"]) == 4


# ---------------------------------------------------------------- the same request again


def test_the_same_request_again_gets_the_same_answer(desk: Desk) -> None:
    first, again = desk.send("order-1"), desk.send("order-1")
    assert first.status_code == again.status_code == 201 and first.content == again.content
    assert "idempotency-replayed" not in first.headers and again.headers["idempotency-replayed"] == "true"
    other = desk.send("order-1", respondent="C-9")
    assert (other.status_code, other.json()["type"]) == (422, "urn:cxdash:problem:idempotency")
    assert desk.send("order-1", key=desk.another()).json()["id"] != first.json()["id"]  # another key's words are its own
    assert len(stored(desk.deps)) == 2


def test_two_at_once_are_one_response(desk: Desk) -> None:
    asked = [("POST", "/responses", {"headers": {"Idempotency-Key": "w"}, "json": {"answers": dict(ANSWERS)}}) for _ in range(12)]
    found = desk.all(asked)
    assert {a.status_code for a in found} == {201} and len({a.content for a in found}) == 1
    assert sum("idempotency-replayed" not in a.headers for a in found) == 1 and len(stored(desk.deps)) == 1
    bodies = [{"answers": {**ANSWERS, "nps": n}} for n in range(6)]
    mixed = desk.all([("POST", "/responses", {"headers": {"Idempotency-Key": "x"}, "json": body}) for body in bodies])
    assert sorted(a.status_code for a in mixed) == [201, 422, 422, 422, 422, 422] and len(stored(desk.deps)) == 2


def test_two_processes_at_once_store_one(desk: Desk) -> None:
    """Two writers on one database, as two processes have them."""
    second = Writer(desk.deps.engine)
    other = dataclasses.replace(desk, app=Starlette(routes=api.routes(lambda: desk.deps, lambda: second)), writer=second)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda n: (desk, other)[n % 2].send(f"w{n // 4}"), range(32)))
    second.stop()
    assert {a.status_code for a in found} == {201} and len(stored(desk.deps)) == 8
    assert [len({a.content for a in found[n : n + 4]}) for n in range(0, 32, 4)] == [1] * 8


def test_an_erased_response_is_gone(desk: Desk) -> None:
    number = desk.send("order-1").json()["id"]
    with writing(desk.deps.engine) as session:
        responses.erase(session, ids=[number], ver=programs.tick(session, program_id=desk.house.program_id))
    assert desk.send("order-1").status_code == 410 and stored(desk.deps) == []


def test_a_closed_survey_takes_nothing_but_remembers(desk: Desk) -> None:
    first = desk.send("order-1")
    surveys.close(desk.deps, LOCAL, program="shop", code="s")
    assert desk.send("order-1").content == first.content  # it was stored, whatever happened since
    assert desk.send("order-2").status_code == 409 and len(stored(desk.deps)) == 1


@pytest.mark.parametrize("word", ["", " ", "a b", "ü", "x" * 129])
def test_an_idempotency_key_is_plain(shop: Desk, word: str) -> None:
    answer = shop.ask("POST", "/responses", headers={"Idempotency-Key": word.encode("utf-8")},
                      json={"answers": {}})
    assert answer.status_code == 400


def test_nothing_is_acknowledged_while_the_database_is_held(desk: Desk) -> None:
    slow = Api(lambda: desk.deps, lambda: desk.writer, patience=0.2)
    desk.app.router.routes[:] = [Route("/api/{rest:path}", slow)]
    desk.send("warm")
    with writing(desk.deps.engine) as session:
        programs.tick(session, program_id=desk.house.program_id)
        held = desk.send("order-1")
    assert (held.status_code, held.headers["retry-after"]) == (503, "5")
    again = desk.send("order-1")
    assert again.status_code == 201 and len(stored(desk.deps)) == 2  # the first may have been stored after all: once


# ---------------------------------------------------------------- a programme without a survey


def test_answers_to_the_programmes_own_questions(desk: Desk) -> None:
    with writing(desk.deps.engine) as session:
        surveys_store.delete_survey(session, survey_id=desk.house.survey_id)
    assert codes(desk.send(answers={"nps": 12, "gate:ship": "no", "used": [3]})) == {
        "/answers/nps": "range", "/answers/gate:ship": "unknown", "/answers/used": "option"}
    answer = desk.send(answers={"nps": 10, "used": [2], "why": "좋아요"}, attributes={"age": "40s", "branch": "부산"})
    assert answer.status_code == 201 and answer.json()["wave"] == "2026-1"
    row = stored(desk.deps)[0]
    held = row["answers"] if isinstance(row["answers"], str) else json.dumps(row["answers"])
    assert "좋아요" not in held and json.loads(vault.unseal_texts(held))["why"] == "좋아요" and "부산" in str(row["attributes"])
    assert desk.ask("GET", "/programs/shop").json()["accepts"][0]["survey"] is None


def test_the_demo_takes_nothing(shop: Desk) -> None:
    key = shop.another(program="demo")
    assert shop.send(key=key).status_code == 409
    assert shop.ask("GET", "/programs/demo", key).json()["accepts"] == []


# ---------------------------------------------------------------- keys


@pytest.mark.parametrize(("method", "path", "scope"), REQUESTS)
def test_no_route_without_a_key_of_this_scope(shop: Desk, method: str, path: str, scope: str) -> None:
    body = {"json": {"answers": dict(ANSWERS)}} if method == "POST" else {}
    for bad in ("", "x", "cx_" + "A" * 43, "x" * 5000):
        answer = shop.ask(method, path, bad, **body)
        assert (answer.status_code, answer.json()["status"]) == (401, 401) and answer.headers["www-authenticate"].startswith("Bearer")
    assert shop.ask(method, path, "", headers={"Authorization": "Basic Zm9vOmJhcg=="}, **body).status_code == 401
    others = [s for s in machines.SCOPES if s != scope]
    assert shop.ask(method, path, shop.another(*others), **body).status_code == 403
    alone = shop.another(scope)
    assert shop.ask(method, path, alone, **({"json": {}} if body else {})).status_code in (200, 422)
    number = machines.list_keys(shop.deps, LOCAL, program="shop")[-1].id
    machines.revoke_key(shop.deps, LOCAL, program="shop", key_id=number)
    assert shop.ask(method, path, alone, **body).status_code == 401


def test_a_key_of_another_programme_opens_only_its_own(shop: Desk) -> None:
    key = shop.another(program="demo")
    answers = [
        shop.ask("GET", "/programs/shop", key), shop.ask("GET", "/programs/nowhere", key), shop.ask("GET", "/metrics?program=shop", key),
        shop.send(key=key, program="shop"),
    ]  # fmt: skip
    assert [a.status_code for a in answers] == [403] * 4 and len({a.content for a in answers}) == 1
    assert [p["code"] for p in shop.ask("GET", "/programs", key).json()["programs"]] == ["demo"]
    assert shop.ask("GET", "/metrics", key).json()["program"] == "demo"


def test_a_key_is_shown_once_and_kept_hashed(desk: Desk) -> None:
    made, key = machines.create_key(desk.deps, LOCAL, program="shop", name="bi", scopes=[METRICS])
    assert key.startswith("cx_") and len(key) > 40 and key.startswith(made.prefix)
    with reading(desk.deps.engine) as session:
        kept = session.execute(text("SELECT * FROM api_key WHERE id = :id"), {"id": made.id}).mappings().one()
    assert kept["key_hash"] == digest(key) and key not in str(dict(kept)) and made.last_used_at is None
    desk.ask("GET", "/metrics", key)
    used = machines.list_keys(desk.deps, LOCAL, program="shop")[-1].last_used_at
    assert used is not None and abs((datetime.now(UTC) - used).total_seconds()) < 60


@pytest.mark.parametrize("given", [
    {"scopes": []}, {"scopes": ["metrics:write"]}, {"rate": 0}, {"rate": 60_001}, {"name": "x" * 81}, {"name": " "},
])
def test_a_key_needs_scopes_a_name_and_a_rate(shop: Desk, given: dict[str, Any]) -> None:
    with pytest.raises(Conflict):
        machines.create_key(shop.deps, LOCAL, **{"program": "shop", "name": "x", "scopes": [WRITE], **given})


def test_too_many_requests(shop: Desk) -> None:
    key = shop.another(rate=3)
    found = [shop.ask("GET", "/programs", key) for _ in range(4)]
    assert [a.status_code for a in found] == [200, 200, 200, 429] and 1 <= int(found[3].headers["retry-after"]) <= 20
    assert shop.ask("GET", "/programs").status_code == 200  # others are not held up


def test_a_bucket_fills_evenly() -> None:
    now = [0.0]
    rate = Rate(lambda: now[0])
    assert [rate.take(1, 60) for _ in range(60)] == [0.0] * 60 and rate.take(1, 60) == pytest.approx(1.0)
    now[0] = 0.5
    assert rate.take(1, 60) == pytest.approx(0.5)
    now[0] = 1.0
    assert rate.take(1, 60) == 0.0 < rate.take(1, 60)
    now[0] = 1e6
    assert sum(rate.take(1, 60) == 0.0 for _ in range(100)) == 60  # never more than a minute's worth


# ---------------------------------------------------------------- HTTP


@pytest.mark.parametrize(("method", "path", "status", "allow"), [
    ("GET", "/nothing", 404, None), ("GET", "/programs/", 404, None), ("GET", "/programs/a/b", 404, None), ("GET", "/../v1", 404, None),
    ("GET", "/responses", 405, "POST"), ("PUT", "/responses", 405, "POST"), ("POST", "/metrics", 405, "GET, HEAD"),
    ("DELETE", "/programs/shop", 405, "GET, HEAD"), ("OPTIONS", "/responses", 405, "POST"), ("TRACE", "/programs", 405, "GET, HEAD"),
])
def test_paths_and_methods(shop: Desk, method: str, path: str, status: int, allow: str | None) -> None:
    answer = shop.ask(method, path, "")
    assert (answer.status_code, answer.headers.get("allow")) == (status, allow)
    assert answer.headers["content-type"] == "application/problem+json" and answer.json()["status"] == status


def test_types_and_sizes(shop: Desk) -> None:
    form, packed = {"Content-Type": "application/x-www-form-urlencoded"}, {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    assert shop.ask("POST", "/responses", content=b"nps=9", headers=form).status_code == 415
    assert shop.ask("POST", "/responses", content=b"{}").status_code == 415
    assert shop.ask("POST", "/responses", content=b"{}", headers=packed).status_code == 415
    big = b'{"answers":{"why":"' + b"x" * api.BODY_MAX + b'"}}'
    assert shop.ask("POST", "/responses", content=big, headers={"Content-Type": "application/json"}).status_code == 413


def test_no_cookies_no_cors_nothing_kept(shop: Desk) -> None:
    for method, path, _scope in (*REQUESTS, ("GET", "/openapi.json", "")):
        answer = shop.ask(method, path, headers={"Origin": "https://evil.example"})
        assert answer.headers["cache-control"] == "no-store" and "set-cookie" not in answer.headers
        assert not [name for name in answer.headers if name.startswith("access-control")]


def test_head_is_get_without_a_body(shop: Desk) -> None:
    assert shop.ask("HEAD", "/openapi.json", "").status_code == 200


def test_a_failure_says_nothing_of_the_inside(shop: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "catalog_of", lambda *_: 1 / 0)
    answer = shop.ask("GET", "/programs")
    assert answer.status_code == 500 and "division" not in answer.text and answer.json()["type"].endswith(":failed")


def test_every_problem_has_words() -> None:
    assert all(i18n.has(key, lang) for _status, key in NAMES.values() for lang in ("ko", "en"))
