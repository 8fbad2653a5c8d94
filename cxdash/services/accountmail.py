"""Mails about accounts: an invitation, a new password. They are not kept anywhere, since their links open the house."""

from __future__ import annotations

import html
import logging
import secrets
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

from cxdash.config import Settings
from cxdash.errors import CxError
from cxdash.services.mailtext import is_email, plain
from cxdash.services.smtp import Connection, NotSent

log = logging.getLogger(__name__)
_AT_ONCE = threading.BoundedSemaphore(4)  # threads that write to the mail server


def send(settings: Settings, *, to: str, subject: str, body: str, link: str, label: str, language: str) -> bool:
    """Hands one mail over now; False when there is no mail server, or it would not take it. body: paragraphs with {link} once."""
    if not settings.mails or not is_email(to):
        return False
    name, address = parseaddr(settings.smtp_from)
    made = _message(name, address, to, subject, body, link, label, language)
    try:
        with Connection(settings) as line:
            line.send(address, to, made)
    except (CxError, NotSent) as error:
        log.warning("a mail about an account did not go out: %s", getattr(error, "key", None) or getattr(error, "code", ""))
        return False
    return True


def later(work: Callable[[], object]) -> None:
    """Does it in a thread, so that nobody can tell from the time it takes whether there was anything to do.
    When too many wait, not at all."""
    if not _AT_ONCE.acquire(blocking=False):
        log.warning("a mail about an account was left out: too many at once")
        return

    def run() -> None:
        try:
            work()
        except Exception:
            log.exception("a mail about an account failed")
        finally:
            _AT_ONCE.release()

    threading.Thread(target=run, name="cxdash-account-mail", daemon=True).start()


def _message(name: str, address: str, to: str, subject: str, body: str, link: str, label: str, language: str) -> bytes:
    local, _, domain = address.rpartition("@")
    made = EmailMessage(policy=policy.SMTP)
    made["From"] = Address(display_name=plain(name), username=local, domain=domain)
    made["To"] = Address(addr_spec=to)
    made["Subject"] = plain(subject)
    made["Date"] = format_datetime(datetime.now(UTC))
    made["Message-ID"] = f"<account-{secrets.token_hex(8)}@{domain}>"
    made["Content-Language"] = language
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(body.replace("{link}", link) + "\n", cte="base64")
    button = "display:inline-block;padding:12px 24px;border-radius:8px;background:#0b66a8;color:#ffffff;text-decoration:none"
    anchor = f'<a href="{html.escape(link)}" style="{button}">{html.escape(label)}</a>'
    paragraphs = "".join(
        f'<p style="margin:0 0 16px">{html.escape(part).replace("{link}", anchor)}</p>' for part in body.split("\n\n")
    )  # fmt: skip
    made.add_alternative(
        f'<!DOCTYPE html><html lang="{language}"><body style="margin:0;padding:24px;font-family:\'Apple SD Gothic Neo\','
        f'\'Malgun Gothic\',Arial,sans-serif;font-size:16px;line-height:1.6;color:#222222">{paragraphs}</body></html>\n',
        subtype="html", cte="base64",
    )  # fmt: skip
    return made.as_bytes()
