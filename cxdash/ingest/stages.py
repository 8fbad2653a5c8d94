"""The experience stage and the touchpoint that a header speaks of.

Names a stage only where the words leave little doubt: a group line above the headers, a prefix that several columns share
("[구매] …", "배송 - …"), or the word of a stage in the header itself. The nine stages of the classic journey come first, then
stages of particular trades. Loyalty items (overall, recommend, repurchase, switching) belong to no stage.
"""

from __future__ import annotations

import re

from cxdash.ingest import glance, wording
from cxdash.ingest.headers import Header
from cxdash.terms import Measure

NO_STAGE = frozenset({Measure.OVERALL, Measure.RECOMMEND, Measure.REPURCHASE, Measure.SWITCHING})

# (Korean name, English name, pattern); the order settles which word wins in one header: the particular before the general
_STAGES: tuple[tuple[str, str, str], ...] = (
    ("폐기", "Disposal", r"폐기|처분|수거|폐가전|dispos|take-?back|recycl"),
    (
        "AS",
        "After-service",
        r"\ba/?s\b|에이에스|애프터\s*서비스|사후\s*(서비스|관리)|수리|보증\s*서비스|after[- ]?(sales?|service)|repair|warranty",
    ),
    ("교환/환불", "Exchange and refund", r"교환|환불|반품|취소\s*(절차|처리|과정)|refund|returns?\b(?! intention)|exchange"),
    ("설치", "Installation", r"설치|개통|install|set-?up\b"),
    ("배달", "Delivery", r"배달|배송|택배|운송|출고|deliver|shipping|shipment"),
    ("예약", "Booking", r"예약|booking|reservation"),
    ("체크인", "Check-in", r"체크\s*인|탑승\s*수속|check-?in"),
    ("체크아웃", "Check-out", r"체크\s*아웃|퇴실|check-?out"),
    ("결제", "Payment", r"결제|지불|계산\s*(과정|절차|대)|청구|요금\s*납부|payment|billing|\bpay\b|invoice"),
    ("가입", "Sign-up", r"회원\s*가입|가입\s*(절차|과정|단계|신청)|계좌\s*개설|sign-?up|onboarding|enrol|registration process"),
    ("상담", "Consultation", r"상담|문의\s*(처리|응대|과정)|consult|inquir"),
    ("주문", "Ordering", r"주문\s*(과정|절차|단계|편의|만족)|\border(ing)?\b(?!\s+of)"),
    ("계약", "Contract", r"계약\s*(과정|절차|단계|체결)|contract(ing)?\b"),
    ("입장", "Entry", r"입장|출입|입구|entrance|getting (there|to)"),
    ("대기", "Waiting", r"대기\s*(시간|공간)?|웨이팅|waiting|\bqueue"),
    ("해지", "Cancellation", r"해지|탈퇴|cancellation|churn"),
    (
        "구매",
        "Purchase",
        r"(?<!재)구매\s*(과정|단계|경험|절차|시|편의|환경|만족|전|당시|$|[_\-:)\]])|^구매|purchas|checkout|\bbuying\b|shopping experience",
    ),
    ("고려", "Consideration", r"고려\s*(단계|과정)?|비교\s*(단계|과정|검토)|consideration|compar(e|ing) (products|options)"),
    ("탐색", "Search", r"탐색|정보\s*(탐색|검색|수집|찾)|검색\s*(과정|기능|편의)|\bsearch|browsing"),
    ("인지", "Awareness", r"인지\s*단계|^인지$|광고|홍보물|awareness|advertis"),
    ("사용", "Use", r"사용\s*(단계|과정|경험|편의|중|시|만족)|이용\s*단계|^사용|\busage\b|\buse\b stage|while using|product use"),
)
_TOUCHPOINTS: tuple[tuple[str, str, str], ...] = (
    (
        "콜센터",
        "Call centre",
        r"콜\s*센터|고객\s*센터|전화\s*상담|\bars\b|call\s?cent(er|re)|contact\s?cent(er|re)|help\s?(line|desk)|hotline",
    ),
    ("챗봇", "Chatbot", r"챗봇|채팅\s*상담|chat\s?bot|live chat"),
    ("모바일 앱", "Mobile app", r"모바일\s*앱|(?<![가-힣])앱(?![가-힣])|어플|애플리케이션|mobile app|\bapps?\b"),
    ("홈페이지", "Website", r"홈페이지|웹\s*사이트|온라인\s*몰|쇼핑몰|누리집|web\s?site|web page|online store"),
    ("키오스크", "Kiosk", r"키오스크|무인\s*(단말|발매|주문)|kiosk|self[- ]service (machine|terminal)"),
    ("배송 기사", "Delivery driver", r"(배송|택배|배달)\s*(기사|직원|원)|courier|delivery (driver|person|staff)"),
    ("설치 기사", "Installer", r"설치\s*(기사|직원)|엔지니어|수리\s*기사|technician|installer|engineer"),
    ("매장", "Store", r"매장|점포|지점|영업점|대리점|창구|\bstores?\b|\bbranch(es)?\b|\bshop\b"),
    ("직원", "Staff", r"직원|점원|종업원|승무원|상담원|판매원|응대|\bstaff\b|employee|\bcrew\b|\bagent\b|\bpersonnel\b|salesperson"),
    ("시설", "Facilities", r"시설|화장실|주차|라운지|좌석|객실|facilit|restroom|toilet|parking|lounge|\bseat"),
    ("청구서", "Bill", r"청구서|고지서|명세서|\bbills?\b|statement|invoice"),
    ("안내·알림", "Notices", r"문자\s*(안내|알림)|알림톡|이메일\s*안내|안내\s*(문자|메일)|뉴스레터|newsletter|notification"),
)
_FOUND = [(ko, en, re.compile(p, re.IGNORECASE)) for ko, en, p in _STAGES]
_POINTS = [(ko, en, re.compile(p, re.IGNORECASE)) for ko, en, p in _TOUCHPOINTS]
_PREFIX = re.compile(
    r"^\s*(?:q?\d+(?:[-.]\d+)*[.)]?\s*)?(?:[\[(【<](?P<b>[^\])】>]{1,20})[\])】>]"
    r"|(?P<p>[^_:\-–|?]{1,16}?)\s*(?:단계)?\s*(?:_|:|\s[-–|]\s|\|))\s*(?P<rest>\S.*)$",
    re.IGNORECASE,
)
_HANGUL = re.compile("[가-힣]")
_NOISE = re.compile(r"\s*(단계|과정|stage|phase|step)\s*$", re.IGNORECASE)


def prefix(header: Header) -> str | None:
    """The prefix that may name a stage: the group line above, or what stands before a bracket, a colon or an underscore."""
    if header.group:
        return header.group
    found = _PREFIX.match(header.wording)
    return glance.squeeze(found["b"] or found["p"]) if found else None


def shared(headers: list[Header]) -> frozenset[str]:
    """Prefixes that name stages: each heads at least one column and some two or more, and there are at least two different ones."""
    counts: dict[str, int] = {}
    for head in headers:
        name = prefix(head)
        if name and len(name) <= 24 and wording.measure(name) is None and not name.startswith(("구분", "문항", "응답자")):
            counts[name] = counts.get(name, 0) + 1
    often = {n for n, c in counts.items() if c >= 2}
    groups = {h.group for h in headers if h.group} & set(counts)
    named = {n for n in often if word(n)}
    if len(groups) >= 2:
        return frozenset(groups | named)
    return frozenset(often) if len(often) >= 2 and len(named) >= 0.5 * len(often) else frozenset(named)


def word(text: str) -> str | None:
    """The stage whose word stands in a text, in the language of the text."""
    return _named(_FOUND, text)


def touchpoint(text: str) -> str | None:
    """The touchpoint whose word stands in a text, in the language of the text."""
    return _named(_POINTS, text)


def stage(header: Header, measure: Measure | None, prefixes: frozenset[str]) -> str | None:
    """The stage of one column, or None. `prefixes` are those found by `shared`.

    A prefix of many columns is the stage under its own name, unless it is the word of a classic stage.
    """
    if measure in NO_STAGE:
        return None
    name = prefix(header)
    if name is not None and name in prefixes:
        return word(name) if len(name) <= 8 and word(name) else _NOISE.sub("", name)
    return None if measure is Measure.OTHER else word(header.wording)


def _named(table: list[tuple[str, str, re.Pattern[str]]], text: str) -> str | None:
    korean = bool(_HANGUL.search(text))
    for ko, en, pattern in table:
        if pattern.search(text):
            return ko if korean else en
    return None
