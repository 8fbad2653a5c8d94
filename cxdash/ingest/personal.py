"""Columns that identify a person: recognised by the form of the values and by the header, left out unless asked for.

E-mail addresses, resident numbers, card numbers and mobile numbers are recognised by their form alone, whatever the header
says; names, landline numbers, addresses and the like need a header too, because their form is not distinctive.
"""

from __future__ import annotations

import re
import unicodedata

from cxdash.ingest.counts import Counts

_RRN = re.compile(r"(\d{2})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])[-\s]?[1-8*](\d{6}|\*{6}|\d?\*{5,6})")
_EMAIL = re.compile(r"[^@\s,;]+@[^@\s,;]+\.[A-Za-z]{2,}")
_MOBILE = re.compile(r"(\+?82[-\s]?1|01)[016789][-.\s]?(\d{3,4}|\*{3,4})[-.\s]?(\d{4}|\*{4})")
_PHONE = re.compile(
    r"(\+?82[-\s]?)?0?\d{1,3}[-.)\s]{1,2}\d{3,4}[-.\s]\d{4}|\(\d{2,4}\)\s?\d{3,4}[-.\s]?\d{4}"
    r"|\+\d{1,3}[-\s]?[\d\s-]{7,14}|1[016789]\d{7,8}|0\d{8,10}|\d{4}-\d{4}"
)
_IPV4 = re.compile(r"(25[0-5]|2[0-4]\d|1?\d?\d)(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}")
_IPV6 = re.compile(r"[0-9a-f]{0,4}(:[0-9a-f]{0,4}){3,7}", re.IGNORECASE)
_CARD = re.compile(r"\d{4}[-\s](\d{4}|\*{4}|\d{2}\*{2})[-\s](\d{4}|\*{4})[-\s]\d{4}|\d{15,16}")
_ADDRESS = re.compile(
    r"[가-힣]+(시|도|군|구|읍|면)\s+.*[가-힣\d]+(로|길|동|리|가)\s*\d*|\d+\s+\w+.*\b(street|st|road|rd|avenue|ave|lane|drive|dr|blvd)\b",
    re.IGNORECASE,
)
_DECIMAL = re.compile(r"-?\d{1,3}\.\d{3,}")
_BIRTH = re.compile(
    r"(19|20)\d{2}\D?(0?[1-9]|1[0-2])\D?(0?[1-9]|[12]\d|3[01])\D?(\s*[T ]?\d{2}:.*)?|\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])"
)
_KOREAN_NAME = re.compile(
    r"[김이박최정강조윤장임한오서신권황안송류유전홍고문양손배백허남심노하곽성차주우구민진지엄채원천방공현함변염추도소석선설마길연위표명기반왕금옥육인맹제모탁국여어은편용][가-힣*○O]{1,2}"
)

_HEAD_NAME = re.compile(
    r"이름|성명|성함|실명|존함|고객명|회원명|응답자명|작성자|신청자|담당자명|직원명|예약자|수령인|\b(full|first|last"
    r"|given|family|sur|middle|your|customer|respondent|employee|staff)[\s_-]?name|"
    r"^name$|(recipient)(last|first)name|firstname|lastname|nachname|vorname|^user\s?name$|닉네임",
    re.IGNORECASE,
)
_NOT_NAME = re.compile(
    r"(상품|제품|매장|지점|점포|브랜드|회사|업체|기관|학교|부서|서비스|모델|영화|게임|행사|과정|강의|프로그램|파일|조사|설문)\s*(의\s*)?(이름"
    r"|명)|(product|brand|store|branch|company|file|school|event|course|item|team)\s?name",
    re.IGNORECASE,
)
_HEAD: tuple[tuple[str, re.Pattern[str], re.Pattern[str]], ...] = (
    (
        "rrn",
        re.compile(
            r"주민\s*(등록)?\s*번호|외국인\s*등록\s*번호|resident (registration )?(number|no)|\brrn\b|\bssn\b|social security",
            re.IGNORECASE,
        ),
        re.compile(r"[\d*]{6}[-\s]?[\d*]{7}|\d{3}-?\d{2}-?\d{4}|\d{6}-?\d?"),
    ),
    ("email", re.compile(r"e-?mail|이\s*메일|메일\s*주소|전자\s*우편", re.IGNORECASE), re.compile(r".*@.*")),
    (
        "phone",
        re.compile(
            r"전화|연락처|contact\s*(number|no)\b|휴대\s*폰|핸드폰|휴대전화|모바일\s*번호|h\.?p\.?$|\b(tele)?phone|\bmobile|\bcell\b|\btel\b",
            re.IGNORECASE,
        ),
        re.compile(r"[+(]?[\d*][\d*\s().-]{6,18}"),
    ),
    (
        "ip",
        re.compile(r"\bip\b|ip[\s_-]?addr|ipaddr|아이피", re.IGNORECASE),
        re.compile(rf"{_IPV4.pattern}|{_IPV6.pattern}", re.IGNORECASE),
    ),
    (
        "card",
        re.compile(r"카드\s*번호|card (number|no)", re.IGNORECASE),
        re.compile(r"[\d*]{4}[-\s]?[\d*]{4}[-\s]?[\d*]{4}[-\s]?[\d*]{3,4}"),
    ),
    ("account", re.compile(r"계좌|account (number|no)\b|\biban\b", re.IGNORECASE), re.compile(r"[\d*A-Z][\d*\s-]{7,30}|.*\d{3,}-\d{2,}.*")),
    (
        "geo",
        re.compile(r"위도|경도|latitude|longitude|\bgps\b|breitengrad|längengrad|^lat$|^l(on|ng|ong)$", re.IGNORECASE),
        re.compile(r"-?\d{1,3}(\.\d+)?(\s*,\s*-?\d{1,3}(\.\d+)?)?"),
    ),
    ("birth", re.compile(r"생년\s*월일|생일|birth\s?(day|date)|date of birth|\bdob\b", re.IGNORECASE), _BIRTH),
    (
        "address",
        re.compile(r"주소(?!록)|\baddress\b|상세\s*주소", re.IGNORECASE),
        re.compile(r"(?=.*\d)(?=.*\s).{8,}|.*(시|도|군|구)\s.*(동|로|길|읍|면).*"),
    ),
    (
        "account_id",
        re.compile(
            r"카카오\s*톡?\s*(id|아이디)|인스타(그램)?\s*(id|아이디|계정)?$|kakao\s?id|여권\s*번호|passport|면허\s*번호|driver'?s licen[cs]e",
            re.IGNORECASE,
        ),
        re.compile(r"\S{4,40}"),
    ),
)
NAMES = {  # message of each kind
    "rrn": "ingest.kind.rrn",
    "email": "ingest.kind.email",
    "phone": "ingest.kind.phone",
    "ip": "ingest.kind.ip",
    "card": "ingest.kind.card",
    "account": "ingest.kind.account",
    "geo": "ingest.kind.geo",
    "birth": "ingest.kind.birth",
    "address": "ingest.kind.address",
    "account_id": "ingest.kind.account_id",
    "name": "ingest.kind.name",
}
_FORMS: tuple[tuple[str, re.Pattern[str]], ...] = (("email", _EMAIL), ("rrn", _RRN), ("phone", _MOBILE), ("ip", _IPV4))
_SAMPLE = 200


def values_of(name: str) -> str:
    """The pattern that values of a kind have, as a whole: "서울" under the header "주소" is a region and tells of nobody."""
    return next((values.pattern for known, _, values in _HEAD if known == name), ".+")


def kind(header: str, counts: Counts) -> tuple[str, float, bool] | None:
    """(kind of personal data, certainty, recognised by the header), or None.

    An empty column counts when its header says so: the next file may fill it.
    """
    texts = [(unicodedata.normalize("NFKC", v), n) for v, n in counts.values[:_SAMPLE]]
    for name, form in _FORMS:
        if texts and _share(texts, form) >= 0.6:
            return name, 0.97, False
    if texts and _share(texts, _CARD) >= 0.8 and all(_luhn(v) for v, _ in texts if v.replace(" ", "").replace("-", "").isdigit()):
        return "card", 0.9, False
    for name, head, values in _HEAD:
        if head.search(header) and (not texts or _share(texts, values) >= 0.5) and not _category(name, counts):
            return name, 0.95 if texts else 0.8, True
    if _HEAD_NAME.search(header) and not _NOT_NAME.search(header) and _names(texts, counts):
        return "name", 0.93, True
    return ("name", 0.72, False) if _looks_names(texts, counts) else _looks_address(texts, counts)


def _share(texts: list[tuple[str, int]], form: re.Pattern[str]) -> float:
    total = sum(n for _, n in texts)
    return sum(n for v, n in texts if form.fullmatch(v)) / total if total else 0.0


def _category(name: str, counts: Counts) -> bool:
    """An "address" with a few coarse values (시/도) is a region, not an address."""
    return name == "address" and counts.filled >= 20 and counts.distinct <= 0.2 * counts.filled


def _names(texts: list[tuple[str, int]], counts: Counts) -> bool:
    """Short texts, not numbers, most of them different."""
    if not texts:
        return True
    short = sum(1 for v, _ in texts if len(v) <= 40 and not v.replace(".", "").isdigit() and len(v.split()) <= 5)
    return short >= 0.8 * len(texts) and counts.distinct >= min(8, 0.3 * counts.filled)


def _looks_names(texts: list[tuple[str, int]], counts: Counts) -> bool:
    return counts.filled >= 10 and counts.distinct >= 0.85 * counts.filled and _share(texts, _KOREAN_NAME) >= 0.95


def _looks_address(texts: list[tuple[str, int]], counts: Counts) -> tuple[str, float, bool] | None:
    if counts.filled >= 5 and counts.distinct >= 0.6 * counts.filled and _share(texts, _ADDRESS) >= 0.7:
        return "address", 0.75, False
    return None


def _luhn(text: str) -> bool:
    digits = [int(c) for c in text if c.isdigit()][::-1]
    return sum(d if i % 2 == 0 else sum(divmod(2 * d, 10)) for i, d in enumerate(digits)) % 10 == 0
