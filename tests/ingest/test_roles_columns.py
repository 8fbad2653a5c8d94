"""What single columns are, from their header and their values, in files like those of many survey tools."""

from __future__ import annotations

import pytest

from cxdash.ingest import personal, stages, wording
from cxdash.ingest.counts import Counts
from cxdash.terms import Direction, Measure, Role
from tests.ingest.grids import LIKERT, N, by_header, choice, ids, near, proposal, rng, scores, stamps, table


@pytest.mark.parametrize(
    ("header", "measure"),
    [
        ("우리 회사를 주변에 추천하고 싶다", "recommend"),
        ("추천하실 의향이 있으십니까?", "recommend"),
        ("NPS", "recommend"),
        ("NETPRO", "recommend"),
        ("How likely are you to recommend us to a friend?", "recommend"),
        ("친구에게 권유하실 의향", "recommend"),
        ("앞으로도 계속 이용할 의향이 있다", "repurchase"),
        ("재구매 의향", "repurchase"),
        ("다시 방문하시겠습니까? 재방문 의향", "repurchase"),
        ("I will buy from them again", "repurchase"),
        ("Likelihood to continue using the service", "repurchase"),
        ("전반적으로 얼마나 만족하십니까?", "overall"),
        ("종합 만족도", "overall"),
        ("Overall satisfaction", "overall"),
        ("Q7ALL", "overall"),
        ("Overall, how satisfied are you with us?", "overall"),
        ("직원 친절도 만족도", "satisfaction"),
        ("How satisfied are you with delivery?", "satisfaction"),
        ("서비스에 매우 만족한다", "satisfaction"),
        ("Q13GETRATE", "satisfaction"),
        ("기대 수준: 매장 청결", "expectation"),
        ("가격의 중요도", "importance"),
        ("How important is price?", "importance"),
        ("큰 힘을 들이지 않고 해결할 수 있었다", "effort"),
        ("It was easy to find what I needed", "effort"),
        ("경쟁사 대비 만족도", "competitor"),
        ("타 통신사로 바꿀 의향", "switching"),
        ("이용하면서 즐거웠다", "emotion"),
        ("실행 수준", "performance"),
        ("기대 대비 만족도", "satisfaction"),
    ],
)
def test_measure_from_wording(header: str, measure: str) -> None:
    found = wording.measure(header)
    assert found is not None and found.measure == measure


@pytest.mark.parametrize(
    "header",
    [
        "불만족 이유",
        "추천하지 않는 이유는 무엇입니까?",
        "Why are you dissatisfied?",
        "추천인 코드",
        "지역",
        "Gender",
        "가입 경로",
        "개선이 필요한 점",
        "Recommended by",
    ],
)
def test_no_measure_in_reasons_and_names(header: str) -> None:
    assert wording.measure(header) is None


def test_dissatisfaction_is_not_read_as_satisfaction() -> None:
    assert wording.measure("불만족 정도") is None or wording.measure("불만족 정도").measure is not Measure.SATISFACTION
    assert (wording.valence("15-1.거주지불만족이유"), wording.valence("만족 이유"), wording.valence("만족도")) == (-1, 1, 0)


def _counts(values: list[str]) -> Counts:
    table: dict[str, int] = {}
    for v in values:
        table[v] = table.get(v, 0) + 1
    return Counts(len(values), 0, len(table), tuple(sorted(table.items(), key=lambda p: -p[1])))


@pytest.mark.parametrize(
    ("header", "values", "kind"),
    [
        ("연락처", ["010-1234-5678", "01098765432", "010 2222 3333"], "phone"),
        ("Q9", ["010-1234-5678", "010-9876-5432"], "phone"),
        ("전화번호", ["02-123-4567", "031-222-3333"], "phone"),
        ("아무 열", ["kim@example.com", "lee@example.co.kr"], "email"),
        ("주민등록번호", ["900101-1234567", "851231-2******"], "rrn"),
        ("x", ["900101-1234567", "020202-4123456"], "rrn"),
        ("이름", ["김철수", "이영희", "박민수"], "name"),
        ("성함을 적어주세요", ["김철수", "이영희", "Smith"], "name"),
        ("First Name", ["Ann", "Bob", "Cy"], "name"),
        ("RecipientLastName", [], "name"),
        ("IP Address", ["10.0.0.1", "192.168.0.12"], "ip"),
        ("카드번호", ["1234-5678-1234-5678", "****-****-****-1234"], "card"),
        ("주소", ["서울시 강남구 역삼로 12", "부산시 중구 광복로 3"], "address"),
        ("LocationLatitude", ["37.5665", "35.1796"], "geo"),
        ("생년월일", ["1990-01-02", "1985-12-31"], "birth"),
        ("계좌번호", ["110-234-567890", "333-12-1234567"], "account"),
    ],
)
def test_personal_data(header: str, values: list[str], kind: str) -> None:
    found = personal.kind(header, _counts(values))
    assert found is not None and found[0] == kind


@pytest.mark.parametrize(
    ("header", "values"),
    [
        ("전화 상담 만족도", ["5", "4", "3"] * 9),
        ("휴대폰 기종", ["갤럭시", "아이폰"] * 9),
        ("이메일 수신 동의", ["예", "아니오"] * 9),
        ("브랜드 이름", ["가나", "다라", "마바"]),
        ("매장명", ["강남점", "종로점"] * 9),
        ("주소(시도)", ["서울", "경기"] * 15),
        ("RespondentID", ["3292879998", "3292879538"]),
        ("지역", ["이천", "김포", "강릉", "안양"] * 5),
        ("만족도", ["3", "4", "5"]),
        ("Product Name", ["A", "B", "C"]),
        ("일자", ["20230721", "20230722"]),
        ("금액", ["1200000", "990000"]),
    ],
)
def test_not_personal(header: str, values: list[str]) -> None:
    assert personal.kind(header, _counts(values)) is None


def test_empty_constant_index_weight_and_tool_columns() -> None:
    r = rng()
    heads = ["번호", "Unnamed: 0", "국가", "메모", "가중치", "Duration (in seconds)", "Status", "우편번호", "만족도", "추천 의향"]
    found = by_header(
        proposal(
            table(
                heads,
                range(1, N + 1),
                range(N),
                ["한국"] * N,
                [None] * N,
                [round(r.uniform(0.4, 2.2), 3) for _ in range(N)],
                [r.randint(30, 900) for _ in range(N)],
                choice(["IP Address", "Survey Preview"]),
                [f"{r.randint(1000, 63000):05d}" for _ in range(N)],
                scores(1, 5),
                scores(0, 10),
            )
        )
    )
    assert {h: found[h].role for h in heads[:8]} == {
        "번호": Role.IGNORE,
        "Unnamed: 0": Role.IGNORE,
        "국가": Role.IGNORE,
        "메모": Role.IGNORE,
        "가중치": Role.WEIGHT,
        "Duration (in seconds)": Role.IGNORE,
        "Status": Role.IGNORE,
        "우편번호": Role.IGNORE,
    }
    assert found["국가"].reason.key == "ingest.reason.constant"
    assert found["메모"].reason.key == "ingest.reason.empty"


def test_two_weights_prefer_the_person_without_blanks_and_ask() -> None:
    households = [None if i % 2 else 250 + i % 7 for i in range(N)]
    found = by_header(
        proposal(table(["가구 가중치", "가구원 가중치", "만족도"], households, [200 + i % 11 for i in range(N)], scores(1, 5)))
    )
    assert (found["가구원 가중치"].role, found["가구 가중치"].role) == (Role.WEIGHT, Role.IGNORE)
    assert [q.key for q in found["가구원 가중치"].questions] == ["ingest.ask.weight"]
    assert found["가구원 가중치"].certainty < 0.7


def test_the_date_of_the_answer_is_its_end() -> None:
    heads = ["방문일", "Start time", "Completion time", "만족도"]
    found = by_header(proposal(table(heads, [s[:10] for s in stamps()], stamps(), stamps(), scores(1, 5))))
    assert [found[h].role for h in heads[:3]] == [Role.IGNORE, Role.IGNORE, Role.DATE]
    assert found["Start time"].reason.params["chosen"] == "Completion time"
    lonely = by_header(proposal(table(["방문일", "만족도"], [s[:10] for s in stamps()], scores(1, 5))))
    assert lonely["방문일"].role is Role.DATE


def test_respondent_key_and_running_numbers() -> None:
    found = by_header(
        proposal(table(["연번", "응답자번호", "주문번호", "만족도"], range(1, N + 1), ids(prefix="P"), ids(prefix="O"), scores(1, 5)))
    )
    assert [found[h].role for h in ("연번", "응답자번호", "주문번호")] == [Role.IGNORE, Role.RESPONDENT, Role.IGNORE]
    twice = [f"C{10000 + i // 2}" for i in range(400)]
    again = by_header(proposal(table(["고객번호", "만족도"], twice, scores(1, 5, 400))))["고객번호"]
    assert again.role is Role.RESPONDENT and again.questions[0].key == "ingest.ask.key_repeats"


def test_channel_and_customer_have_their_own_keys() -> None:
    found = by_header(
        proposal(
            table(
                ["구매 채널", "고객 구분", "유형", "만족도"],
                choice(["온라인", "매장"]),
                choice(["기존 고객", "잠재 고객"]),
                choice(["가", "나"]),
                scores(1, 5),
            )
        )
    )
    assert (found["구매 채널"].code, found["고객 구분"].code, found["유형"].code) == ("channel", "customer", "유형")
    assert found["고객 구분"].codes == {"기존 고객": "existing", "잠재 고객": "prospect"}
    fresh = by_header(proposal(table(["고객 구분", "만족도"], choice(["기존", "신규"]), scores(1, 5))))["고객 구분"]
    assert fresh.certainty < 0.7 and fresh.questions[0].key == "ingest.ask.newcomer"


def test_quantities_ids_and_yes_no_are_no_ratings() -> None:
    r = rng()
    heads = ["이용 횟수", "구매 금액", "비행편 번호", "INTDATE", "재방문 여부", "나이", "만족도"]
    found = by_header(
        proposal(
            table(
                heads,
                [r.randint(0, 40) for _ in range(N)],
                [r.randint(10, 999) * 100 for _ in range(N)],
                [r.randint(100, 999) for _ in range(N)],
                [r.randint(1, 31) for _ in range(N)],
                choice(["예", "아니오"]),
                [r.randint(19, 70) for _ in range(N)],
                scores(1, 5),
            )
        )
    )
    assert [found[h].role for h in heads] == [
        Role.IGNORE,
        Role.IGNORE,
        Role.IGNORE,
        Role.IGNORE,
        Role.ATTRIBUTE,
        Role.ATTRIBUTE,
        Role.RATING,
    ]


def test_comments_and_other_texts() -> None:
    long = [None if i % 4 == 0 else f"직원분이 친절하셨고 매장이 깨끗해서 좋았습니다. 번호 {i}" for i in range(N)]
    other = [None if i % 5 else f"지인 {i}" for i in range(N)]
    found = by_header(
        proposal(
            table(
                ["개선 의견", "Q12", "기타(직접 입력)", "도시", "만족도"],
                long,
                [t and t + " 감사합니다" for t in long],
                other,
                choice(["서울", "부산", "대구"]),
                scores(1, 5),
            )
        )
    )
    assert [found[h].role for h in ("개선 의견", "Q12", "기타(직접 입력)", "도시")] == [
        Role.COMMENT,
        Role.COMMENT,
        Role.COMMENT,
        Role.ATTRIBUTE,
    ]
    assert found["개선 의견"].certainty > found["Q12"].certainty >= 0.7


def test_labels_tell_the_measure_when_the_header_does_not() -> None:
    found = by_header(
        proposal(
            table(
                ["직원 응대", "이용 빈도", "추천 의향(0-10)"], choice(LIKERT), choice(["매일", "자주", "가끔", "거의 안 함"]), scores(0, 10)
            )
        )
    )
    assert (found["직원 응대"].role, found["직원 응대"].measure) == (Role.RATING, Measure.SATISFACTION)
    assert found["직원 응대"].codes["매우 만족"] == 5
    assert found["이용 빈도"].role is Role.ATTRIBUTE


def test_recommend_on_five_points_stays_recommend_and_is_noted() -> None:
    found = proposal(table(["추천 의향", "전반적 만족도"], scores(1, 5), scores(1, 5, seed=4)))
    column = by_header(found)["추천 의향"]
    assert (column.measure, column.scale.lo, column.scale.hi) == (Measure.RECOMMEND, 1, 5)
    assert [n.key for n in found.notes] == ["ingest.note.recommend_not_nps"]
    nps = proposal(table(["추천 의향", "전반적 만족도"], scores(0, 10), scores(1, 5, seed=4)))
    assert by_header(nps)["추천 의향"].scale.is_nps and not nps.notes


def test_unlabelled_direction_is_asked_and_high_by_default() -> None:
    column = by_header(proposal(table(["성별", "직원 만족도"], choice(["남", "여"]), scores(1, 5))))["직원 만족도"]
    assert column.scale.direction is Direction.HIGH
    assert "scale.ask.direction" in [q.key for q in column.questions]


@pytest.mark.parametrize("reverse", [False, True])
def test_direction_proved_by_who_was_asked_for_reasons(reverse: bool) -> None:
    base = scores(1, 5, 400)
    good = [6 - s if reverse else s for s in base]
    reasons = [choice([1, 2, 3, 4, 5, 6, 7], 400)[i] if s <= 2 else None for i, s in enumerate(base)]
    found = by_header(
        proposal(
            table(
                ["3.매장만족도", "3-1.매장불만족이유", "4.가격만족도", "5.배송만족도"],
                good,
                reasons,
                scores(1, 5, 400, 8),
                scores(1, 5, 400, 9),
            )
        )
    )
    column = found["3.매장만족도"]
    assert column.scale.direction is (Direction.LOW if reverse else Direction.HIGH)
    assert column.reason.key == "ingest.reason.direction_skip_bad" and "scale.ask.direction" not in [q.key for q in column.questions]
    carried = found["5.배송만족도"]
    assert carried.scale.direction is column.scale.direction
    assert carried.certainty < 0.7 and "scale.ask.direction" in [q.key for q in carried.questions]


def test_reason_of_satisfaction_proves_the_good_end() -> None:
    base = scores(1, 5, 300)
    reasons = [1 + i % 6 if s >= 4 else None for i, s in enumerate(base)]
    column = by_header(proposal(table(["버스 만족도", "버스 만족 이유"], base, reasons)))["버스 만족도"]
    assert (column.scale.direction, column.reason.key) == (Direction.HIGH, "ingest.reason.direction_skip_good")


def test_reasons_answered_by_anybody_prove_nothing() -> None:
    column = by_header(
        proposal(table(["만족도 평가", "불만족 이유"], scores(1, 5, 300), [1 + i % 6 if i % 3 else None for i in range(300)]))
    )["만족도 평가"]
    assert "scale.ask.direction" in [q.key for q in column.questions]


@pytest.mark.parametrize("reverse", [False, True])
def test_direction_suggested_by_the_recommendation(reverse: bool) -> None:
    nps = scores(0, 10, 300)
    column = by_header(proposal(table(["추천 의향(0~10점)", "직원 만족도"], nps, near(nps, 1, 5, reverse=reverse))))["직원 만족도"]
    assert column.scale.direction is (Direction.LOW if reverse else Direction.HIGH)
    assert ("scale.ask.direction" in [q.key for q in column.questions]) is reverse


@pytest.mark.parametrize(
    ("text", "stage"),
    [
        ("배송 속도 만족도", "배달"),
        ("설치 기사 친절도", "설치"),
        ("A/S 만족도", "AS"),
        ("예약 과정의 편리함", "예약"),
        ("교환·환불 절차", "교환/환불"),
        ("Delivery speed", "Delivery"),
        ("Check-in experience", "Check-in"),
        ("도시공원 만족도", None),
        ("직원 친절도", None),
        ("Star Wars", None),
    ],
)
def test_stage_words(text: str, stage: str | None) -> None:
    assert stages.word(text) == stage


def test_stages_from_prefixes_but_not_for_loyalty_items() -> None:
    heads = [
        "[구매] 상담 만족도",
        "[구매] 결제 만족도",
        "[배송] 속도 만족도",
        "[배송] 포장 만족도",
        "앞으로도 계속 구매할 의향",
        "추천 의향",
    ]
    found = by_header(proposal(table(heads, *(scores(1, 5, seed=k) for k in range(5)), scores(0, 10))))
    assert [found[h].stage for h in heads] == ["구매", "구매", "배달", "배달", None, None]


def test_touchpoints() -> None:
    assert [stages.touchpoint(t) for t in ("콜센터 상담원 응대", "모바일 앱 편의성", "website usability", "Star Wars", "지역")] == [
        "콜센터",
        "모바일 앱",
        "Website",
        None,
        None,
    ]


def test_a_proposal_does_not_carry_personal_values() -> None:
    names = [f"김{a}{b}" for a in "가나다라마바사아자차카타" for b in "수영민진호성희정은주"]
    found = by_header(proposal(table(["이름", "만족도"], names, scores(1, 5))))["이름"]
    assert (found.role, found.values, found.distinct) == (Role.PERSONAL, (("김***", N),), N)
