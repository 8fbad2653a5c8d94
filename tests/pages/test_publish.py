"""The publish page in both languages: numbers of the collection and of the plan as the services count them; links, waves, texts, quota."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from streamlit.testing.v1 import AppTest

from cxdash import config, i18n, runtime
from cxdash.services import collecting, fieldwork, publishing, surveys
from cxdash.services.actor import LOCAL, RESPONDENT
from cxdash.services.commits import Writer
from cxdash.services.publishing import NewLink
from cxdash.services.sampling import sampling
from cxdash.ui import kept
from tests import house
from tests.pages.conftest import texts
from tests.services.answering import ANSWERS, House, open_house, opened, visitor

HERE = {"program": "shop", "code": "s"}
NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """A house with a published survey; 12 answers of the first branch, 2 of the second, three who stopped."""
    deps = house.build(tmp_path / "home")
    made = open_house(deps)
    monkeypatch.setattr(runtime, "_deps", deps)
    kept.clear()
    surveys.set_round(deps, LOCAL, **HERE, wave="2026-1", opens_at=NOW - timedelta(days=4), closes_at=NOW + timedelta(days=10))
    publishing.add_links(deps, LOCAL, **HERE, wave="2026-1", made=[NewLink("부산점", channel="문자", attributes={"branch": "부산"})])
    writer = Writer(deps.engine)
    tokens = [link.token for link in board(made).links]
    for i in range(14):
        at = NOW - timedelta(hours=5 * i)
        door = opened(made, tokens[i // 12], at)
        who = visitor(door, now=at)
        collecting.finish(RESPONDENT, writer, opened=door, visitor=who, version=door.version, answers=ANSWERS, now=at).result(30)
    door = opened(made, now=NOW)
    for reached in ("nps", "all", "all"):
        who = visitor(door, now=NOW)
        sent = collecting.save_page(
            RESPONDENT, writer, opened=door, visitor=who, answers={"nps": 1}, at_page="x", reached=reached, now=NOW
        )
        sent.result(30)
    assert writer.stop()
    yield made
    house.close(deps)


def plain(test: AppTest) -> str:
    return texts(test).replace("\\", "")


def board(made: House) -> publishing.Board:
    return publishing.board(made.deps, LOCAL, **HERE, wave="2026-1")


def visit(section: str, lang: str = "ko", **address: str) -> AppTest:
    test = AppTest.from_file(str(Path(config.PAGES) / "publish.py"), default_timeout=60)
    for key, value in {"program": "shop", "survey": "s", "section": section, **({"lang": "en"} if lang == "en" else {}), **address}.items():
        test.query_params[key] = value
    test.run()
    assert not test.exception
    return test


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_status_says_what_was_counted(shop: House, lang: str) -> None:
    found = fieldwork.fieldwork(shop.deps, LOCAL, **HERE, wave="2026-1")
    assert (found.total.started, found.total.finished) == (17, 14)
    test = visit("status", lang)
    shown = {metric.label: metric.value for metric in test.metric}
    wanted = {"opened": 17, "started": 17, "finished": 14, "partial": 0}
    assert {i18n.text(f"publish.count.{key}", lang): str(n) for key, n in wanted.items()}.items() <= shown.items()
    assert i18n.percent(100 * 14 / 17, lang) in plain(test)
    table = test.dataframe[0].value
    assert table[i18n.text("publish.count.finished", lang)].tolist() == [12, 2]
    assert table.iloc[:, 0].tolist() == ["qr", "문자"]
    assert i18n.text("publish.state.open", lang) in texts(test)


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_the_plan_of_the_screen_is_the_plan_of_the_service(shop: House, lang: str) -> None:
    plan = sampling(shop.deps, LOCAL, **HERE, wave="2026-1", attribute="branch")
    test = visit("sample", lang)
    table = test.dataframe[0].value
    total, first, second = (plan.total, *plan.lines)
    assert (total.responses, first.value, first.responses, second.responses) == (14, "강남", 12, 2)
    assert table[i18n.text("publish.column.responses", lang)].tolist() == [14, 12, 2]
    for column, values in (("needed", [g.goals["nps"].needed for g in (total, first, second)]),
                           ("expected", [g.goals["nps"].expected for g in (total, first, second)])):  # fmt: skip
        assert table[i18n.text(f"publish.sample.{column}", lang, figure="NPS")].tolist() == values
    said = "\n".join(w.value for w in test.warning)
    assert i18n.text("publish.sample.short", lang, n=2, names="강남, 부산") in said.replace("\\", "")
    assert total.goals["nps"].verdict == "short" and total.goals["nps"].needed == 1537


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_links_are_shown_made_and_closed(shop: House, lang: str) -> None:
    test = visit("links", lang)
    public, branch = board(shop).links
    assert test.code[0].value == f"http://localhost:8501/s/{public.token}"
    assert test.dataframe[0].value[i18n.text("publish.column.address", lang)].tolist() == [
        f"http://localhost:8501/s/{link.token}" for link in (public, branch)
    ]
    test.selectbox(key="w:publish:link").set_value(branch.id).run()
    assert test.code[0].value.endswith(branch.token) and "부산" in texts(test)
    test.button(key=f"publish-switch-{branch.id}").click().run()
    assert opened(shop, branch.token, NOW).state == "closed" and i18n.text("publish.links.closed", lang) in texts(test)
    test.selectbox(key="w:publish:kind").set_value("kiosk").run()
    test.text_input(key="w:publish:label").set_value("1층 <b>*태블릿*")
    test.button(key="publish-make").click().run()
    made = board(shop).links[-1]
    assert (made.kind, made.label, made.channel) == ("kiosk", "1층 <b>*태블릿*", None) and not test.exception and not test.error
    assert test.code[0].value.endswith(made.token), "what was just made is shown"
    assert "**1층 \\<b\\>\\*태블릿\\*" in texts(test), "a name is text, never markup"


def test_many_links_from_pasted_lines(shop: House) -> None:
    test = visit("links")
    test.button_group(key="w:publish:way").set_value("many").run()
    test.text_area(key="w:publish:lines").set_value("지점\tbranch\t채널\n").run()
    assert i18n.text("publish.lines_few", "ko") in "\n".join(e.value for e in test.error).replace("\\", "")
    test.text_area(key="w:publish:lines").set_value("이름\tbranch\t채널\n대전점\t대전\tQR\n광주점\t광주\tQR\n\t\t\n").run()
    assert "링크 2개 · 채울 속성: branch" in plain(test)
    test.button(key="publish-make-all").click().run()
    assert [(x.label, x.channel, x.attributes) for x in board(shop).links[2:]] == [
        ("대전점", "QR", {"branch": "대전"}), ("광주점", "QR", {"branch": "광주"})
    ]  # fmt: skip


def test_times_languages_and_quota(shop: House) -> None:
    test = visit("round")
    day = (NOW + timedelta(days=30)).date()
    closing = next(d for d in test.date_input if d.key.endswith(":closes:day"))
    closing.set_value(day)
    test.button(key="publish-times-save").click().run()
    held = board(shop).round
    assert held.closes_at is not None and held.closes_at.astimezone(ZoneInfo("Asia/Seoul")).date() == day
    assert abs(held.opens_at - (NOW - timedelta(days=4))) < timedelta(minutes=1), "kept to the minute"
    test.multiselect(key="w:publish:quota:keys").set_value(["branch"]).run()
    test.multiselect(key="w:publish:quota:values:branch").set_value(["부산"]).run()
    test.number_input(key="w:publish:quota:n").set_value(2)
    test.button(key="publish-quota-add").click().run()
    (one,) = board(shop).round.quota
    assert (dict(one.cell.attributes), one.cell.n, one.so_far, one.full) == ({"branch": "부산"}, 2, 2, True)
    assert opened(shop, board(shop).links[1].token, NOW).state == "full" and opened(shop, now=NOW).state == "open"
    test.button(key="publish-quota-drop-0").click().run()
    assert board(shop).round.quota == () and not test.exception and not test.error


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_a_quota_for_every_combination_of_two_attributes(shop: House, lang: str) -> None:
    test = visit("round", lang=lang)
    test.multiselect(key="w:publish:quota:keys").set_value(["branch", "age"]).run()
    assert test.multiselect(key="w:publish:quota:values:age").options == (["20대", "30대"] if lang == "ko" else ["20대 (en)", "30대 (en)"])
    test.multiselect(key="w:publish:quota:values:branch").set_value(["강남", "부산"]).run()
    test.multiselect(key="w:publish:quota:values:age").set_value(["20s", "30s"]).run()
    assert test.button(key="publish-quota-add").label == i18n.text("publish.quota.add_many", lang, n=4)
    test.number_input(key="w:publish:quota:n").set_value(7)
    test.button(key="publish-quota-add").click().run()
    held = {(q.cell.attributes["branch"], q.cell.attributes["age"]): q.cell.n for q in board(shop).round.quota}
    assert held == {(b, a): 7 for b in ("강남", "부산") for a in ("20s", "30s")}
    assert ("20대" if lang == "ko" else "20대 (en)") in "".join(p.text for p in test.get("progress")) or not test.exception
    test.multiselect(key="w:publish:quota:keys").set_value(["branch"]).run()
    test.button(key="publish-quota-add").click().run()
    assert len(board(shop).round.quota) == 4 and test.error, "an attribute without a value makes no quota"


def test_texts_reach_the_respondent(shop: House) -> None:
    test = visit("round")
    area = next(a for a in test.text_area if a.key.endswith(":consent:ko"))
    area.set_value("동의 문구 <script>")
    test.button(key="publish-texts-save").click().run()
    door = opened(shop, now=NOW)
    assert door.version.form.consent["ko"] == "동의 문구 <script>" and door.version.number == 1 and not test.exception
    test.run()
    test.button(key="publish-texts-theirs").click().run()
    assert "동의 문구 <script>" not in opened(shop, now=NOW).version.form.consent.values() and not test.exception
    assert not [b for b in test.button if b.key == "publish-texts-theirs"]


def test_another_wave_begins_with_a_button(shop: House) -> None:
    test = visit("status", wave="2026-2")
    assert "‘2026-2’ 차수에서는 아직 응답을 받지 않습니다" in plain(test)
    test.button(key="publish-start").click().run()
    held = publishing.board(shop.deps, LOCAL, **HERE, wave="2026-2")
    assert held.round is not None and held.round.state == "open" and held.links == ()
    test.button(key="publish-public").click().run()
    (link,) = publishing.board(shop.deps, LOCAL, **HERE, wave="2026-2").links
    assert link.kind == "public" and test.code[0].value.endswith(link.token)


@pytest.mark.parametrize(("lang", "sentence"), [("ko", "배포할 조사가 없습니다"), ("en", "There is no published survey")])
def test_without_a_published_survey_the_page_says_what_to_do(open_page: Callable[..., AppTest], lang: str, sentence: str) -> None:
    test = open_page("publish", lang)
    assert not test.exception and not test.error and sentence in texts(test)
    assert i18n.text("publish.nothing_demo", lang) in plain(test)
