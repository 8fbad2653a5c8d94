"""Texts and structure of the synthetic demo programme: journey, questionnaire, attributes. Everything here is invented."""

from __future__ import annotations

from typing import Any

Text = dict[str, str]

NAME = {"ko": "예시 데이터 · 한빛가전 고객경험", "en": "Sample data · Hanbit Home Appliances CX"}

# code, ko, en, [(touchpoint, ko, en, domain, initiative, [(factor, ko, en), …]), …]
JOURNEY: list[tuple[str, str, str, list[tuple[str, str, str, str, str, list[tuple[str, str, str]]]]]] = [
    ("awareness", "인지", "Awareness", [
        ("advert", "광고·홍보물", "Advertising", "communication", "passive",
         [("message", "메시지 이해", "Clear message"), ("appeal", "관심 유발", "Appeal")]),
        ("reviews", "지인 추천·후기", "Word of mouth and reviews", "communication", "active", [("review_trust", "후기 신뢰성", "Trust in reviews")]),
    ]),
    ("search", "탐색", "Search", [
        ("website", "홈페이지·앱", "Website and app", "communication", "active",
         [("find_info", "정보 찾기 쉬움", "Easy to find information"), ("compare", "제품 비교 편의", "Easy comparison")]),
        ("store_display", "매장 전시", "Store display", "product", "active", [("hands_on", "직접 체험", "Hands-on trial")]),
        ("brochure", "카탈로그·알림 메시지", "Catalogue and messages", "communication", "passive", [("relevance", "나에게 맞는 정보", "Relevance")]),
    ]),
    ("consideration", "고려", "Consideration", [
        ("consulting", "구매 상담", "Sales advice", "people", "active",
         [("adviser_skill", "상담원 전문성", "Adviser's expertise"), ("no_pressure", "부담 없는 상담", "No pressure")]),
        ("quotation", "견적·혜택 안내", "Quote and offers", "communication", "passive", [("offer_clear", "혜택 안내 명확성", "Clear offers")]),
    ]),
    ("purchase", "구매", "Purchase", [
        ("checkout", "주문·결제", "Order and payment", "people", "active",
         [("pay_easy", "결제 편의", "Easy payment"), ("price_fair", "가격 적정성", "Fair price")]),
        ("order_notice", "주문 확인 알림", "Order confirmation", "communication", "passive", [("notice_fast", "알림 신속성", "Prompt notice")]),
    ]),
    ("delivery", "배달", "Delivery", [
        ("delivery_visit", "배송 기사 방문", "Delivery visit", "people", "passive",
         [("on_time", "약속 시간 준수", "On time"), ("handling", "제품 취급·포장", "Careful handling")]),
        ("delivery_notice", "배송 일정 안내", "Delivery notice", "communication", "passive", [("schedule", "일정 안내 정확성", "Accurate schedule")]),
        ("reschedule", "배송 일정 변경", "Rescheduling", "people", "active", [("change_easy", "변경 편의", "Easy change")]),
    ]),
    ("installation", "설치", "Installation", [
        ("install_visit", "설치 기사 방문", "Installation visit", "people", "passive",
         [("install_skill", "설치 전문성", "Installer's skill"), ("install_tidy", "마무리·청소", "Tidy finish")]),
        ("install_guide", "사용 설명", "Introduction to use", "communication", "passive", [("explain", "설명 충분성", "Sufficient explanation")]),
    ]),
    ("use", "사용", "Use", [
        ("product", "제품", "Product", "product", "active",
         [("ease_of_use", "사용 편의", "Ease of use"), ("quality", "성능·품질", "Performance and quality")]),
        ("app", "스마트홈 앱", "Smart home app", "product", "active", [("app_stable", "연결 안정성", "Stable connection")]),
        ("happy_call", "해피콜", "Follow-up call", "communication", "passive", [("call_care", "관심과 배려", "Care")]),
    ]),
    ("service", "AS", "After-service", [
        ("contact_centre", "고객센터", "Contact centre", "people", "active", [("reach", "연결 신속성", "Quick to reach")]),
        ("repair", "수리 서비스", "Repair", "people", "active",
         [("repair_fast", "처리 속도", "Speed"), ("repair_result", "수리 결과", "Result of repair")]),
        ("cost_notice", "비용 안내", "Cost notice", "communication", "passive", [("cost_clear", "비용 안내 명확성", "Clear cost")]),
    ]),
    ("disposal", "폐기", "Disposal", [
        ("pickup", "폐가전 수거", "Pick-up of old appliance", "people", "active", [("pickup_easy", "신청 편의", "Easy request")]),
        ("recycle_notice", "재활용·교체 안내", "Recycling and replacement notice", "communication", "passive",
         [("recycle_clear", "안내 명확성", "Clear notice")]),
    ]),
]
STAGES = [stage[0] for stage in JOURNEY]

SATISFIED = {"ko": ["매우 불만족", "불만족", "보통", "만족", "매우 만족"],
             "en": ["Very dissatisfied", "Dissatisfied", "Neutral", "Satisfied", "Very satisfied"]}
INTENT = {"ko": ["전혀 없음", "별로 없음", "보통", "있음", "매우 있음"],
          "en": ["Not at all likely", "Unlikely", "Neutral", "Likely", "Very likely"]}
EASY = {"ko": ["매우 어려움", "어려움", "조금 어려움", "보통", "조금 쉬움", "쉬움", "매우 쉬움"],
        "en": ["Very difficult", "Difficult", "Somewhat difficult", "Neutral", "Somewhat easy", "Easy", "Very easy"]}
REASONS = {"ko": ["가격·할인 혜택", "성능·기능", "디자인", "브랜드 신뢰", "지인 추천", "AS·사후 관리", "에너지 효율", "기타"],
           "en": ["Price and discounts", "Performance", "Design", "Trust in the brand", "Recommendation", "After-service", "Energy efficiency",
                  "Other"]}

HIGH = {"ko": ["매우 낮음", "낮음", "보통", "높음", "매우 높음"], "en": ["Very low", "Low", "Average", "High", "Very high"]}
FELT = {"ko": ["매우 나쁨", "나쁨", "그저 그럼", "좋음", "매우 좋음"], "en": ["Very bad", "Bad", "So-so", "Good", "Very good"]}

# question code -> (stage, touchpoint, factor); one factor satisfaction and one expectation each
FACTORS = {
    "f_find_info": ("search", "website", "find_info"),
    "f_on_time": ("delivery", "delivery_visit", "on_time"),
    "f_handling": ("delivery", "delivery_visit", "handling"),
    "f_install_skill": ("installation", "install_visit", "install_skill"),
    "f_install_tidy": ("installation", "install_visit", "install_tidy"),
    "f_ease_of_use": ("use", "product", "ease_of_use"),
    "f_repair_fast": ("service", "repair", "repair_fast"),
    "f_repair_result": ("service", "repair", "repair_result"),
}

FEELINGS = ("consideration", "purchase", "delivery", "installation", "use", "service")  # stages whose emotion is asked
RIVALS: dict[str, tuple[str | None, str, str]] = {  # question about a competitor -> (stage, ko, en)
    "c_overall": (None, "함께 쓰시는 다른 회사 가전의 전반적 만족도", "Other company you use, overall"),
    "c_delivery": ("delivery", "다른 회사의 배달 만족도", "Other company, delivery"),
    "c_service": ("service", "다른 회사의 AS 만족도", "Other company, after-service"),
}
STANDARDS = {"delivery": (75.0, 100.0), "installation": (75.0, 100.0), "service": (75.0, 100.0)}  # stage -> from where on as promised, better
BENCHMARKS = [  # metric, name, value, answers behind it, weeks before the last response; invented, as everything here
    ("nps", "업계 평균 (average)", 22.0, 12_000, 30), ("nps", "업계 1위 (leader)", 41.0, None, 30),
    ("csat", "업계 평균 (average)", 66.0, 12_000, 30), ("stage:delivery", "물류 우수 (logistics)", 78.0, 900, 18),
]
INVENTED = "예시 값 (sample value)"

# attribute -> (ko, en, [(value, ko, en), …])
ATTRIBUTES: dict[str, tuple[str, str, list[tuple[str, str, str]]]] = {
    "customer": ("고객 구분", "Customer type", [("existing", "기존 고객", "Existing"), ("prospect", "잠재 고객", "Prospect")]),
    "channel": ("채널", "Channel", [("online", "온라인몰", "Online shop"), ("store", "직영매장", "Own store"), ("dealer", "대리점", "Dealer"),
                                  ("department", "백화점", "Department store"), ("callcenter", "콜센터", "Call centre")]),
    "branch": ("담당 지점", "Branch", [
        ("gangnam", "강남지점", "Gangnam"), ("gangbuk", "강북지점", "Gangbuk"), ("suwon", "수원지점", "Suwon"), ("incheon", "인천지점", "Incheon"),
        ("daejeon", "대전지점", "Daejeon"), ("sejong", "세종지점(신설)", "Sejong (new)"), ("gwangju", "광주지점", "Gwangju"),
        ("daegu", "대구지점", "Daegu"), ("busan", "부산지점", "Busan"), ("jeju", "제주지점", "Jeju")]),
    "region": ("지역", "Region", [("seoul", "서울", "Seoul"), ("gyeonggi", "경기·인천", "Gyeonggi–Incheon"), ("chungcheong", "충청", "Chungcheong"),
                                ("honam", "호남", "Honam"), ("yeongnam", "영남", "Yeongnam"), ("jeju", "제주", "Jeju")]),
    "age": ("연령대", "Age band", [("20s", "20대", "20s"), ("30s", "30대", "30s"), ("40s", "40대", "40s"), ("50s", "50대", "50s"),
                               ("60plus", "60대 이상", "60 and over")]),
    "gender": ("성별", "Gender", [("female", "여성", "Female"), ("male", "남성", "Male")]),
    "tier": ("회원 등급", "Membership tier", [("vip", "VIP", "VIP"), ("gold", "골드", "Gold"), ("silver", "실버", "Silver"),
                                          ("general", "일반", "General")]),
}
SOURCES = [("sms", "문자", "Text message"), ("email", "이메일", "E-mail"), ("qr", "QR 코드", "QR code")]


def _points(texts: dict[str, list[str]], lo: int = 1) -> dict[str, Text]:
    return {lang: {str(lo + i): label for i, label in enumerate(labels)} for lang, labels in texts.items()}


def _question(code: str, measure: str, ko: str, en: str, *, scale: tuple[int, int] | None = None, labels: dict[str, Text] | None = None,
              place: tuple[str | None, str | None, str | None] = (None, None, None), options: list[str] | None = None,
              headers: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"code": code, "measure": measure, "stage": place[0], "touchpoint": place[1], "factor": place[2],
            "lo": scale[0] if scale else None, "hi": scale[1] if scale else None, "direction": "high",
            "labels": labels or {}, "wording": {"ko": ko, "en": en}, "options": options or [], "headers": list(headers)}


def stage_code(stage: str) -> str:
    """Code of the satisfaction question of a stage."""
    return f"s_{stage}"


def expectation_code(factor: str) -> str:
    """Code of the expectation question beside a factor's satisfaction question "f_…"."""
    return f"e_{factor.removeprefix('f_')}"


def feeling_code(stage: str) -> str:
    """Code of the emotion question of a stage."""
    return f"m_{stage}"


def _core() -> list[dict[str, Any]]:
    ends = {"ko": {"0": "전혀 추천하지 않음", "10": "적극 추천"}, "en": {"0": "Not at all likely", "10": "Extremely likely"}}
    return [
        _question("recommend", "recommend", "한빛가전을 주변 분에게 추천할 의향이 얼마나 있으신가요?",
                  "How likely are you to recommend Hanbit to a friend or colleague?", scale=(0, 10), labels=ends,
                  headers=("추천 의향 (0~10점)", "Likelihood to recommend (0-10)")),
        _question("overall", "overall", "한빛가전에 전반적으로 얼마나 만족하시나요?", "Overall, how satisfied are you with Hanbit?", scale=(1, 5),
                  labels=_points(SATISFIED), headers=("전반적 만족도 (1~5점)", "Overall satisfaction (1-5)")),
        _question("repurchase", "repurchase", "다음에도 한빛가전 제품을 구매하실 의향이 있으신가요?", "How likely are you to buy from Hanbit again?",
                  scale=(1, 5), labels=_points(INTENT), headers=("재구매 의향 (1~5점)", "Intention to buy again (1-5)")),
        _question("effort", "effort", "필요한 일을 처리하기가 얼마나 쉬우셨나요?", "How easy was it to get done what you needed?", scale=(1, 7),
                  labels=_points(EASY)),
    ]


def questions() -> list[dict[str, Any]]:
    """All questions in questionnaire order (attributes apart). `headers` are the columns of the import templates."""
    out = _core()
    for code, ko, en, _ in JOURNEY:
        out.append(_question(stage_code(code), "satisfaction", f"{ko} 단계의 경험에 얼마나 만족하셨나요?",
                             f"How satisfied were you with the {en.lower()} stage?", scale=(1, 5), labels=_points(SATISFIED),
                             place=(code, None, None), headers=(f"{ko} 단계 만족도 (1~5점)", f"Satisfaction with {en.lower()} stage (1-5)")))
    names = {(s, t, f): (fko, fen) for s, _, _, tps in JOURNEY for t, _, _, _, _, factors in tps for f, fko, fen in factors}
    for code, place in FACTORS.items():
        ko, en = names[place]
        out.append(_question(code, "satisfaction", f"‘{ko}’에 얼마나 만족하셨나요?", f"How satisfied were you with: {en.lower()}?", scale=(1, 5),
                             labels=_points(SATISFIED), place=place))
    out += _more(names)
    out.append(_question("reasons", "multi", "한빛가전을 선택하신 이유를 모두 골라 주세요.", "Why did you choose Hanbit? Select all that apply.",
                         labels=_points(REASONS), options=REASONS["ko"]))
    out.append(_question("comment", "comment", "좋았던 점이나 개선할 점을 자유롭게 적어 주세요.", "Please tell us what was good or should be better.",
                         headers=("자유 의견", "Comment")))
    return out


def _more(names: dict[tuple[str, str, str], tuple[str, str]]) -> list[dict[str, Any]]:
    """What was expected of each factor, how stages felt, and how a competitor did."""
    out = []
    for code, place in FACTORS.items():
        ko, en = names[place]
        out.append(_question(expectation_code(code), "expectation", f"‘{ko}’ 수준을 이용하시기 전에 얼마나 기대하셨나요?",
                             f"{en}: how much did you expect beforehand?", scale=(1, 5), labels=_points(HIGH),
                             place=place))
    stages = {code: (ko, en) for code, ko, en, _ in JOURNEY}
    for stage in FEELINGS:
        ko, en = stages[stage]
        out.append(_question(feeling_code(stage), "emotion", f"{ko} 단계에서 느끼신 감정은 어떠셨나요?", f"How did the {en.lower()} stage feel?",
                             scale=(1, 5), labels=_points(FELT), place=(stage, None, None)))
    for code, (at, ko, en) in RIVALS.items():
        out.append(_question(code, "competitor", ko, en, scale=(1, 5), labels=_points(SATISFIED), place=(at, None, None)))
    return out


def attributes() -> list[dict[str, Any]]:
    """Attributes with their values in the order to show them."""
    headers = {"customer": ("고객 구분", "Customer type"), "channel": ("채널", "Channel"), "region": ("지역", "Region")}
    return [{"code": code, "measure": "attribute", "wording": {"ko": ko, "en": en}, "values": [v for v, _, _ in values],
             "labels": {"ko": {v: k for v, k, _ in values}, "en": {v: e for v, _, e in values}}, "headers": list(headers.get(code, ()))}
            for code, (ko, en, values) in ATTRIBUTES.items()]


def stages() -> list[dict[str, Any]]:
    """The journey: stages, their touchpoints (domain, initiative) and factors."""
    return [{"code": s, "name": {"ko": ko, "en": en}, "touchpoints": [
        {"code": t, "name": {"ko": tko, "en": ten}, "domain": domain, "initiative": initiative,
         "factors": [{"code": f, "name": {"ko": fko, "en": fen}} for f, fko, fen in factors]}
        for t, tko, ten, domain, initiative, factors in touchpoints]} for s, ko, en, touchpoints in JOURNEY]


def program() -> dict[str, Any]:
    """The programme document without its waves, which follow from the dates of the responses."""
    third = 1 / 3
    return {"format": 1, "slug": "demo", "synthetic": True, "name": NAME, "timezone": "Asia/Seoul",
            "loyalty": {"overall": third, "repurchase": third, "recommend": third},
            "primary": {"nps": "recommend", "csat": "overall", "effort": "effort"},
            "sources": {"ko": {s: k for s, k, _ in SOURCES}, "en": {s: e for s, _, e in SOURCES}},
            "standards": {stage: {"expected": expected, "beyond": beyond} for stage, (expected, beyond) in STANDARDS.items()},
            "benchmarks": [{"metric": metric, "name": name, "value": value, "n": n, "source": INVENTED, "weeks": weeks}
                           for metric, name, value, n, weeks in BENCHMARKS],
            "stages": stages(), "questions": questions(), "attributes": attributes()}
