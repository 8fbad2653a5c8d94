"""The words of answer scales, Korean and English, as intensity times polarity.

A label is not looked up as a whole: what it praises or denies, how strongly, and whether it is negated are found
separately, so that a phrasing nobody listed ("상당히 친절한 편이다") still has its place between the others.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from cxdash.ingest import clean

WEAKEST, WEAK, MID, PLAIN, QUITE, STRONG, EXTREME, TOP = 1.0, 1.5, 2.0, 2.5, 2.75, 3.0, 4.0, 9.0
LONGEST = 60  # characters; a longer cell is a sentence, not a label


@dataclass(frozen=True)
class Sense:
    """What a label says. side: -1, 0 (neutral), +1; force: how strongly (TOP = "not at all": whatever the other end's strongest
    is); negated: the minus comes from a negation ("not satisfied"), not from a word of its own ("dissatisfied")."""

    family: str
    side: int
    force: float = 0.0
    negated: bool = False

    @property
    def value(self) -> float:
        return self.side * self.force


_STEMS = (  # family, favourable, unfavourable; the unfavourable stem is sought first because it often contains the other
    (
        "satisfaction",
        "만족|흡족|행복|즐거|기쁘|기쁨|satisf|happy|pleased|delight|content\\b",
        "불만|불행|슬프|짜증|화가|dissatisf|unsatisf|unhappy|displeas|frustrat|annoy|angry",
    ),
    (
        "likelihood",
        "추천|의향|재구매|가능성|것이다|것같다|계획이있|겠(?:다|음|습니다|어요)|확실|likely|recommend|probab|definite|certain\\b|would|will\\b|intend",
        "비추천|unlikely|improbab",
    ),
    (
        "importance",
        "중요|필요|필수|important|essential|necessary|critical|crucial|relevant",
        "불필요|unimportant|unnecessary|irrelevant|trivial",
    ),
    (
        "ease",
        "쉬|쉽|용이|편리|편하|편안|간편|수월|eas(?:y|ily|ier)|convenient|simple|comfortable|effortless",
        "어렵|어려|불편|힘들|복잡|difficult|hard\\b|inconvenient|complicated|uncomfortable|complex",
    ),
    (
        "expectation",
        "기대이상|기대보다좋|기대를(?:넘|초과|상회)|exceed|(?:above|beyond|better than) (?:my |our )?expect|better\\b|improv",
        "기대이하|기대보다(?:못|나쁘|나쁨|안좋)|기대에(?:못|미치지)|below (?:my |our )?expect|worse|fall(?:s)? short|declin",
    ),
    (
        "quality",
        "좋|우수|훌륭|뛰어나|탁월|친절|빠르|신속|깨끗|청결|적절|충분|높|긍정|신뢰|유용|도움|정확|명확|안전|쾌적|호감|완벽"
        "|good|great|excellent|outstanding|superb|perfect|exceptional|best\\b|high\\b|favou?rabl|positive|friendly|helpful|useful|clear"
        "|clean|fast|quick"
        "|adequate|acceptable|pleasant|valuable|confident|trust|familiar|interested|love|like\\b|fantastic|amazing|awesome",
        "나쁘|나쁨|나빠|안좋|미흡|열악|형편없|최악|불친절|느리|늦|더럽|불결|부적절|부족|불충분|낮|부정|불신|부정확|불명확|불안|불쾌|비호감|싫"
        "|bad\\b|poor|terrible|awful|horrible|worst|low\\b|unfavou?rabl|negative|unfriendly|unhelpful|useless|unclear|dirty|slow"
        "|inadequate|unacceptable"
        "|unpleasant|unfamiliar|uninterested|hate|dislike|weak\\b|dreadful",
    ),
    (
        "agreement",
        "그렇|그러하|그런|그래|동의|찬성|공감|맞다|맞음|일치|agree|support|in favou?r|true\\b|applies|describes",
        "반대|비동의|부동의|아니|아님|아닌|disagree|oppose|against|untrue|false\\b",
    ),
    (
        "presence",  # how much there is of it: the whole label, since "이용한 적 있다" tells of the past and is no degree
        "(?:^|전혀|별로|거의|그다지|약간|조금|다소|어느정도|상당히|꽤|매우|아주|많이|확실히|꼭)(?:있|없)(?:다|음|는편.*|습니다|어요|었다)$",
        "(?!)",
    ),
)


def _words(alternatives: str) -> re.Pattern[str]:
    """Latin stems begin at a word's beginning; Korean ones stand anywhere (particles and compounds hide the beginning)."""
    return re.compile("|".join(stem if re.match("[가-힣]", stem) else rf"\b{stem}" for stem in _split(alternatives)))


def _split(alternatives: str) -> list[str]:
    """Alternatives at the outer level only: "a|b(?:c|d)" is a and b(?:c|d)."""
    return re.findall(r"(?:[^|(]|\((?:[^()]|\([^()]*\))*\))+", alternatives)


_COMPILED = tuple((family, _words(good), _words(bad)) for family, good, bad in _STEMS)

_NEUTRAL = re.compile(
    r"neutral.*|neither\b.*|so[- ]?so|average|ok(?:ay)?|mixed(?: feelings)?|undecided|indifferent|(?:it'?s |about "
    r"|just )?(?:the )?same\b.*|no (?:difference|change)"
    r"|(?:just )?(?:as|about(?: what| as)?|what)(?: i| we)? expected|(?:met|meets) (?:my |our )?expectations?|(?:in the )?middle|medium"
    r"|moderate|fair"
    r"|.*\((?:neutral|중립|보통)\)|.*\bnor\b.*|unchanged|might or might not.*|maybe|perhaps"
)
_NEUTRAL_KO = re.compile(
    r"보통(?:이다|이었다|임|수준|정도|입니다|이에요|으로.{0,6}|함|이하다|하다)?|(?:그저|그냥|그럭)그(?:렇|런|저|럭).*|그럭저럭.*|중립.*|중간.*|반반.*|쏘쏘|평범.*|평균.*|비슷.*|무난.*"
    r"|어느쪽도.*|(?:.{1,8})도(?:.{1,8})도(?:아니|아님|않).*|기대(?:한)?(?:만큼|수준|대로|정도).*|(?:변화|변함|차이)(?:가)?없.*|.*와?같다|.*\(보통\)"
)
_PICTURES = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf]")  # faces and signs that stand beside the words
_NOT = re.compile(r"\bnot\b|n't\b|\bno\b|\bnever\b|\bhardly\b|\bwithout\b|않|아니|없|아님|못|안함|안한|안할|안하")
_NOT_AT_ALL = re.compile(r"\bat all\b|\bnot in the least\b|\babsolutely not\b|\bdefinitely (?:would |will )?not\b|전혀|절대|결코")
_HARDLY = re.compile(
    r"\bnot (?:very|so|too|really|particularly|that|much|especially)\b|\bhardly\b|\bprobably (?:would |will )?not\b|별로|그다지|그리|딱히"
)
_FORCES = (
    (
        EXTREME,
        re.compile(
            r"extreme|complete|total|absolute|entire|fully|excellent|outstanding|superb|perfect|exceptional|worst|terribl|awful|horribl"
            r"|\bbest\b"
            r"|극도|극히|완전|최고|최상|최악|전적|탁월"
        ),
    ),
    (
        STRONG,
        re.compile(
            r"\bvery\b|strong|high(?:ly)\b|definite|\breally\b|\bmuch\b|\bfar\b|great(?:ly)\b|a lot\b|certainly|\blove\b|\bhate\b"
            r"|\bdeeply\b"
            r"|매우|아주|정말|너무|대단히|굉장|무척|몹시|적극|강력|강하|가장|크게|훨씬|월등|진심|반드시|꼭|확실|ㅁㅐ우"
        ),
    ),
    (QUITE, re.compile(r"상당|꽤|제법")),
    (WEAKEST, re.compile(r"slight|a little|a bit|a few|marginal|minor|약간|조금|살짝")),
    (
        WEAK,
        re.compile(
            r"somewhat|\brather\b|probab|tend|partly|partial|might|sort of|kind of|다소|어느정도|대체|비교적|그런대로|편(?:이다|임|이에요|입니다|이었다)?[.]?$|일부"
        ),
    ),
    (MID, re.compile(r"moderate|fairly|\bquite\b|mostly|general|reasonabl|pretty")),
)


def _force(word: str) -> float:
    return next((force for force, pattern in _FORCES if pattern.search(word)), PLAIN)


def _stem(word: str) -> tuple[str, int] | None:
    """Family and side of the earliest kind of stem; an unfavourable stem wins over the favourable one it contains."""
    for family, good, bad in _COMPILED:
        if bad.search(word):
            return family, -1
        if good.search(word):
            return family, 1
    return None


@lru_cache(maxsize=16384)
def sense(label: str) -> Sense | None:
    """What a label says, or None when it is not the label of a scale.

    >>> sense("매우 불만족").value, sense("그저 그렇다").side, sense("전혀 그렇지 않다").force == TOP, sense("서울") is None
    (-3.0, 0, True, True)
    """
    word = _PICTURES.sub("", clean.key(label)).strip(" .,!~()[]\"'")
    if not word or len(word) > LONGEST:
        return None
    if re.search("[가-힣]", word):
        word = word.replace(" ", "")
    if _NEUTRAL.fullmatch(word) or _NEUTRAL_KO.fullmatch(word):
        return Sense("neutral", 0)
    found = _stem(word)
    negated = bool(_NOT.search(word)) or (bool(_HARDLY.search(word)) and found is not None)
    if found is None:
        return (
            Sense("agreement", -1, TOP if _NOT_AT_ALL.search(word) else PLAIN, True)
            if re.fullmatch("전혀|not at all|(?:전혀)?아니.{0,3}", word)
            else None
        )
    family, side = found
    own = family == "agreement" and bool(re.search("아니|아님|아닌", word)) and side < 0  # here the negation is the stem
    flip = negated and not own
    if _NOT_AT_ALL.search(word) and (flip or own):
        return Sense(family, -1, TOP, True)
    if _HARDLY.search(word):
        return Sense(family, -side if side > 0 else -1, WEAK, True)
    return Sense(family, -side if flip else side, _force(word), flip)
