"""Cell texts that say "no answer".

Two kinds: words without any information (N/A, 모름, 무응답, "-"), missing everywhere; and words about experience
("이용 안 함", "never used"), missing for a rating but an answer of their own for an attribute or a multiple choice.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from cxdash.ingest import clean

_EMPTY = re.compile(
    r"[-–—_.·*/~?]+|n\.?\s*/?\s*a\.?|\(?n/a\)?|not applicable|does not apply|not (?:asked|available|answered|ascertained|stated)"
    r"|\(?(?:blank|null|nan|nil|missing|skip(?:ped)?|empty)\)?|blank\s*/.*|system missing|no (?:answer|response|data|opinion|reply)"
    r"|unanswered"
    r"|(?:i )?(?:don'?t|do not|dont) (?:know|remember|recall)(?: ?/ ?.*)?|dk|d/k|dk ?/ ?(?:na|rf)|unsure|not sure|can(?:no|')t (?:say"
    r"|rate|tell|judge)|unknown"
    r"|(?:i )?prefer not to (?:say|answer|respond|disclose)|rather not say|refused?(?: to answer)?|declined?(?: to (?:answer|state))?"
    r"|unfamiliar(?: ?\(.*\))?"
)
_EMPTY_KO = re.compile(
    r"\(?(?:해당(?:사항)?(?:이|은)?(?:없음|없다|없습니다|무|안됨)|비해당|무응답|미응답|응답(?:거부|거절|안함|없음|하지않음)|미기재|미기입|공란|빈칸|결측(?:값|치)?"
    r"|거절|(?:잘)?모르(?:겠다|겠음|겠습니다|겠어요|겠네요)|(?:잘)?(?:모름|몰라요?)|모르겠|(?:평가|판단|응답|말)(?:할수없(?:음|다|습니다)|불가|하기어려(?:움|워요|렵다))"
    r"|기억(?:이)?(?:안남|나지않음|없음|안난다|나지않는다)|의견없음|(?:밝히고싶지않음|답변하고싶지않음|응답하고싶지않음)|알수없음)\)?\.?"
)
_EXPERIENCE = re.compile(
    r"(?:have )?(?:not|never) (?:used?|visited|experienced|tried|purchased|bought|seen)(?: it)?|(?:did|do|have) ?(?:n'?t|not) (?:use"
    r"|used|visit|visited|experience|try)(?: .*)?"
    r"|haven'?t (?:used?|visited|tried|experienced)(?: .*)?|no experience|none|non-?user|i have(?: not|n'?t) .*"
)
_EXPERIENCE_KO = re.compile(
    r"\(?(?:.{0,6}(?:이용|사용|경험|방문|구매|체험|접촉|문의|상담)(?:을|를|이|은|한|해본|해|하신|했던)*(?:적|경험|일|바)?(?:이|은)?(?:없음|없다|없습니다|없어요|안함|안했음|안해봄|하지않음|하지않았음"
    r"|하지않는다|안한다|않음|못함|무)"
    r"|미(?:이용|사용|경험|방문|구매)(?:자)?|비(?:이용|사용)(?:자)?|없음|없다|(?:써|이용해|사용해|가)본적(?:이)?없(?:음|다|습니다))\)?\.?"
)


_GRADED_KO = re.compile(
    r"(?:전혀|별로|거의|그다지|약간|조금|다소|어느정도|상당히|꽤|매우|아주|많이|확실히|꼭)"
    r"(?:의향|의사|생각|마음|관심|필요|가능성)?(?:이|가|은|는)?[있없](?:다|음|는편.*|습니다|어요|었다)"
)


def graded(labels: Iterable[str]) -> bool:
    """Whether labels say how much there is of something, so that "없다" is a point of their scale and not the lack of experience.

    >>> graded(["전혀 없다", "없다", "보통이다", "있다"]), graded(["없음", "만족", "불만족"])
    (True, False)
    """
    tight = [clean.key(label).replace(" ", "") for label in labels]
    return any(_GRADED_KO.fullmatch(word) for word in tight) and any("있" in word for word in tight)


def says_nothing(text: str, *, experience: bool = False) -> bool:
    """True when the text is a word for "no answer"; `experience`: also for "have not used it" (for ratings).

    >>> says_nothing("해당 없음"), says_nothing("Don't know"), says_nothing("이용 안 함"), says_nothing("이용 안 함", experience=True)
    (True, True, False, True)
    """
    word = clean.key(text)
    if not word:
        return True
    if len(word) > 40:
        return False
    tight = word.replace(" ", "")
    if _EMPTY.fullmatch(word) or _EMPTY_KO.fullmatch(tight):
        return True
    return experience and bool(_EXPERIENCE.fullmatch(word) or _EXPERIENCE_KO.fullmatch(tight))


def texts(values: Iterable[tuple[str, int]], *, experience: bool = False) -> tuple[str, ...]:
    """The cell texts among `values` (text, count) that mean "no answer", in the order given. Blank cells are not values."""
    return tuple(text for text, _ in values if says_nothing(text, experience=experience))
