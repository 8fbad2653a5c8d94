"""The message catalogues against the code, and the words made of them."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from cxdash import i18n
from cxdash.config import LANGUAGES, LOCALES, ROOT
from cxdash.errors import NotFound
from cxdash.terms import Measure

KEY = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)+")
FILE_ENDINGS = {
    "py",
    "toml",
    "po",
    "db",
    "csv",
    "tsv",
    "xlsx",
    "xlsm",
    "xls",
    "xlsb",
    "ods",
    "sav",
    "md",
    "parquet",
    "json",
    "log",
    "txt",
    "zip",
}
DOMAINS = {path.stem for path in (LOCALES / "ko").glob("*.po")}


def sources() -> list[Path]:
    return [ROOT / "app.py", *sorted((ROOT / "pages").glob("*.py")), *sorted((ROOT / "cxdash").rglob("*.py"))]


@cache
def nodes(path: Path) -> list[ast.AST]:
    """Of a source, as `ast.walk` gives them."""
    return list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def members(source: str) -> list[str]:
    if ":" not in source:
        return source.split(",")
    module, name = source.split(":")
    return [str(getattr(member, "value", getattr(member, "name", member))) for member in getattr(importlib.import_module(module), name)]


def is_key(text: str) -> bool:
    return bool(KEY.fullmatch(text)) and text.split(".")[0] in DOMAINS and text.rsplit(".")[-1] not in FILE_ENDINGS


def literals() -> Iterator[tuple[str, str]]:
    """(where, text) of every string literal that is not a piece of an f-string."""
    for path in sources():
        pieces = {id(part) for node in nodes(path) if isinstance(node, ast.JoinedStr) for part in node.values}
        for node in nodes(path):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in pieces:
                yield f"{path.relative_to(ROOT)}:{node.lineno}", node.value


def built() -> Iterator[tuple[str, str]]:
    """(where, beginning) of every string put together whose beginning is a domain."""
    for path in sources():
        for node in nodes(path):
            first = node.values[0] if isinstance(node, ast.JoinedStr) and node.values else node
            if (
                isinstance(first, ast.Constant)
                and isinstance(first.value, str)
                and (start := re.match(r"([a-z][a-z0-9_]*)\.[a-z0-9_.]*", first.value))
            ):
                joined = isinstance(node, ast.JoinedStr) or first.value.endswith(".")
                if joined and start[1] in DOMAINS and start.end() == len(first.value):
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", first.value


def raw(lang: str, domain: str) -> list[tuple[str, str, bool]]:
    with (LOCALES / lang / f"{domain}.po").open("rb") as file:
        return [(str(entry.id), str(entry.string), entry.fuzzy) for entry in read_po(file) if entry.id]


def family_keys() -> set[str]:
    return {f"{prefix}.{member}" for prefix, source in i18n.FAMILIES.items() for member in members(source)}


def test_both_languages_have_the_same_domains_and_keys() -> None:
    assert {path.stem for path in (LOCALES / "en").glob("*.po")} == DOMAINS
    for domain in DOMAINS:
        ko, en = ({key for key, _text, _fuzzy in raw(lang, domain)} for lang in ("ko", "en"))
        assert ko == en, f"{domain}: {sorted(ko ^ en)}"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_entries_are_whole(lang: str) -> None:
    for domain in DOMAINS:
        path = LOCALES / lang / f"{domain}.po"
        source = path.read_text(encoding="utf-8")
        assert "charset=UTF-8" in source.split("\n\n")[0], path.name
        keys = re.findall(r'^msgid "(.+)"$', source, re.M)
        assert len(keys) == len(set(keys)), sorted(key for key in set(keys) if keys.count(key) > 1)
        for key, text, fuzzy in raw(lang, domain):
            assert KEY.fullmatch(key) and key.split(".")[0] == domain, f"{key} does not belong in {domain}.po"
            assert text.strip() and not fuzzy, f"{lang}: {key} has no text"
            left = i18n._PLACEHOLDER.sub("", text)
            assert "{" not in left and "}" not in left, f"{lang}: {key} holds a brace that is no placeholder"
            if lang == "en" and not key.startswith("common.language."):
                assert not re.search("[가-힣]", text), f"{key} is not English"


def test_placeholders_agree() -> None:
    ko, en = i18n.catalogue("ko"), i18n.catalogue("en")
    wrong = {
        key: (i18n.placeholders(ko[key]), i18n.placeholders(en.get(key, "")))
        for key in ko
        if i18n.placeholders(ko[key]) != i18n.placeholders(en.get(key, ""))
    }
    assert not wrong


def test_every_key_in_the_code_has_words() -> None:
    known = i18n.catalogue("ko")
    missing = [f"{where} {text}" for where, text in literals() if is_key(text) and text not in known and text not in i18n.FAMILIES]
    assert not missing, "\n".join(missing)


def said_in_code() -> Iterator[tuple[str, str]]:
    """(where, key) of every literal handed to a message, an error or a text function, whatever its domain."""
    errors = {kind.__name__ for kind in vars(importlib.import_module("cxdash.errors")).values() if isinstance(kind, type)}
    for path in sources():
        for node in nodes(path):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str):
                called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if called in errors | {"Said", "Message", "said"} or ast.unparse(node.func) in ("i18n.text", "i18n.markdown", "i18n.has"):
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", node.args[0].value


def test_every_message_in_the_code_has_words() -> None:
    """Also where the whole domain is missing, which the search for literals cannot see."""
    missing = [f"{where} {key}" for where, key in said_in_code() if not i18n.has(key)]
    assert not missing, "\n".join(missing)


def test_every_error_has_words() -> None:
    kinds = [
        kind for kind in vars(importlib.import_module("cxdash.errors")).values() if isinstance(kind, type) and hasattr(kind, "default")
    ]
    assert len(kinds) > 5 and not [kind.default for kind in kinds if not i18n.has(kind.default)]


def test_keys_are_put_together_only_for_declared_families() -> None:
    wrong = [f"{where} {text!r}" for where, text in built() if text.removesuffix(".") not in i18n.FAMILIES]
    assert not wrong, "declare the prefix in cxdash.i18n.FAMILIES or write the key whole:\n" + "\n".join(wrong)


def test_every_member_of_a_family_has_words() -> None:
    assert not sorted(family_keys() - set(i18n.catalogue("ko")))


def test_no_words_that_nobody_says() -> None:
    used = {text for _where, text in literals()} | family_keys()
    assert not sorted(set(i18n.catalogue("ko")) - used)


# ---------------------------------------------------------------- words


def test_values_stay_text() -> None:
    hostile = "{name} %s {0.__class__} <b> common.config.accepts.path}{"
    assert hostile in i18n.text("common.config.misspelt", "ko", name=hostile, near="X")
    assert i18n.text("common.config.accepts.words", "en", words="a, b") == "one of a, b"


def test_markdown_values_cannot_act() -> None:
    shown = i18n.markdown("common.config.accepts.words", "ko", words="![x](http://evil.example) $a$ :red[b] <i>\n# h www.evil.example")
    assert not re.search(r"(?<!\\)[\[\]()<>$#!*_`]", shown) and "\n" not in shown and "://" not in shown and "www." not in shown


def test_messages_within_messages_are_translated() -> None:
    accepted = {"key": "common.config.accepts.number", "params": {"low": 1, "high": 2048}}
    shown = i18n.text("common.config.bad_value", "en", name="X", value="0", accepted=accepted)
    assert shown == "The setting X cannot be '0'. It accepts a whole number from 1 to 2,048."
    assert i18n.text("common.config.accepts.words", "ko", words="common.role.rating") == "평가 문항"
    assert (
        i18n.text("common.config.accepts.words", "en", words=[Measure.RECOMMEND, Measure.EFFORT])
        == "one of Likelihood to recommend, Effort (CES)"
    )
    assert i18n.said(NotFound("common.config.accepts.words", words=12345.678), "en") == "one of 12,345.678"


def test_a_message_within_itself_ends() -> None:
    params: dict[str, object] = {}
    message = i18n.Message("common.config.accepts.words", params)
    params["words"] = message
    assert i18n.said(message, "en").count("one of") < 20


def test_what_is_missing_raises_here_and_is_logged_once_elsewhere(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(KeyError):
        i18n.text("common.no_such_thing", "ko")
    with pytest.raises(KeyError):
        i18n.text("common.config.accepts.words", "ko")
    monkeypatch.setattr(i18n, "strict", False)
    monkeypatch.setattr(i18n, "_said_missing", set())
    assert [i18n.text("common.no_such_thing", "ko") for _ in range(3)] == ["common.no_such_thing"] * 3
    assert i18n.text("common.config.accepts.words", "en") == "one of {words}"
    assert len(caplog.records) == 2


@pytest.mark.parametrize(
    ("word", "pair", "expected"),
    [
        ("만족도", "을/를", "를"),
        ("지점", "은/는", "은"),
        ("서울", "으로/로", "로"),
        ("부산", "으로/로", "으로"),
        ("2,746", "이/가", "이"),
        ("2,745", "이/가", "가"),
        ("만족(5점)", "을/를", "을"),
        ("NPS", "이/가", "가"),
        ("Q1", "으로/로", "로"),
        ("", "을/를", "를"),
        ("10", "을/를", "을"),
    ],
)
def test_particles_follow_the_last_sound(word: str, pair: str, expected: str) -> None:
    assert i18n.particle(word, *pair.split("/")) == expected


@pytest.mark.parametrize(
    ("x", "digits", "signed", "expected"),
    [
        (1234567, None, False, "1,234,567"),
        (1234.5, None, False, "1,234.5"),
        (39.8397, 2, False, "39.84"),
        (2.5, 0, False, "3"),
        (-2.5, 0, False, "-3"),
        (-0.04, 1, False, "0.0"),
        (0.04, 1, True, "0.0"),
        (3.25, 1, True, "+3.3"),
        (-3.25, 1, True, "-3.3"),
        (0, 1, True, "0.0"),
        (None, 1, False, "–"),
        (float("nan"), 1, False, "–"),
        (float("inf"), 0, True, "–"),
        (0.1 + 0.2, 1, False, "0.3"),
    ],
)
def test_numbers(x: float | None, digits: int | None, signed: bool, expected: str) -> None:
    assert i18n.number(x, "ko", digits, signed=signed) == i18n.number(x, "en", digits, signed=signed) == expected


def test_percent() -> None:
    assert [i18n.percent(63.59, "ko"), i18n.percent(100, "en", 0), i18n.percent(None, "ko"), i18n.percent(2, "en", signed=True)] == [
        "63.6%",
        "100%",
        "–",
        "+2.0%",
    ]


@pytest.mark.parametrize(
    ("kind", "first", "ko", "en"),
    [
        ("day", date(2026, 3, 16), "2026년 3월 16일", "Mar 16, 2026"),
        ("week", date(2026, 3, 16), "2026년 12주(3.16–3.22)", "Week 12, 2026 (Mar 16–22)"),
        ("week", date(2026, 3, 30), "2026년 14주(3.30–4.5)", "Week 14, 2026 (Mar 30–Apr 5)"),
        ("week", date(2027, 1, 1), "2026년 53주(12.28–1.3)", "Week 53, 2026 (Dec 28–Jan 3)"),
        ("month", date(2026, 3, 1), "2026년 3월", "Mar 2026"),
        ("quarter", date(2026, 10, 1), "2026년 4분기", "Q4 2026"),
        ("year", date(2026, 1, 1), "2026년", "2026"),
    ],
)
def test_periods(kind: str, first: date, ko: str, en: str) -> None:
    assert (i18n.period(kind, first, "ko"), i18n.period(kind, first, "en")) == (ko, en)


def test_an_unknown_period_is_refused() -> None:
    with pytest.raises(ValueError, match="fortnight"):
        i18n.period("fortnight", date(2026, 1, 1), "ko")


def test_moments_are_shown_on_the_programmes_clock() -> None:
    at = datetime(2026, 3, 15, 15, 5, tzinfo=UTC)
    assert i18n.datetime(at, "ko") == "2026년 3월 16일 오전 12:05"
    assert re.sub(r"\s", " ", i18n.datetime(at, "en", "Europe/London")) == "Mar 15, 2026, 3:05 PM"
    assert (
        i18n.datetime(at.replace(tzinfo=None), "ko") == i18n.datetime(at, "ko")
        and i18n.datetime(None, "ko") == i18n.date(None, "en") == "–"
    )


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, "ko"),
        ("", "ko"),
        ("en-GB,ko;q=0.8", "en"),
        ("ko-KR,en;q=0.9", "ko"),
        ("fr,en;q=0.3", "en"),
        ("fr", "ko"),
        ("en;q=x", "ko"),
        ("EN_us.UTF-8", "en"),
        ("en;q=9", "ko"),
        ("," * 5000, "ko"),
    ],
)
def test_language_of_a_reader(header: str | None, expected: str) -> None:
    assert i18n.language(header) == expected
