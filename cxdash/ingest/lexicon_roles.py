"""Header words of columns that are no ratings: keys, weights, moments, attributes, what survey tools add by themselves."""

from __future__ import annotations

import re


def _re(*parts: str) -> re.Pattern[str]:
    return re.compile("|".join(parts), re.IGNORECASE)


# respondent keys, the surest first; a running number is not among them, because the next file begins at 1 again
KEYS: tuple[tuple[re.Pattern[str], float], ...] = (
    (
        _re(
            r"respondent[\s_-]*(id|no|num|number|key)",
            r"response[\s_-]*id",
            r"응답자?\s*(id|아이디|번호|키)",
            r"^resp[\s_-]?(num|id|no)$",
            r"participant[\s_-]*id",
            r"antwort-id",
            r"^case[\s_-]?id$",
            r"패널\s*(id|번호)",
            r"panel[\s_-]*id",
        ),
        0.95,
    ),
    (
        _re(
            r"(고객|회원|사용자|계약|멤버십|가입자|환자|학생|사원)\s*(id|아이디|번호|키|코드)",
            r"(customer|member|client|user|account|subscriber|guest|patient|student|employee)[\s_-]*(id|no|num|number|key|code)\b",
            r"external[\s_-]*(data)?[\s_-]*ref",
            r"^cust[\s_-]?(id|no)$",
        ),
        0.9,
    ),
    (
        _re(
            r"(주문|예약|거래|접수|상담|문의|영수증)\s*(번호|id)",
            r"(order|booking|ticket|transaction|case|reservation|submission|record|token|invite)[\s_-]*(id|no|number|key)?$",
            r"\bguid\b|\buuid\b",
        ),
        0.75,
    ),
    (_re(r"^#$", r"^id$", r"^key$", r"^키$", r"^아이디$", r"^serial$", r"일련\s*번호", r"^uid$", r"[a-z]id$", r"[\s_.-]id$"), 0.7),
)
RUNNING = _re(
    r"^no\.?$",
    r"^번호$",
    r"^순번$",
    r"^연번$",
    r"^순서$",
    r"^index$",
    r"^idx$",
    r"^row[\s_-]?(num|number|id)?$",
    r"^seq(uence)?$",
    r"^unnamed",
    r"^행\s*번호$",
    r"^x$",
    r"^seed$",
)

WEIGHT = _re(
    r"가중\s*[치값]",
    r"가중(?![가-힣])",
    r"\bweight(s|ing)?\b(?!.*(kg|lb|체중))",
    r"\bwgt\b",
    r"\bwt\b",
    r"_wt$|^wt_|weight_|_weight",
    r"^w\d?$",
    r"gewicht",
)
HOUSEHOLD = _re(r"가구(?!원)", r"가구주", r"househ", r"\bhh")
PERSON = _re(r"가구원", r"개인", r"person", r"indiv", r"응답자")

END_TIME = _re(
    r"완료",
    r"제출",
    r"종료",
    r"끝",
    r"응답\s*(일|시|날)",
    r"답변\s*(일|시|날)",
    r"작성\s*(일|시)",
    r"등록\s*(일|시)",
    r"타임\s*스탬프",
    r"time\s*stamp",
    r"submi",
    r"complet",
    r"\bend\b",
    r"end\s*(date|time)",
    r"recorded",
    r"date\s*submitted",
    r"abgeschlossen|erfassung|enddatum",
    r"date\s*modified",
)
START_TIME = _re(
    r"시작", r"개시", r"접속", r"\bstart", r"anfangsdatum", r"created", r"date\s*created", r"opened", r"발송", r"\bsent\b", r"invited"
)
EVENT_TIME = _re(
    r"방문",
    r"구매",
    r"이용",
    r"주문",
    r"예약",
    r"계약",
    r"가입",
    r"설치",
    r"배송",
    r"visit",
    r"purchase",
    r"order",
    r"service\s*date",
    r"booking",
    r"transaction",
    r"출생",
    r"생일",
    r"birth",
    r"join",
    r"expir",
)
DAY_ONLY = _re(r"(int|interview|survey|visit|조사)[\s_-]?(date|day|일)", r"^day$", r"^일$", r"날짜")

DURATION = _re(
    r"duration",
    r"소요\s*시간",
    r"응답\s*시간",
    r"걸린\s*시간",
    r"time\s*(taken|spent|to complete)",
    r"interview\s*time",
    r"dauer",
    r"_time$|^time_",
    r"groupe?_?time",
    r"page\s*submit|first\s*click|last\s*click|click\s*count",
)
META = _re(
    r"^(response\s*)?status\b",
    r"^progress\b",
    r"^finished\b",
    r"^collector",
    r"^last\s*page$",
    r"^seed$",
    r"^refurl$|referr?er",
    r"^network\s*id$",
    r"user\s*agent",
    r"^browser",
    r"^tags?$",
    r"recipient",
    r"^response\s*type$",
    r"^consent$|동의\s*(여부)?$|개인정보.*동의|수신\s*동의|privacy",
    r"^points?$|^quiz|^총점$|^feedback\b.*points",
    r"^version$|^os$|screen\s*resolution",
    r"^startlanguage$",
)
POSTAL = _re(r"우편\s*번호", r"\bzip\b", r"zip\s*code|zip$", r"post(al)?\s*code", r"\bplz\b")
IDENT = _re(
    r"(비행|항공|편|호|계좌|모델|시리얼|제품|상품|사업자|문서|전표)\s*번호",
    r"번호$",
    r"flight",
    r"^run[\s_-]?id$",
    r"(gate|room|seat|table|bus|train)\s*(no|num|number)?$",
    r"code$",
    r"\burl\b|링크|link$",
    r"첨부|attach|upload|파일",
)
OTHER_TEXT = _re(
    r"\[(other|기타)\]$",
    r"기타\s*[(（]?\s*(구체|직접|상세|내용|의견|응답|텍스트|입력|명시|서술|:)",
    r"기타_",
    r"_기타\s*(텍스트|의견|내용)?$",
    r"기타\s*의견",
    r"\bother\b.*(specify|text|comment|please)",
    r"_text$|\btext$",
    r"-\s*text$",
    r"직접\s*(입력|기재|서술)",
)
COMMENT = _re(
    r"의견",
    r"코멘트",
    r"주관식",
    r"자유\s*(롭게|의견|응답|서술|기재|기술)",
    r"건의",
    r"제안",
    r"하고\s*싶은\s*(말|말씀)",
    r"바라(는|시는)\s*(점|사항)",
    r"(적어|기재해|작성해|서술해|말씀해|남겨|입력해)\s*(주|달)",
    r"칭찬",
    r"불만\s*(사항|내용)",
    r"개선\s*(사항|점|할\s*점|이\s*필요한)",
    r"(좋았던|좋은|아쉬운|아쉬웠던|불편한|불편했던|만족스러운)\s*점",
    r"이유",
    r"사유",
    r"후기",
    r"리뷰",
    r"소감",
    r"느낀\s*점",
    r"comment",
    r"feedback",
    r"suggest",
    r"\bwhy\b",
    r"reason",
    r"tell us",
    r"describe",
    r"explain",
    r"in your own words",
    r"anything else",
    r"how can we",
    r"what (could|can|did|do|would|should)",
    r"open[\s-]?end",
    r"verbatim",
    r"remarks?$",
    r"\bnotes?$",
    r"review",
    r"improve",
    r"free text",
)
