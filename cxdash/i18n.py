"""Words: message catalogues, numbers, dates and periods in the user's language.

Catalogues are cxdash/locales/<lang>/<domain>.po. A key is a whole dotted literal in the code (`common.action.undo`); its first
part is the domain. Keys that are put together (`f"common.measure.{measure}"`) are allowed only for the prefixes of FAMILIES.

A template holds named placeholders, nothing else: `{name}`, and in Korean `{name:을/를}`, which adds the particle that fits the
last sound of the value. Values stay text: what a survey cell holds is never read as a template, and `markdown` escapes it.
"""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date as Date, datetime as DateTime, timedelta
from enum import Enum
from functools import lru_cache
from typing import Any, Protocol, runtime_checkable
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from cxdash.config import LANGUAGES, LOCALES

log = logging.getLogger(__name__)

# Prefix of keys built in code -> where their last parts come from, "module:enum, or sequence of names or of
# things with a name", or the names;
# the tests look there and want words for every member.
FAMILIES: Mapping[str, str] = {
    "common.measure": "cxdash.terms:Measure",
    "common.role": "cxdash.terms:Role",
    "common.direction": "cxdash.terms:Direction",
    "common.customer": "cxdash.terms:CUSTOMER_VALUES",
    "common.period": "cxdash.i18n:PERIOD_KINDS",
    "common.language": "cxdash.config:LANGUAGES",
    "filter.period": "cxdash.services.view:PRESETS",
    "filter.compare": "cxdash.services.view:COMPARISONS",
    "form.change": "cxdash.survey.changes:KINDS",
    "form.kind": "cxdash.survey.form:KINDS",
    "imports.column": "ask,header,role,code,measure,scale,direction,stage,n,missing,mean,top,nps,spread,certainty,reason",
    "imports.map.problem": "missing,drop",
    "loyalty.class": "cxdash.services.loyalty:CLASSES",
    "nav": "cxdash.ui.navigation:MENU",
    "nav.section": "cxdash.ui.navigation:SECTIONS",
    "overview.absent": "cxdash.services.metric:HEADLINES",
    "overview.help": "cxdash.services.metric:HEADLINES",
    "overview.metric": "cxdash.services.metric:NAMED",
    "overview.stages_extremes": "best,worst",
    "overview.segments_extremes": "best,worst",
    "overview.instead": "top_box,score100",
    "publish.channel": "sms,email,kakao,qr,store,web",
    "publish.kind": "cxdash.store.links:KINDS",
    "publish.kind_about": "public,channel,personal,kiosk,interviewer,mystery",
    "publish.part": "cxdash.services.publishing:PARTS",
    "publish.section": "cxdash.ui.publish:SECTIONS",
    "publish.state": "cxdash.services.publishing:STATES",
    "publish.verdict": "cxdash.services.sampling:VERDICTS",
    "shared.kind": "frozen,live",
    "shared.state": "open,expired,revoked",
    "users.grant": "see_responses,see_comments,see_personal",
    "users.role": "viewer,marketer,analyst,admin",
    "users.role_about": "viewer,marketer,analyst,admin",
    "quality.about": "cxdash.facts.specs:KINDS",
    "quality.kind": "cxdash.facts.specs:KINDS",
}
PERIOD_KINDS = ("day", "week", "month", "quarter", "year")
NOTHING = "–"  # a number that is undefined or hidden

strict = False  # tests set it: a missing key or parameter raises instead of being logged
_PLACEHOLDER = re.compile(r"\{([A-Za-z_]\w*)(?::([^{}/]+)/([^{}/]+))?\}")
_DEPTH = 4  # messages inside messages inside messages …
_said_missing: set[str] = set()


@runtime_checkable
class Said(Protocol):
    """Anything that carries a message: cxdash.ingest.plan.Said, every CxError."""

    @property
    def key(self) -> str: ...
    @property
    def params(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True)
class Message:
    """A plain message for code above the engines."""

    key: str
    params: Mapping[str, Any] = field(default_factory=dict)


@lru_cache(maxsize=len(LANGUAGES))
def catalogue(lang: str) -> Mapping[str, str]:
    """All templates of a language, key -> text. Fuzzy and empty entries do not count."""
    templates: dict[str, str] = {}
    for path in sorted((LOCALES / lang).glob("*.po")):
        with path.open("rb") as file:
            for entry in read_po(file, locale=lang, domain=path.stem):
                if isinstance(entry.id, str) and entry.id and isinstance(entry.string, str) and entry.string and not entry.fuzzy:
                    templates[entry.id] = entry.string
    return templates


def placeholders(template: str) -> set[str]:
    """Names a template asks for: "{n}개 중 {name:을/를}" -> {"n", "name"}."""
    return {match[1] for match in _PLACEHOLDER.finditer(template)}


def language(wanted: str | None, default: str = "ko") -> str:
    """The supported language for a tag or an Accept-Language header ("en-GB,ko;q=0.8"), else the default."""
    best, best_q = default, 0.0
    for part in (wanted or "").lower().split(","):
        tag, _, quality = part.strip().partition(";q=")
        code = re.split("[-_]", tag, maxsplit=1)[0]
        try:
            q = float(quality) if quality else 1.0
        except ValueError:
            q = 0.0
        if code in LANGUAGES and best_q < q <= 1:
            best, best_q = code, q
    return best


def text(key: str, lang: str, /, **params: object) -> str:
    """The message `key` in `lang` with its placeholders filled. An unknown key comes back as itself and is logged once."""
    return _fill(key, lang, params, _plain)


def markdown(key: str, lang: str, /, **params: object) -> str:
    """As `text`, for places that read Markdown: values cannot become links, images, formulas or colours."""
    return _fill(key, lang, params, escape)


def said(message: Said, lang: str) -> str:
    """The words of a message object."""
    return _fill(message.key, lang, message.params, _plain)


def said_markdown(message: Said, lang: str) -> str:
    return _fill(message.key, lang, message.params, escape)


def has(key: str, lang: str = "ko") -> bool:
    return key in catalogue(lang)


def _plain(value: str) -> str:
    return value


def escape(value: str) -> str:
    """Text for places that read Markdown: it cannot become a link, image, formula, colour or heading."""
    value = re.sub(r"[\r\n\u2028\u2029]+", " ", value).replace("://", ":\u200b//").replace("www.", "www\u200b.")
    return re.sub(r"([\\`*_{}\[\]()<>#+\-.!|~$:@&^=])", r"\\\1", value)


def _fill(key: str, lang: str, params: Mapping[str, Any], write: Callable[[str], str], depth: int = 0) -> str:
    template = catalogue(lang).get(key)
    if template is None:
        _missing(f"{lang}: {key}")
        return write(key)

    def put(match: re.Match[str]) -> str:
        name, closed, open_ = match.groups()
        if name not in params:
            _missing(f"{lang}: {key} needs {{{name}}}")
            return match[0]
        value = _word(params[name], lang, write, depth)
        return value if closed is None else value + particle(value, closed, open_)

    return _PLACEHOLDER.sub(put, template)


def _word(value: Any, lang: str, write: Callable[[str], str], depth: int) -> str:
    """A parameter in words. Messages, and texts that are themselves keys, are translated; the rest is written as it is."""
    if type(value) is str:  # by far the most frequent, and asking a protocol of every value is slow
        return catalogue(lang)[value] if "." in value and value in catalogue(lang) else write(value)
    if isinstance(value, Mapping) and set(value) == {"key", "params"}:  # a Said that has crossed a process border as JSON
        value = Message(str(value["key"]), value["params"] if isinstance(value["params"], Mapping) else {})
    if depth < _DEPTH and isinstance(value, Said):
        return _fill(value.key, lang, value.params, write, depth + 1)
    if isinstance(value, Enum):
        value = _family_key(value, lang) or str(value.value)
    if isinstance(value, bool | str):
        word = str(value)
        return catalogue(lang)[word] if "." in word and word in catalogue(lang) else write(word)
    if isinstance(value, int | float):
        return number(value, lang)
    if isinstance(value, DateTime):
        return datetime(value, lang)
    if isinstance(value, Date):
        return date(value, lang)
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(_word(item, lang, write, depth + 1) for item in value)
    return NOTHING if value is None else write(str(value))


def _family_key(member: Enum, lang: str) -> str | None:
    home = f"{type(member).__module__}:{type(member).__qualname__}"
    keys = (f"{prefix}.{member.value}" for prefix, source in FAMILIES.items() if source == home)
    return next((key for key in keys if has(key, lang)), None)


def _missing(what: str) -> None:
    if strict:
        raise KeyError(what)
    if what not in _said_missing:
        _said_missing.add(what)
        log.warning("message missing: %s", what)


_DIGIT_ENDS = {"0": 21, "1": 8, "3": 16, "6": 1, "7": 8, "8": 8}  # 영 일 삼 육 칠 팔: index of the final consonant; 8 is ㄹ


def particle(word: str, closed: str, open_: str) -> str:
    """The Korean particle for a word: after a final consonant `closed` (을), else `open_` (를); ㄹ counts as open before 로.

    >>> particle("만족도", "을", "를"), particle("지점", "은", "는"), particle("서울", "으로", "로"), particle("2,746", "이", "가")
    ('를', '은', '로', '이')
    """
    letters = [c for c in word if c.isalnum()]
    last = letters[-1] if letters else ""
    if "가" <= last <= "힣":
        final = (ord(last) - ord("가")) % 28
    elif last.isascii() and last.isdigit():
        final = _DIGIT_ENDS.get(last, 0)
    else:
        final = 8 if last.lower() == "l" else 1 if last.lower() in ("m", "n") else 0
    return open_ if not final or (final == 8 and closed.startswith("으로")) else closed


@lru_cache(maxsize=len(LANGUAGES))
def _locale(lang: str) -> Locale:
    return Locale.parse(lang)


def number(x: float | None, lang: str, digits: int | None = None, *, signed: bool = False) -> str:
    """1234.5 -> "1,234.5"; with `digits` always that many decimals; None, NaN and infinities are "–"; signed: "+3.2"."""
    if x is None or not math.isfinite(x):
        return NOTHING
    pattern = "#,##0.###" if digits is None else "#,##0" + ("." + "0" * digits if digits else "")
    shown = _decimal(_half_up(x, 3 if digits is None else digits), pattern, lang)
    return f"+{shown}" if signed and re.search("[1-9]", shown) and x > 0 else shown


@lru_cache(20_000, typed=True)  # a page writes hundreds, and the same ones again after most clicks
def _decimal(x: float, pattern: str, lang: str) -> str:
    return format_decimal(x, format=pattern, locale=_locale(lang))


def _half_up(x: float, digits: int) -> float:
    """Rounded as people expect (2.5 -> 3), and never "-0.0"."""
    scaled = abs(x) * 10**digits
    return math.copysign(math.floor(scaled + 0.5 + 1e-9) / 10**digits, x) + 0.0 if scaled < 2**52 else x


def percent(x: float | None, lang: str, digits: int = 1, *, signed: bool = False) -> str:
    """A percentage given as 0..100: 63.59 -> "63.6%"."""
    shown = number(x, lang, digits, signed=signed)
    return shown if shown == NOTHING else f"{shown}%"


def date(day: Date | None, lang: str) -> str:
    """2026-03-16 -> "2026년 3월 16일", "Mar 16, 2026"."""
    return NOTHING if day is None else format_date(day, "long" if lang == "ko" else "medium", locale=_locale(lang))


def datetime(at: DateTime | None, lang: str, tz: str = "Asia/Seoul") -> str:
    """A moment on the clocks of `tz` (a naive one is UTC): "2026년 3월 16일 오후 2:05", "Mar 16, 2026, 2:05 PM"."""
    if at is None:
        return NOTHING
    local = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(ZoneInfo(tz))
    pattern = "y년 M월 d일 aaaa h:mm" if lang == "ko" else "MMM d, y, h:mm a"
    return format_datetime(local, pattern, locale=_locale(lang))


def period(kind: str, first: Date, lang: str) -> str:
    """A calendar unit that begins on `first`: "2026년 3월", "Mar 2026"; weeks are ISO weeks: "2026년 12주(3.16–3.22)"."""
    ko = lang == "ko"
    if kind == "day":
        return date(first, lang)
    if kind == "week":
        return _week(first, lang)
    if kind == "month":
        return format_date(first, "y년 M월" if ko else "MMM y", locale=_locale(lang))
    if kind == "quarter":
        quarter = (first.month + 2) // 3
        return f"{first.year}년 {quarter}분기" if ko else f"Q{quarter} {first.year}"
    if kind == "year":
        return f"{first.year}년" if ko else str(first.year)
    raise ValueError(f"a period is one of {', '.join(PERIOD_KINDS)}, not {kind!r}")


def _week(day: Date, lang: str) -> str:
    year, week, weekday = day.isocalendar()
    first = day - timedelta(days=weekday - 1)
    last = first + timedelta(days=6)
    if lang == "ko":
        return f"{year}년 {week}주({first.month}.{first.day}–{last.month}.{last.day})"
    end = str(last.day) if first.month == last.month else format_date(last, "MMM d", locale=_locale(lang))
    return f"Week {week}, {year} ({format_date(first, 'MMM d', locale=_locale(lang))}–{end})"
