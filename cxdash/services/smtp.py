"""The company's mail server: one connection, one mail after the other, and what each refusal means.

Nothing that is said here names a person: servers like to repeat the address in their refusals, so only the code is kept.
"""

from __future__ import annotations

import smtplib
import ssl
from types import TracebackType

from cxdash.config import Settings
from cxdash.errors import CxError

SECONDS = 30.0  # that a server is waited for
_BUSY = range(400, 500)


class NoServer(CxError):
    """The server cannot be reached, refuses us, or its certificate is not trusted. No mail was touched."""

    default = "mail.server.unreachable"


class NotSent(Exception):
    """A mail did not go out. again: worth another try. unsure: the connection broke when it may have been taken already."""

    def __init__(self, code: str, *, again: bool = False, unsure: bool = False, closed: bool = False) -> None:
        self.code, self.again, self.unsure, self.closed = code, again, unsure, closed
        super().__init__(code)


class Connection:
    """An open, signed-in connection; a context manager. NoServer when there is none to be had."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._smtp: smtplib.SMTP | None = None

    def __enter__(self) -> Connection:
        self.open()
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None) -> None:
        self.close()

    def open(self) -> None:
        """Connects, turns to TLS, signs in. A connection that is open stays."""
        if self._smtp is not None:
            return
        s = self._settings
        made: smtplib.SMTP | None = None
        try:
            if s.smtp_port == smtplib.SMTP_SSL_PORT:
                made = smtplib.SMTP_SSL(s.smtp_host, s.smtp_port, timeout=SECONDS, context=ssl.create_default_context())
            else:
                made = smtplib.SMTP(s.smtp_host, s.smtp_port, timeout=SECONDS)
                if s.smtp_starttls:
                    made.starttls(context=ssl.create_default_context())
            made.ehlo_or_helo_if_needed()
            if s.smtp_user:
                made.login(s.smtp_user, s.smtp_password)
        except (OSError, smtplib.SMTPException, ValueError) as error:
            if made is not None:
                made.close()
            raise _no_server(error, s) from None  # the cause may hold the account's name
        self._smtp = made

    def close(self) -> None:
        last, self._smtp = self._smtp, None
        if last is not None:
            try:
                last.quit()
            except (OSError, smtplib.SMTPException):
                last.close()

    def send(self, sender: str, to: str, content: bytes) -> None:
        """Hands over one mail. NotSent says whether trying again is right."""
        smtp = self._smtp
        assert smtp is not None, "the connection is open"
        try:
            self._sender(smtp.mail(sender)[0])
            self._step(smtp.rcpt(to), "recipient")
        except (OSError, smtplib.SMTPException) as error:
            raise self._broken(again=True) from error
        try:
            self._step(smtp.data(content), "content")
        except smtplib.SMTPDataError as error:  # refused before the content was sent
            self._reset(smtp)
            raise NotSent(f"content {error.smtp_code}", again=error.smtp_code in _BUSY) from None
        except (OSError, smtplib.SMTPException) as error:  # nobody knows whether it was taken
            raise self._broken(unsure=True) from error

    def _sender(self, code: int) -> None:
        """Who refuses our sender refuses every mail: that is the server's trouble, not this mail's."""
        if code == 421 or code == -1:
            raise self._broken(again=True)
        if not 200 <= code < 300:
            self._drop()
            raise NoServer("mail.server.sender", fix="mail.server.sender.fix", code=str(code))

    def _step(self, reply: tuple[int, bytes], what: str) -> None:
        code = reply[0]
        if 200 <= code < 300:
            return
        if code == -1 and what == "content":  # no reply that could be read: it may have been taken
            raise self._broken(unsure=True)
        if code == 421 or code == -1:  # the server says goodbye
            self._drop()
            raise NotSent(f"{what} {code}", again=True, closed=True)
        if self._smtp is not None:
            self._reset(self._smtp)
        raise NotSent(f"{what} {code}", again=code in _BUSY)

    def _reset(self, smtp: smtplib.SMTP) -> None:
        try:
            smtp.rset()
        except (OSError, smtplib.SMTPException):
            self._drop()

    def _broken(self, *, again: bool = False, unsure: bool = False) -> NotSent:
        self._drop()
        return NotSent("connection", again=again, unsure=unsure, closed=True)

    def _drop(self) -> None:
        last, self._smtp = self._smtp, None
        if last is not None:
            last.close()


def _no_server(error: Exception, settings: Settings) -> NoServer:
    where = {"host": settings.smtp_host, "port": str(settings.smtp_port)}
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return NoServer("mail.server.login", fix="mail.server.login.fix", **where)
    if isinstance(error, ssl.SSLCertVerificationError):
        return NoServer("mail.server.certificate", fix="mail.server.certificate.fix", **where)
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return NoServer("mail.server.no_tls", fix="mail.server.no_tls.fix", **where)
    return NoServer("mail.server.unreachable", fix="mail.server.unreachable.fix", **where)
