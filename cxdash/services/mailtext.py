"""What a mail says: templates with placeholders, and the finished message with a plain and an HTML part.

Texts from outside (names, templates) never become a header line, a tag or a placeholder of their own.
"""

from __future__ import annotations

import html
import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from datetime import datetime

from cxdash.errors import Conflict

NAME, LINK, UNSUBSCRIBE = "name", "link", "unsubscribe"
FIELDS = (NAME, LINK, UNSUBSCRIBE)
MOST_SUBJECT, MOST_BODY, MOST_EMAIL, MOST_NAME = 200, 10_000, 254, 100
_FIELD = re.compile(r"\{([A-Za-z_]+)\}")
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_EMAIL = re.compile(rf"{_ATOM}(\.{_ATOM})*@([A-Za-z0-9](-?[A-Za-z0-9])*\.)+[A-Za-z]([A-Za-z0-9-]*[A-Za-z0-9])")
_SAFE_URL = re.compile(r"https?://[\x21-\x7e]+")
_TO_HTML = "utf-8"


@dataclass(frozen=True)
class Words:
    """A template in one language. subject may hold {name}; body holds {link} and {unsubscribe}, and may hold {name}."""

    subject: str
    body: str


@dataclass(frozen=True)
class Letter:
    """One mail before it is rendered; `packed` is its form in the outbox. labels: what the HTML part writes instead of the addresses."""

    subject: str
    body: str
    name: str
    link: str
    unsubscribe: str
    language: str
    labels: Mapping[str, str]

    def packed(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def unpacked(cls, text: str) -> Letter:
        return cls(**json.loads(text))


def plain(text: str) -> str:
    """One line without control and direction characters: what a name or a subject may be.

    >>> plain("홍\\r\\nBcc: x\\u202e  길동 ")
    '홍 Bcc: x 길동'
    """
    kept = (c for c in text if unicodedata.category(c) not in ("Cf", "Cs"))
    return " ".join("".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in kept).split())


def is_email(text: str) -> bool:
    """An address that every mail server takes: ASCII, one @, a domain with a dot."""
    return len(text) <= MOST_EMAIL and len(text.partition("@")[0]) <= 64 and bool(_EMAIL.fullmatch(text))


def masked_email(text: str) -> str:
    """
    >>> masked_email("kim@example.com"), masked_email("")
    ('k***@…', '')
    """
    return f"{text[0]}***@…" if text else ""


def masked_name(text: str) -> str:
    """
    >>> masked_name("홍길동"), masked_name("")
    ('홍**', '')
    """
    return f"{text[0]}**" if text else ""


def check(words: Words) -> Words:
    """The template as it is stored. Conflict when it is blank or too long, lacks {link} or {unsubscribe}, or asks for what nobody knows."""
    subject, body = plain(words.subject), words.body.replace("\r\n", "\n").replace("\r", "\n").strip()
    if not subject or len(subject) > MOST_SUBJECT:
        raise Conflict("mail.words.subject", most=MOST_SUBJECT)
    if len(body) > MOST_BODY:
        raise Conflict("mail.words.long", most=MOST_BODY)
    unknown = [name for name in _FIELD.findall(subject) if name != NAME] + [name for name in _FIELD.findall(body) if name not in FIELDS]
    if unknown:
        raise Conflict("mail.words.unknown", name=unknown[0])
    for name in (LINK, UNSUBSCRIBE):
        if name not in _FIELD.findall(body):
            raise Conflict("mail.words.missing", name=name)
    return Words(subject, body)


def message(letter: Letter, *, sender: str, to: str, number: str, at: datetime) -> tuple[str, bytes]:
    """(envelope sender, the message's bytes). number: makes the Message-ID, the same however often it is tried.

    ValueError when an address could break out of its header; nothing of that passes `is_email`.
    """
    if not is_email(to) or not all(_SAFE_URL.fullmatch(url) and not set(url) & set("<>\"") for url in (letter.link, letter.unsubscribe)):
        raise ValueError("an address of this mail is none")
    name, address = parseaddr(sender)
    local, _, domain = address.rpartition("@")
    made = EmailMessage(policy=policy.SMTP)
    made["From"] = Address(display_name=plain(name), username=local, domain=domain)
    made["To"] = Address(addr_spec=to)
    made["Subject"] = plain(filled(letter.subject, {NAME: letter.name}))
    made["Date"] = format_datetime(at)
    made["Message-ID"] = f"<{number}@{domain}>"
    made["Content-Language"] = letter.language
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(text_part(letter), cte="base64")
    made.add_alternative(html_part(letter), subtype="html", cte="base64")
    # Written by hand: the library would encode a long address as words, which no mail service reads in these fields.
    unsubscribing = f"List-Unsubscribe: <{letter.unsubscribe}>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    return address, unsubscribing.encode("ascii") + made.as_bytes()


def filled(template: str, values: Mapping[str, str]) -> str:
    """The template with its placeholders filled once: a name that looks like one stays a name."""
    return _FIELD.sub(lambda match: values.get(match[1], match[0]), template)


def text_part(letter: Letter) -> str:
    """The plain text."""
    return filled(letter.body, {NAME: plain(letter.name), LINK: letter.link, UNSUBSCRIBE: letter.unsubscribe}) + "\n"


def html_part(letter: Letter) -> str:
    """The same as simple HTML: paragraphs, the survey's address as a button, no picture, nothing from another host."""
    link, out = html.escape(letter.link), html.escape(letter.unsubscribe)
    button = "display:inline-block;padding:12px 24px;border-radius:8px;background:#1f5fbf;color:#ffffff;text-decoration:none"
    values = {
        NAME: html.escape(plain(letter.name)),
        LINK: f'<a href="{link}" style="{button}">{html.escape(letter.labels[LINK])}</a>',
        UNSUBSCRIBE: f'<a href="{out}" style="color:#555555">{html.escape(letter.labels[UNSUBSCRIBE])}</a>',
    }
    paragraphs = [part.strip("\n") for part in re.split(r"\n{2,}", html.escape(letter.body, quote=False))]
    body = "".join(f'<p style="margin:0 0 16px">{filled(part, values)}</p>'.replace("\n", "<br>") for part in paragraphs)
    return (
        f'<!DOCTYPE html><html lang="{html.escape(letter.language)}"><head><meta charset="{_TO_HTML}"></head>'
        '<body style="margin:0;padding:24px;font-family:\'Apple SD Gothic Neo\',\'Malgun Gothic\',Arial,sans-serif;font-size:16px;'
        f'line-height:1.6;color:#222222;background:#ffffff"><div style="max-width:560px">{body}</div></body></html>\n'
    )
