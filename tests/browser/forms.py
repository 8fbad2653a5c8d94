"""A result sheet as Google Forms exports it for a Korean survey, and the same answers for pandas."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from pathlib import Path

import openpyxl
import pandas as pd

AGREE = ["매우 불만족", "불만족", "보통", "만족", "매우 만족"]
RECOMMEND, OVERALL = "저희 브랜드를 주변에 추천하실 의향은 어느 정도입니까? (0~10점)", "전반적으로 얼마나 만족하셨습니까?"
BUY, DELIVER, REPAIR = "구매 단계 만족도", "배송 단계 만족도", "A/S 만족도"
GENDER, AGE, PHONE = "성별", "연령대", "경품 추첨용 휴대폰 번호"
HEARD, COMMENT = "어떤 경로로 알게 되셨나요? (복수 선택)", "좋았던 점이나 아쉬운 점을 자유롭게 적어 주세요"
_PRAISE = ["배송이", "상담이", "설치가", "가격이", "포장이"]
_WORDS = ["빨라서 좋았어요", "친절했습니다", "조금 아쉬워요", "생각보다 괜찮았습니다", "다시 이용하고 싶어요"]


def answers(n: int = 180, seed: int = 11) -> pd.DataFrame:
    """One row per respondent, labels as printed; some recommend cells are blank."""
    r = random.Random(seed)

    def label() -> str:
        return r.choices(AGREE, [1, 2, 4, 8, 6])[0]

    return pd.DataFrame(
        [
            {
                "타임스탬프": datetime(2026, 2, 2, 9) + timedelta(hours=11 * i),
                GENDER: r.choice(["남성", "여성"]),
                AGE: r.choice(["20대", "30대", "40대", "50대 이상"]),
                RECOMMEND: None if i % 15 == 4 else r.choice([10, 10, 9, 9, 8, 7, 6, 3]),
                OVERALL: label(),
                BUY: label(),
                DELIVER: label(),
                REPAIR: label(),
                HEARD: ", ".join(r.sample(["인터넷 검색", "지인 추천", "매장 방문", "SNS 광고"], r.randint(1, 3))),
                COMMENT: f"{r.choice(_PRAISE)} {r.choice(_WORDS)} {i}" if i % 3 else None,
                PHONE: f"010-{r.randint(1000, 9999)}-{r.randint(1000, 9999)}",
            }
            for i in range(n)
        ]
    )


def write(path: Path, table: pd.DataFrame) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "설문지 응답 시트1"
    sheet.append(list(table.columns))
    for row in table.itertuples(index=False):
        sheet.append([None if pd.isna(v) else v.to_pydatetime() if isinstance(v, pd.Timestamp) else v for v in row])
    book.save(path)
    return path


def nps(table: pd.DataFrame) -> float:
    given = table[RECOMMEND].dropna()
    return 100 * float((given >= 9).mean() - (given <= 6).mean())


def top2(table: pd.DataFrame, column: str) -> float:
    return 100 * float(table[column].isin(AGREE[3:]).mean())
