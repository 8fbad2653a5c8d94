"""What the header of a column says for or against its being a rating, and which columns belong to one battery."""

from __future__ import annotations

import re
from functools import lru_cache

from cxdash.ingest import clean

_RATING = re.compile(
    r"만족|추천|평가|평점|별점|점수|의향|동의|중요도|기대|친절|품질|충성|신뢰|편리|쉬움|용이|전반|느낌|생각한다|생각하|싶다|[가-힣]다\.?$|척도|체감|인지도|호감"
    r"|satisf|recommend|\bnps\b|net.?pro|promoter|\brat(?:e|ing|ings)\b|\bscore|likel(?:y|ihood)|agree|importan|quality|experience"
    r"|\bcsat\b|\bces\b|\beas[ey]|stars?\b|overall"
    r"|opinion|expect|how (?:well|good|easy|likely|satisfied|happy|would you)|feel\b|favou?rab"
)
_RECOMMEND = re.compile(r"추천|recommend|\bnps\b|net.?pro|promoter")
_NEVER = re.compile(
    r"이유|사유|원인|순위|우선|번호|가중치|횟수|건수|몇\s*(?:번|회|명|개|시간|분|살|세)|개선(?:할|사항|점|필요|시)|생년|우편|전화|연락처|일자$|날짜|일시|코드$"
    r"|\breasons?\b|\bwhy\b|\brank(?:ing)?\b|\bweights?\b|how many|number of|\bcounts?\b|\bzip|postal|postcode|phone|\bid$|respnum"
    r"|\bdate\b|\bip\b|latitude|longitude|\bcode$"
    r"|(?:user|customer|order|case|flight|record|respondent)[ _]?(?:id|no|num|number)\b"
)
_OF_PERSON = re.compile(  # about the person or a kind, unless the header asks how satisfied one is with it
    r"유형|종류|경로|성별|나이|연령|학력|직업|혼인|가구|주소|지역코드|금액|소득|인원|동거|자녀|연도|년도|교육정도|관계$|시군|문제|요인|대책|용도|기준|기관|장소|불편한|어려운|필요한|분야|수단"
    r"|\bgender\b|\bsex\b|\bage\b|\byears?\b|\bincome\b|\beducation\b|address|\bduration\b|minutes|\bchannel\b|\bregion\b|\bdept?\b"
    r"|\bmarital\b|\boccupation\b"
)
_ASKED = re.compile(r"만족|추천|평가|평점|별점|점수|의향|동의|satisf|recommend|\brat(?:e|ing)\b|score|likel|agree")
_RATHER_NOT = re.compile(
    r"여부|방법|형태|분야|시간|기간|수단|가격대|구분|group|segment|type\b|category|times?\b|often|frequency|빈도|purpose|\bcom ?\d*$|method"
)
_SCORE = re.compile(r"점수|평점|별점|만점|score|\bstars?\b|\brating")


def _spread(header: str) -> str:
    """The header with its words apart: "Q20GENDER" and "resp_ageGroup" read as words, not as one."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=\d)(?=[A-Za-z])|(?<=[A-Za-z])(?=\d)|_", " ", clean.norm(header))
    return clean.key(apart)


@lru_cache(maxsize=4096)
def of(header: str) -> int:
    """-2 never a rating, -1 hardly, 0 nothing said, 1 a rating by its words."""
    word = _spread(header)
    if _NEVER.search(word):
        return -2
    if _OF_PERSON.search(word) and not _ASKED.search(word):
        return -2
    if _RATING.search(word):
        return 1
    return -1 if _RATHER_NOT.search(word) else 0


def recommends(header: str) -> bool:
    """True when the header asks for a recommendation (the item NPS is made of, if the scale is 0-10)."""
    return bool(_RECOMMEND.search(_spread(header)))


def scores(header: str) -> bool:
    """True when the header calls the answers a score or stars: more is better without asking."""
    return bool(_SCORE.search(_spread(header)))


@lru_cache(maxsize=4096)
def _stem(header: str) -> tuple[str, str, str]:
    word = clean.key(header)
    numbered = re.match(r"[a-z]{0,4}[ _.]?\d+", word)
    tokens = re.findall(r"[^\W\d_]+", word)
    return numbered[0] if numbered else "", re.sub(r"\d+", "#", word)[:40], tokens[-1] if tokens and len(tokens[-1]) > 1 else ""


def kinship(header: str, other: str) -> float:
    """How much another column's scale says about this one's: 2 same item number, 1.2 same form of header, else 0.5.

    >>> kinship("Q7RENTAL", "Q7ALL"), kinship("1-1", "22-2"), kinship("Q7RENTAL", "STRATA")
    (2.0, 1.2, 0.5)
    """
    number, shape, last = _stem(header)
    their_number, their_shape, their_last = _stem(other)
    if number and number == their_number:
        return 2.0
    return 1.2 if shape == their_shape or (last and last == their_last) else 0.5
