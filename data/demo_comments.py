"""Invented free-text comments: sentence templates by stage and score. No sentence comes from a real respondent."""

from __future__ import annotations

import numpy as np

PRODUCTS = ["냉장고", "세탁기", "건조기", "에어컨", "TV", "공기청정기", "로봇청소기", "식기세척기"]
NOTHING = ["없음", "없음", "특별히 없음", "없습니다", "특이사항 없음", "딱히 없어요", "없음.", "해당 없음"]

# stage -> praise, blame, wish
SENTENCES: dict[str, tuple[list[str], list[str], list[str]]] = {
    "awareness": (["광고가 인상적이어서 관심을 갖게 되었습니다", "지인 추천으로 알게 됐는데 믿음이 갑니다", "후기가 많아서 신뢰가 갔어요"],
                  ["광고 내용과 실제 혜택이 달라 실망했습니다", "광고 문자가 너무 자주 와요", "어떤 브랜드인지 잘 모르겠어요"],
                  ["신제품 소식을 더 쉽게 알 수 있으면 좋겠어요", "광고 문자는 조금 줄여 주세요"]),
    "search": (["홈페이지에서 {p} 비교가 편했습니다", "필요한 정보를 금방 찾았어요", "매장에서 직접 써볼 수 있어 좋았습니다"],
               ["{p} 사양을 찾기가 어려웠습니다", "앱 검색이 느리고 자주 멈춰요", "홈페이지 메뉴가 복잡합니다"],
               ["제품 비교 화면이 있으면 좋겠습니다", "{p} 치수 정보를 더 자세히 올려 주세요"]),
    "consideration": (["상담원이 부담 주지 않고 자세히 설명해 줬어요", "견적이 명확해서 결정하기 쉬웠습니다", "상담이 친절하고 전문적이었습니다"],
                      ["상담원마다 안내하는 혜택이 달랐습니다", "추가 옵션을 계속 권해서 부담스러웠어요", "할인 조건이 너무 복잡합니다"],
                      ["카드 할인 조건을 한눈에 보여 주면 좋겠어요", "상담 예약이 되면 좋겠습니다"]),
    "purchase": (["주문부터 결제까지 간편했어요", "{p} 가격이 합리적이었습니다", "결제가 빨라서 좋았습니다"],
                 ["결제 오류가 나서 두 번 주문했습니다", "구매 직후 가격이 내려가서 속상해요", "주문 확인 문자가 오지 않았습니다"],
                 ["간편결제 수단을 늘려 주세요", "포인트 사용이 더 쉬웠으면 합니다"]),
    "delivery": (["약속한 시간에 정확히 배송해 주셨어요", "{p} 배송이 빨라서 좋았습니다", "배송 기사님이 정말 친절하셨습니다", "배송 일정을 미리 알려 줘서 편했어요"],
                 ["배송이 일주일이나 늦어졌는데 연락이 없었습니다", "{p} 포장이 찢어진 채로 왔어요", "배송 시간이 당일에 두 번 바뀌었습니다", "배송 일정 변경이 너무 어려워요"],
                 ["배송 시간을 선택할 수 있으면 좋겠습니다", "배송 당일 도착 예정 시간을 알려 주세요"]),
    "installation": (["설치 기사님이 꼼꼼하게 마무리해 주셨습니다", "{p} 설치 후 사용법까지 설명해 주셔서 감사해요", "설치가 깔끔하고 빨랐어요"],
                     ["설치 기사님이 약속보다 두 시간 늦게 왔습니다", "설치하면서 벽에 흠집이 났어요", "설치 후 쓰레기를 그대로 두고 갔습니다", "설치 예약이 두 번이나 취소됐어요"],
                     ["설치 전에 준비할 것을 미리 알려 주면 좋겠어요", "주말 설치도 가능했으면 합니다"]),
    "use": (["{p} 성능에 아주 만족합니다", "소음이 적고 사용하기 편해요", "디자인도 예쁘고 잘 쓰고 있습니다", "앱 연결이 편리해요"],
            ["{p} 소음이 생각보다 큽니다", "앱 연결이 자주 끊겨요", "사용 설명서가 너무 어렵습니다"],
            ["앱 화면 글씨를 키워 주세요", "{p} 필터 가격을 낮춰 주면 좋겠습니다"]),
    "service": (["AS 접수하고 다음 날 바로 수리해 주셨어요", "수리 기사님이 원인을 잘 설명해 주셨습니다", "고객센터 응대가 친절했어요"],
                ["고객센터 연결까지 20분 넘게 기다렸습니다", "같은 고장으로 세 번째 AS를 받았어요", "수리 비용이 안내와 달랐습니다", "부품이 없다고 2주를 기다렸어요"],
                ["AS 진행 상황을 앱에서 볼 수 있으면 좋겠습니다", "주말에도 AS가 되면 좋겠어요"]),
    "disposal": (["폐가전을 무료로 수거해 줘서 편했습니다", "수거 신청이 간단했어요"],
                 ["폐가전 수거 일정이 잘 잡히지 않아요", "수거 신청 방법을 찾기 어려웠습니다"],
                 ["배송 때 헌 제품도 같이 가져가면 좋겠어요", "보상 판매 안내를 더 해 주세요"]),
}
TAILS = {"praise": ["", "", "", ".", "!", ". 감사합니다", ". 번창하세요", ". 다음에도 이용할게요"],
         "blame": ["", "", ".", ". 개선 바랍니다", ". 많이 실망했어요", "..."],
         "wish": ["", "", "."]}


TURNS = {"praise": ". 다만 ", "blame": ". 그래도 ", "wish": ". "}


def comment(rng: np.random.Generator, first: tuple[str, int], second: tuple[str, int]) -> str:
    """One comment on the `first` (stage, score), in a fifth of the cases followed by a sentence on the `second`; one in eight has nothing to say."""
    if rng.random() < 0.12:
        return _pick(rng, NOTHING)
    tone = _tone(rng, first[1])
    text = _sentence(rng, first[0], tone)
    other = _tone(rng, second[1])
    if second[0] != first[0] and other != tone and rng.random() < 0.45:
        return text + TURNS[tone] + _sentence(rng, second[0], other)
    return text + _pick(rng, TAILS[tone])


def _tone(rng: np.random.Generator, score: int) -> str:
    """Blame under 3, a wish or blame at 3, praise above, with a wish now and then."""
    roll = rng.random()
    if score == 3:
        return "wish" if roll < 0.7 else "blame"
    return "wish" if roll > 0.88 else "blame" if score < 3 else "praise"


def _sentence(rng: np.random.Generator, stage: str, tone: str) -> str:
    return _pick(rng, SENTENCES[stage][("praise", "blame", "wish").index(tone)]).format(p=_pick(rng, PRODUCTS))


def _pick(rng: np.random.Generator, texts: list[str]) -> str:
    return texts[int(rng.random() * len(texts))]
