"""Words and example rows of the import templates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from demo_program import STAGES


@dataclass(frozen=True)
class Texts:
    """Everything the workbook of one language says. guide: column key ("stage" for all stages) -> meaning, accepted values."""

    title: str
    table_sheet: str
    guide_sheet: str
    date: str
    respondent: str
    example_note: str
    scale_error: str
    scale_prompt: str
    list_error: str
    list_prompt: str
    date_error: str
    date_prompt: str
    intro: tuple[str, ...]
    guide_head: tuple[str, str, str]
    guide: dict[str, tuple[str, str]]
    outro: tuple[str, ...]


KO = Texts(
    title="가져오기 양식 안내", table_sheet="응답", guide_sheet="안내", date="응답 일자", respondent="응답자 번호",
    example_note="예시 행 5개입니다. 지우고 실제 응답을 붙여 넣으세요. 응답자 한 명이 한 행입니다.",
    scale_error="{lo}부터 {hi}까지의 정수를 입력하세요. 응답하지 않았으면 비워 두세요.",
    scale_prompt="{lo}~{hi}의 정수. 응답하지 않았으면 비워 둡니다.",
    list_error="목록에 없는 값도 사용할 수 있습니다.", list_prompt="목록에서 고르거나 직접 입력하세요.",
    date_error="날짜를 입력하세요. 예: 2026-07-15", date_prompt="예: 2026-07-15",
    intro=("‘응답’ 시트의 첫 행은 열 이름입니다. 응답자 한 명을 한 행에 적고, 노란 예시 행은 지워 주세요.",
           "필요 없는 열은 지우고, 필요한 열은 오른쪽에 더해도 됩니다. 열 이름을 바꾸면 가져올 때 뜻을 확인합니다."),
    guide_head=("열", "뜻", "받는 값"),
    guide={
        "date": ("응답한 날짜(한국 시간). 추세와 회차를 나누는 기준입니다.", "엑셀 날짜 또는 2026-07-15, 2026.07.15. 비워 두면 날짜별 추세에서 빠집니다."),
        "respondent": ("응답자를 구분하는 값. 같은 회차에 같은 번호를 다시 가져오면 새로 더하지 않고 고칩니다.",
                       "회원번호처럼 겹치지 않는 값. 이름·전화번호·이메일은 적지 마세요."),
        "channel": ("구매하거나 상담한 채널", "온라인몰, 직영매장, 대리점, 백화점, 콜센터 또는 회사에서 쓰는 이름"),
        "customer": ("제품을 구매한 고객인지, 아직 구매하지 않은 고객인지", "기존 고객 / 잠재 고객"),
        "region": ("응답자의 지역", "서울, 경기·인천, 충청, 호남, 영남, 제주 또는 회사에서 쓰는 이름"),
        "recommend": ("추천 의향. 순추천지수(NPS)는 0~10점의 11점 척도로만 계산합니다.", "0(전혀 추천하지 않음)~10(적극 추천)의 정수"),
        "overall": ("전반적 만족도. CSAT와 로열티 지수에 쓰입니다.", "1(매우 불만족)~5(매우 만족)의 정수 또는 ‘매우 만족’ 같은 보기"),
        "repurchase": ("재구매 의향. 로열티 지수에 쓰입니다.", "1(전혀 없음)~5(매우 있음)의 정수. 잠재 고객은 비워 둡니다."),
        "stage": ("이 경험 단계의 만족도. 경험하지 않은 단계는 비워 둡니다.", "1(매우 불만족)~5(매우 만족)의 정수 또는 ‘매우 만족’ 같은 보기"),
        "comment": ("좋았던 점이나 개선할 점", "글. 개인정보는 적지 마세요. ‘없음’은 의견 없음으로 봅니다."),
    },
    outro=("무응답으로 보는 값: 빈칸, N/A, 해당없음, 모름, 무응답. 98·99는 척도 밖의 무응답 코드로 제안하고 확인을 받습니다.",
           "척도를 벗어난 값(예: 1~5점 열의 7)은 문제 셀로 표시되며, 그 셀만 비울지 행을 뺄지 고를 수 있습니다.",
           "1이 가장 좋은 척도라면 가져올 때 방향을 ‘낮을수록 좋음’으로 바꿔 주세요. 저장된 값은 뒤집지 않습니다.",
           "예시 행의 값은 모두 지어낸 것입니다."),
)
EN = Texts(
    title="How to fill in the import template", table_sheet="Responses", guide_sheet="Guide", date="Response date", respondent="Respondent ID",
    example_note="These five rows are examples. Delete them and paste your responses: one respondent per row.",
    scale_error="Enter a whole number from {lo} to {hi}, or leave the cell blank if there was no answer.",
    scale_prompt="Whole number {lo}-{hi}; blank = no answer.",
    list_error="Values that are not in the list may be used too.", list_prompt="Choose from the list or type your own.",
    date_error="Enter a date, such as 2026-07-15.", date_prompt="For example 2026-07-15",
    intro=("The first row of the sheet ‘Responses’ holds the column names. One respondent per row; delete the yellow example rows.",
           "Delete columns you do not need and add your own at the right. Renamed columns are confirmed when you import the file."),
    guide_head=("Column", "Meaning", "Accepted values"),
    guide={
        "date": ("Day of the response (Korean time); trends and waves are cut by it.",
                 "An Excel date, or 2026-07-15, 2026.07.15. Blank: left out of trends over time."),
        "respondent": ("Tells respondents apart. The same ID imported again into the same wave is updated, not added.",
                       "A unique value such as a member number. No names, phone numbers or e-mail addresses."),
        "channel": ("Where the customer bought or asked for advice", "Online shop, Own store, Dealer, Department store, Call centre, or your own names"),
        "customer": ("Has the person bought already, or not yet?", "Existing / Prospect"),
        "region": ("Region of the respondent", "Seoul, Gyeonggi–Incheon, Chungcheong, Honam, Yeongnam, Jeju, or your own names"),
        "recommend": ("Likelihood to recommend. NPS is computed from the 11-point 0-10 scale only.",
                      "Whole number from 0 (not at all likely) to 10 (extremely likely)"),
        "overall": ("Overall satisfaction, used for CSAT and the loyalty index.",
                    "Whole number from 1 (very dissatisfied) to 5 (very satisfied), or labels such as “Very satisfied”"),
        "repurchase": ("Intention to buy again, used for the loyalty index.",
                       "Whole number from 1 (not at all likely) to 5 (very likely). Blank for prospects."),
        "stage": ("Satisfaction with this stage. Leave blank if it was not experienced.",
                  "Whole number from 1 (very dissatisfied) to 5 (very satisfied), or labels such as “Very satisfied”"),
        "comment": ("What was good or should be better", "Text, without personal data. “None” counts as no comment."),
    },
    outro=("Read as no answer: blank, N/A, not applicable, don't know, no answer. 98 and 99 are proposed as missing codes for you to confirm.",
           "A value outside its scale (a 7 in a 1-5 column) becomes a problem cell; you decide whether to blank the cell or leave out the row.",
           "If 1 is the best point of your scale, set the direction to “low is good” when importing. Stored answers are never flipped.",
           "All values in the example rows are invented."),
)
TEXTS = {"ko": KO, "en": EN}

_DAYS = [date(2026, 7, day) for day in (1, 2, 3, 6, 7)]
_RATINGS = [  # recommend, overall, repurchase, then the nine stages; None = no answer or not experienced
    (10, 5, 5, 4, 5, 5, 5, 5, 4, 5, None, None),
    (8, 4, 4, 4, 3, 4, 4, 5, 5, 4, 4, None),
    (6, 3, 3, 3, 4, 3, 4, 2, 3, 4, 2, 3),
    (9, 4, None, 5, 4, 4, None, None, None, None, None, None),
    (0, 1, 1, 3, 2, 2, 3, 1, 1, 2, 1, 1),
]
_WORDS = {
    "ko": (("온라인몰", "기존 고객", "서울"), ("직영매장", "기존 고객", "경기·인천"), ("대리점", "기존 고객", "영남"), ("온라인몰", "잠재 고객", "서울"),
           ("콜센터", "기존 고객", "호남")),
    "en": (("Online shop", "Existing", "Seoul"), ("Own store", "Existing", "Gyeonggi–Incheon"), ("Dealer", "Existing", "Yeongnam"),
           ("Online shop", "Prospect", "Seoul"), ("Call centre", "Existing", "Honam")),
}
_COMMENTS = {
    "ko": ("(예시) 약속한 시간에 배송해 주셔서 좋았습니다", "(예시) 상담이 친절했어요", "(예시) 배송 일정이 두 번 바뀌었습니다", None, "(예시) 고객센터 연결이 너무 오래 걸립니다"),
    "en": ("(Example) Delivered exactly on time", "(Example) Friendly advice in the store", "(Example) The delivery date changed twice", None,
           "(Example) I waited far too long for the contact centre"),
}
_KEYS = ("recommend", "overall", "repurchase", *(f"s_{stage}" for stage in STAGES))
_LABEL = {"ko": "예시-{}", "en": "EXAMPLE-{}"}


def _examples(lang: str) -> list[dict[str, Any]]:
    rows = zip(_DAYS, _WORDS[lang], _RATINGS, _COMMENTS[lang], strict=True)
    return [{"date": day, "respondent": _LABEL[lang].format(i), "channel": channel, "customer": customer, "region": region,
             "comment": text, **dict(zip(_KEYS, ratings, strict=True))}
            for i, (day, (channel, customer, region), ratings, text) in enumerate(rows, start=1)]


EXAMPLES = {lang: _examples(lang) for lang in TEXTS}
