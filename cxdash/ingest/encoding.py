"""Which encoding a text file is written in, judged by how plausible the decoded text is.

No decoder that merely does not fail is believed: nearly any bytes decode as Windows-1252, and much Western text decodes as
cp949 into Hangul that nobody writes. Every candidate decodes the surroundings of all non-ASCII bytes, and each resulting
character is rated in its context.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass

import numpy as np

from cxdash.errors import FileUnsupported
from cxdash.ingest.plan import Said

_WORDS = 4000  # at most so many words with non-ASCII bytes are rated
_REACH = 200
_BREAK = 0x30  # blanks, separators and quotes lie below the second byte of every double-byte encoding
_UNSURE = 0.45

# The syllables that make up some nine tenths of written Korean.
_COMMON = frozenset(
    "가각간갈감갑값강같개객거건걸검것게겠격견결경계고곡곤골곳공과관광괜교구국군굴권귀규그극근글금급기긴길김까깨께꼭꾸끔끗끝끼나난날남낮내너널넓넘네"
    "녀년념노논높놓뉴느는늘능니님다단달담답당대댁더덕던덜데도독돈돌동되된될두둘드득든들등디따딱때떠떤떨또뜻라락란람랑래략량러런럼레려력련렬령례로록론료루"
    "류률르른를름릅리린림립마막만많말맑맛망맞매맥머먹먼멀메며면명모목몰못무문물미민밀및바박반받발방배백버번벌범법베벤변별병보복본볼봉부북분불브비빈빌빠빨사산"
    "살삼상새색생서석선설성세센소속손송쇼수순술숨쉽쉬스슨습승시식신실심십싱싸쓰씨씩씀아악안않알암압앞애액야약양어억언얼엄업없었에여역연열염영예오온올옵와완왔외"
    "왜요욕용우욱운울움웃워원월위유육으은을음응의이익인일임입있자작잔잘잠장재저적전절점접정제져조족존졸종좋좌죄주준줄중즈즉증지직진질집짓짜짧째쪽차착찬참창"
    "찾채책처천철첨첫청체초촌총최추축출충취측치친칙칠침카칸캐커컨컴케켜코콘콜쾌쿠크큰클키타탁탈탕태택터턴털테토통투트특튼티팀파판팔패퍼편평포폭표푸품풍프피필"
    "하학한할함합항해했행향허험현혈협형혜호혹홀홈홍화확환활황회획횟횡효후훈훌휴흐흔흡흥희히힘"
)
_KOREAN_SIGNS = frozenset(
    "、。·‥…～‘’“”〔〕〈〉《》「」『』【】±×÷≠≤≥∞∴°′″℃☆★○●◎◇◆□■△▲▽▼→←↑↓↔①②③④⑤⑥⑦⑧⑨⑩㎡㎝㎞㎏％＃＆＊＠※♡♥ㆍㅋㅎㅠㅜ\u3000"
)
_TYPOGRAPHY = frozenset("‘’“”–—…•€£©®™°½¼¾·\xa0«»¿¡")
_LATIN_RUN = 3


@dataclass(frozen=True)
class Encoded:
    """A text file decoded: its text, the encoding's name, and notes (bytes that did not fit, doubt)."""

    text: str
    encoding: str
    notes: tuple[Said, ...] = ()


def decode(data: bytes) -> Encoded:
    """The text of a file. FileUnsupported when the bytes are no text at all."""
    marked = _by_mark(data) or _by_nulls(data)
    if marked:
        encoding, skip = marked
        return _decoded(data[skip:], encoding)
    notes: tuple[Said, ...] = ()
    if b"\0" in data[: 1 << 22] or _controls(data) > 0.01:
        data, notes = _without_nulls(data)
    utf8 = _as_utf8(data)
    if utf8 is not None:
        return Encoded(utf8.text, utf8.encoding, notes + utf8.notes)
    encoding, score = guess(data)
    found = _decoded(data, encoding)
    if score < _UNSURE:
        notes += (Said("error.note.encoding_unsure", {"encoding": encoding}),)
    return Encoded(found.text, encoding, notes + found.notes)


def _by_mark(data: bytes) -> tuple[str, int] | None:
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if data.startswith(mark):
            return encoding, 0 if encoding == "utf-8-sig" else len(mark)
    return None


def _by_nulls(data: bytes) -> tuple[str, int] | None:
    """UTF-16 without a mark: the ASCII separators and digits leave their zero bytes all on one side."""
    head = data[: 1 << 16]
    even, odd = head[::2].count(0), head[1::2].count(0)
    most, least = max(even, odd), min(even, odd)
    if most * 20 < len(head) // 2 or least * 20 > most:
        return None
    encoding = "utf-16-le" if odd > even else "utf-16-be"
    try:
        text = head[: len(head) // 2 * 2].decode(encoding, "strict" if len(head) == len(data) else "ignore")
    except UnicodeDecodeError:
        return None
    return (encoding, 0) if any(sign in text for sign in "\n\r,;\t") and _controls(text.encode("utf-8")) < 0.01 else None


def _controls(data: bytes) -> float:
    """Share of control bytes that no text has, in the first part."""
    head = data[: 1 << 16]
    return len(head.translate(None, bytes([9, 10, 12, 13, 26, *range(32, 256)]))) / max(len(head), 1)


def _without_nulls(data: bytes) -> tuple[bytes, tuple[Said, ...]]:
    if _controls(data) > 0.01:
        raise FileUnsupported("error.file.binary", fix="error.file.fix.export")
    count = data.count(b"\0")
    return data.replace(b"\0", b""), (Said("error.note.nulls", {"count": count}),)


def _as_utf8(data: bytes) -> Encoded | None:
    try:
        return Encoded(data.decode("utf-8"), "utf-8")
    except UnicodeDecodeError:
        pass
    text = data.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    good = len(data) - len(data.translate(None, bytes(range(0xC2, 0xF5))))  # lead bytes
    if bad * 50 > good:
        return None
    return Encoded(text, "utf-8", (Said("error.note.replaced", {"count": bad, "encoding": "utf-8"}),))


def _decoded(data: bytes, encoding: str) -> Encoded:
    try:
        return Encoded(data.decode(encoding), encoding)
    except UnicodeDecodeError:
        text = data.decode(encoding, "replace")
        return Encoded(text, encoding, (Said("error.note.replaced", {"count": text.count("\ufffd"), "encoding": encoding}),))


def guess(data: bytes) -> tuple[str, float]:
    """The most plausible 8-bit or double-byte encoding and its score (mean rating of the non-ASCII characters, at most 1).

    >>> guess("만족도,매우 만족".encode("cp949"))[0], guess("café,It’s".encode("cp1252"))[0]
    ('cp949', 'cp1252')
    """
    sample = _sample(data)
    scores = {encoding: _score(sample, encoding) for encoding in ("cp949", "cp1252", "mac_roman", "cp932", "euc_jp", "gb18030")}
    best = max(scores, key=scores.__getitem__)  # the first of equals: the order is the order of belief
    return best, scores[best]


def _sample(data: bytes) -> list[bytes]:
    """Words around non-ASCII bytes, spread over the whole file. They are cut at bytes that no encoding has inside a character."""
    places = np.flatnonzero(np.frombuffer(data, dtype=np.uint8) >= 0x80)
    if len(places) > _WORDS:
        places = places[np.linspace(0, len(places) - 1, _WORDS).astype(np.int64)]
    found: list[bytes] = []
    end = 0
    for at in places.tolist():
        if at < end:
            continue
        begin, stop = at, at + 1
        while begin > max(end, at - _REACH) and data[begin - 1] >= _BREAK:
            begin -= 1
        while stop < min(len(data), at + _REACH) and data[stop] >= _BREAK:
            stop += 1
        found.append(data[begin:stop])
        end = stop
    return found


def _score(sample: list[bytes], encoding: str) -> float:
    rate = {"cp949": _korean, "cp1252": _latin, "mac_roman": _latin, "cp932": _japanese, "euc_jp": _japanese, "gb18030": _chinese}[encoding]
    ratings: list[float] = []
    for piece in sample:
        text = piece.decode(encoding, "replace")
        if text.endswith("\ufffd"):
            text = text[:-1]  # a character that the end of the stretch cut in two
        ratings.extend(rate(text))
    return sum(ratings) / len(ratings) if ratings else 0.0


def _korean(text: str) -> list[float]:
    ratings = []
    for place, sign in enumerate(text):
        if sign < "\x80":
            continue
        if "가" <= sign <= "힣":
            before, after = text[place - 1 : place], text[place + 1 : place + 2]
            alone = before.isascii() and before.isalpha() and after.isascii() and after.isalpha()
            ratings.append(0.0 if alone else 1.0 if sign in _COMMON else 0.5 if _in_ksx1001(sign) else 0.1)
        elif sign == "\ufffd":
            ratings.append(-1.0)
        else:
            ratings.append(0.7 if sign in _KOREAN_SIGNS else 0.3 if "一" <= sign <= "鿿" else 0.15)
    return ratings


def _in_ksx1001(sign: str) -> bool:
    return sign.encode("cp949")[1] >= 0xA1 and sign.encode("cp949")[0] >= 0xB0


def _latin(text: str) -> list[float]:
    ratings = []
    run = 0
    for place, sign in enumerate(text):
        if sign < "\x80":
            run = 0
            continue
        run += 1
        before, after = text[place - 1 : place] if place else "", text[place + 1 : place + 2]
        ratings.append(_latin_sign(sign, before, after) * (1.0 if run < _LATIN_RUN else 0.2))
    return ratings


def _latin_sign(sign: str, before: str, after: str) -> float:
    if sign == "\ufffd":
        return -1.0
    if sign in _TYPOGRAPHY:
        if sign == "’":
            return 1.0
        return 0.8 if not (before.isalpha() and after.isalpha()) or sign in "–—·" else 0.3
    if not sign.isalpha() or sign in "ªºƒ":
        return 0.2
    beside = (before.isascii() and before.isalpha()) or (after.isascii() and after.isalpha())
    if sign.islower():
        return 1.0 if beside else 0.3
    shouting = before.isupper() or (after.isupper() and not before.isalpha())
    return 0.9 if beside and (shouting or not before.isalpha()) else 0.1


def _japanese(text: str) -> list[float]:
    kana = sum("ぁ" <= sign <= "ヺ" for sign in text)
    ratings = []
    for sign in text:
        if sign < "\x80":
            continue
        if sign == "\ufffd":
            ratings.append(-1.0)
        elif "ぁ" <= sign <= "ヺ" or sign in "ー、。「」・":
            ratings.append(1.0)
        elif "一" <= sign <= "鿿":
            ratings.append(0.8 if kana else 0.15)
        else:
            ratings.append(0.1)
    return ratings


def _chinese(text: str) -> list[float]:
    ratings = []
    for sign in text:
        if sign < "\x80":
            continue
        if sign == "\ufffd":
            ratings.append(-1.0)
        elif "一" <= sign <= "鿿":
            lead, trail = (sign.encode("gb18030") + b"\0")[:2]
            ratings.append(0.7 if 0xB0 <= lead <= 0xD7 and trail >= 0xA1 else 0.2)  # the everyday half of GB 2312
        else:
            ratings.append(0.6 if sign in "，。；：？！（）《》、“”" else 0.05)
    return ratings
