"""Header words of ratings, in Korean and English: what a column measures, and what speaks against its being a rating."""

from __future__ import annotations

import re

from cxdash.terms import Measure


def _re(*parts: str) -> re.Pattern[str]:
    return re.compile("|".join(parts), re.IGNORECASE)


REASON = _re(
    r"이유",
    r"사유",
    r"원인",
    r"계기",
    r"동기[는를가은]?(?![가-힣])",
    r"개선\s*(할|해야|되어야|사항|점|시|방안|과제|필요)",
    r"불편\s*(한|했던|하신)?\s*(점|사항)",
    r"불만\s*사항",
    r"(좋았던|좋은|아쉬운|아쉬웠던|부족한|만족스러운|마음에 드는)\s*점",
    r"\breasons?\b",
    r"\bwhy\b",
    r"what (did|do) you (like|dislike)",
    r"주된\s*이유",
)
BAD_REASON = _re(
    r"불\s*만족",
    r"불만",
    r"불편",
    r"개선",
    r"아쉬",
    r"부족",
    r"dis\s?satisf",
    r"unsatisf",
    r"not (very )?satisf",
    r"improve",
    r"dislike",
    r"비추천",
    r"추천하지",
)
GOOD_REASON = _re(r"(?<!불)만족", r"좋(은|았던)", r"(?<!dis)(?<!un)satisf", r"\blike\b", r"칭찬")
FREQUENCY = _re(
    r"얼마나\s*자주",
    r"빈도",
    r"횟수",
    r"몇\s*(회|번|시간|명|개|년|살|분|차례|가지)",
    r"how (often|many|much|long|tall|old|far)",
    r"\bfrequen",
    r"\btimes\b",
    r"(?<!응답)(?<!대기)(?<!이용)시간$",
    r"기간$",
    r"소요",
    r"_분$|통근분",
    r"건수",
    r"이용량",
    r"timesflown",
    r"firsttime",
    r"longuse",
    r"howlong",
)
KNOWLEDGE = _re(
    r"알고\s*(있|계)",
    r"들어\s*(본|보)",
    r"인지\s*(여부|하고)",
    r"아십니까",
    r"아시나요",
    r"do you know",
    r"\baware\b",
    r"heard of",
    r"have you (ever|seen|used|heard|visited)",
    r"familiar with",
)
ASPECT = _re(
    r"직원|응대|친절|상담|기사|가격|요금|배송|배달|설치|시설|품질|주차|청결|위생|속도|신속|디자인|기능|메뉴|음식|맛|예약|결제|교환|환불|매장\s*(환경|분위기)",
    r"\b(staff|employees?|agents?|price|value|deliver\w*|shipping|quality|speed|clean\w*|parking|food|design|features?|booking|payment"
    r"|checkout|support|services?|comfort|entertainment|baggage|check-?in|seats?|rooms?|"
    r"wi-?fi|boarding|breakfast|location)\b",
)
RANK = _re(r"순위", r"순서대로", r"\brank(ing|ed|s)?\b", r"우선\s*순위")
QUANTITY = _re(
    r"금액",
    r"비용",
    r"소득(?!.{0,6}만족)",
    r"수입(?!.{0,6}만족)",
    r"연령",
    r"나이",
    r"인원",
    r"명수",
    r"(가구|가족)원?\s*수",
    r"\bamount",
    r"\bincome",
    r"\bage\b",
    r"^q?\d*_?age$",
    r"\d+age$",
    r"price paid",
    r"\bduration\b",
    r"\bquantity",
    r"매출",
    r"구매액",
    r"poi?nts? balance",
    r"\bcount\b",
    r"number of",
    r"\bsize\b",
)

RECOMMEND = _re(
    r"추천(?!\s*(인|코드|경로|받|으로|을 통|메뉴|상품|제품|작|사유|한 사람))",
    r"권유(?!\s*받)",
    r"권하(고|겠|실|시)",
    r"소개(하고|해\s*(주|줄)|할|하실|시켜)",
    r"\bnps\b",
    r"netpro",
    r"net[\s_-]?promot",
    r"\brecommend(?!ed (by|to you)|ations? from)",
    r"likel\w* to rec",
    r"\bltr\b",
    r"\brefer (us|a friend|friends|others)",
    r"would you refer",
)
REPURCHASE = _re(
    r"재\s*(구매|이용|방문|가입|주문|계약|거래|구입|사용|선택|예약|탑승)",
    r"(계속|지속|앞으로|향후|다음에|다시|또|추후|차후).{0,24}(이용|구매|방문|사용|가입|거래|주문|구입|선택|거주|찾|유지|예약|탑승|살|쓸|쓰).{0,12}(의향|의사|싶|할\s*것|하겠|하실|가능성|예정|것\s*(이다|같))",
    r"(갱신|유지|재계약|연장)\s*(의향|의사)",
    r"이용\s*지속",
    r"구매\s*(의향|의사)",
    r"re-?purchas",
    r"(buy|purchase|use|visit|shop|order|stay|fly|choose).{0,30}\bagain\b",
    r"(continue|keep|likely|willing|intend|plan)\w*.{0,24}\b(using|use|buying"
    r"|shopping|visiting|being a customer|returning|return|renew|stay with)\b",
    r"\brevisit",
    r"come back",
    r"\brenew",
    r"\bretention\b",
    r"return intention",
)
SWITCHING = _re(
    r"(다른|타)\s*(회사|브랜드|업체|통신사|은행|카드사?|제품|서비스|매장|사|곳).{0,14}(바꾸|바꿀|옮기|옮길|이동|전환|변경|갈아)",
    r"전환\s*(의향|저항|의사)",
    r"갈아\s*타",
    r"가격이?\s*.{0,8}(올라|인상|오르).{0,24}(이용|구매|계속|사용)",
    r"\bswitch(ing)?\b",
    r"even if .{0,30}price",
    r"change (to another|provider|brand)",
)
COMPETITOR = _re(
    r"경쟁\s*(사|업체|브랜드|제품|점)",
    r"타\s*(사|브랜드|업체)\s*(대비|보다|의|와|만족|평가|제품|서비스)",
    r"다른\s*(회사|브랜드|업체).{0,10}(비교|대비|보다)",
    r"\bcompetitor",
    r"compared (to|with) (other|compet)",
    r"other (brands|providers|companies)",
)
OVERALL = _re(
    r"(전반|전체|종합|총체|총괄)(적인?|적으로|적)?.{0,30}(?<!불)만족",
    r"(?<!불)만족.{0,12}(전반|종합|전체)",
    r"종합\s*평가",
    r"(overall|general|total).{0,50}(satisf|experience|rat(e|ing)|score|impression)",
    r"satisf.{0,60}\b(overall|in general|as a whole)\b",
    r"\bosat\b",
    r"\bcsat\b",
    r"^overall$",
    r"^q\d+[a-z]?_?(all|overall|total)$",
    r"all things considered",
)
MET = _re(r"기대(에|를|만큼|보다|\s*(대비|이상|부응|충족))", r"(exceed|meet|met|fell short of).{0,20}expect", r"compared .{0,20}expect")
EFFORT = _re(
    r"힘(을)?\s*들이지",
    r"수월",
    r"노력(?!하는 모습)",
    r"쉽게",
    r"쉬(웠|운|워)",
    r"쉽(다|습|고)",
    r"간편(하|했)",
    r"어렵지\s*않",
    r"번거로",
    r"\beffort",
    r"\bces\b",
    r"\beasy\b",
    r"\beasi(er|ly|est)\b",
    r"\bease of\b",
)
IMPORTANCE = _re(r"중요(도|하|한|성|시)", r"\bimportan")
EXPECTATION = _re(
    r"기대\s*(수준|도|치|했|하였|하는|하신|하십|정도|감|값)",
    r"이용\s*전\s*기대",
    r"^기대$",
    r"[_\s(\[-]기대[)\]]?$",
    r"\bexpect(ation|ations|ed)?\b",
)
PERFORMANCE = _re(
    r"실행\s*(수준|도)",
    r"수행\s*(수준|도)",
    r"이행\s*(수준|도)",
    r"경험\s*수준",
    r"실제\s*(수준|경험|성과)",
    r"인지\s*수준",
    r"체감\s*수준",
    r"\bperforman",
    r"\bquality\b",
    r"품질.{0,8}(수준|평가|우수|좋)",
    r"우수(하|했|한)",
    r"훌륭",
)
EMOTION = _re(
    r"감정",
    r"기분",
    r"즐거(웠|움|운|워)",
    r"행복",
    r"설레",
    r"짜증",
    r"불쾌",
    r"유쾌",
    r"감동",
    r"\bfe(el|lt|eling|elings)\b",
    r"\bemotion",
    r"\bdelight",
    r"\benjoy",
    r"frustrat",
    r"annoy",
)
SATISFIED = _re(r"(?<!불)(?<!불 )만족", r"흡족", r"^c?sat(?=[\W_\d]|$)", r"(?<!dis)(?<!un)satisf")
RATED = _re(
    r"평점",
    r"별점",
    r"평가",
    r"점수",
    r"\brate\b",
    r"\brating\b",
    r"\bscore\b",
    r"[a-z]rate$",
    r"how (good|well|would you rate)",
    r"친절",
    r"신속",
    r"정확(하|성)",
    r"편리",
    r"쾌적",
    r"청결",
    r"만족스",
)

ORDER: tuple[tuple[Measure, re.Pattern[str], float], ...] = (
    (Measure.COMPETITOR, COMPETITOR, 0.8),
    (Measure.RECOMMEND, RECOMMEND, 0.95),
    (Measure.SWITCHING, SWITCHING, 0.85),
    (Measure.REPURCHASE, REPURCHASE, 0.9),
    (Measure.IMPORTANCE, IMPORTANCE, 0.9),
    (Measure.OVERALL, OVERALL, 0.9),
    (Measure.SATISFACTION, MET, 0.6),
    (Measure.EXPECTATION, EXPECTATION, 0.85),
    (Measure.SATISFACTION, SATISFIED, 0.9),
    (Measure.EFFORT, EFFORT, 0.8),
    (Measure.PERFORMANCE, PERFORMANCE, 0.75),
    (Measure.EMOTION, EMOTION, 0.8),
    (Measure.SATISFACTION, RATED, 0.7),
)

LABELS: tuple[tuple[Measure | None, re.Pattern[str]], ...] = (
    (
        None,
        _re(
            r"자주",
            r"가끔",
            r"\boften\b",
            r"\balways\b",
            r"\bnever\b",
            r"sometimes",
            r"매일",
            r"매주",
            r"rarely",
            r"전혀\s*(안|이용)",
            r"per (week|month)",
        ),
    ),
    (Measure.SATISFACTION, SATISFIED),
    (Measure.IMPORTANCE, IMPORTANCE),
    (Measure.EFFORT, _re(r"쉬(움|웠|운)", r"쉽", r"어려(움|웠|운)", r"\beasy\b", r"\bdifficult")),
    (Measure.EXPECTATION, _re(r"기대\s*이[상하]")),
)

GROUPS = (  # what a line above several items may say, and nothing more
    (Measure.EXPECTATION, _re(r"(이용\s*전\s*|사전\s*)?기대(도|치|값|\s*수준)?", r"expect(ation|ed)s?( level)?")),
    (Measure.IMPORTANCE, _re(r"중요(도|성)?", r"importance")),
    (
        Measure.PERFORMANCE,
        _re(
            r"(실제|체감|인지|지각)(\s*(경험|수준|성과|평가))?",
            r"(실행|수행|이행)(도|\s*수준)?",
            r"performance|perce(ption|ived)|actual|experienced",
        ),
    ),
)
