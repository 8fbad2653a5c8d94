"""What identifies a person, taken out of a text that is going somewhere it must not be read: logs, errors, the audit log.

Only forms that are recognisable by themselves are found: e-mail addresses, Korean and international telephone numbers, resident
registration numbers, card numbers. A name is not; whoever writes a log does not write one.
"""

from __future__ import annotations

import re
from typing import Any

HIDDEN = "***"
_FORMS = re.compile(
    r"[^\s@<>\"'(),;:=]{1,64}@[^\s@<>\"'(),;:]{1,255}"  # e-mail
    r"|(?<!\d)\d{6}[-\s]?[1-8]\d{6}(?!\d)"  # resident registration number
    r"|(?<!\d)\d{4}[-\s]\d{4}[-\s]\d{4}[-\s]\d{4}(?!\d)"  # card
    r"|(?<![\d.])(?:\+?82[-.\s]?|0)1[016789][-.\s]?\d{3,4}[-.\s]?\d{4}(?![\d.])"  # mobile
    r"|(?<![\d.-])0\d{1,2}[-)\s]\s?\d{3,4}[-\s]\d{4}(?![\d.-])"  # landline
    r"|(?<![\w+])\+\d{1,3}[-\s]\d[\d\s-]{6,12}\d(?!\d)"  # international
)


def masked(text: str) -> str:
    """The text with everything hidden that looks like an address or a number of a person.

    >>> masked("sent to kim@example.com, 010-1234-5678")
    'sent to ***, ***'
    """
    return _FORMS.sub(HIDDEN, text)


def masked_document(value: Any) -> Any:
    """As `masked`, for every text in a JSON value."""
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, dict):
        return {masked(str(key)): masked_document(item) for key, item in value.items()}
    return [masked_document(item) for item in value] if isinstance(value, list | tuple | set | frozenset) else value
