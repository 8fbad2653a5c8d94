"""The postman takes mails out of the outbox and hands them to the company's server, in a thread of the app or for a cron job.

The connection comes first, then the claim, then the mail: while no server can be reached no mail is touched. A claim is committed
before the mail goes, so that no crash sends it twice; what happened to it is written down at once.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from cxdash.config import variable
from cxdash.errors import ConfigError, CxError
from cxdash.services import mailtext
from cxdash.services.deps import Deps
from cxdash.services.mailtext import Letter
from cxdash.services.smtp import Connection, NoServer, NotSent
from cxdash.store import outbox
from cxdash.store.collect_tables import Mail
from cxdash.store.database import reading, writing

log = logging.getLogger(__name__)
LOOK = 3.0  # seconds between two looks into an empty outbox
IDLE = 20.0  # seconds after which a connection that is not needed is closed
SLOWEST = 300.0  # seconds between two tries to reach a server that is away; the first comes after 5
_KEPT_TRYING = (0.0, 0.5, 2.0, 10.0)  # seconds: what became of a mail is written down, also when the database is busy


@dataclass(frozen=True)
class Round:
    """What one look into the outbox did. trouble: why no server could be reached; then nothing was touched."""

    sent: int = 0
    later: int = 0
    failed: int = 0
    trouble: NoServer | None = None


def deliver(deps: Deps, *, most: int | None = None, connection: Connection | None = None, stop: threading.Event | None = None) -> Round:
    """Sends what is due, one mail after the other, at most `most`. ConfigError when no mail server is set.

    Safe beside other processes that do the same. Without a server to reach nothing is touched, and `trouble` says why.
    """
    if not deps.settings.mails:
        raise ConfigError("mail.server.none", fix="mail.server.none.fix", name=variable("smtp_host"))
    line = connection or Connection(deps.settings)
    done = {"sent": 0, "later": 0, "failed": 0}
    try:
        while (most is None or sum(done.values()) < most) and not (stop is not None and stop.is_set()) and _due(deps):
            line.open()
            mail = _claimed(deps)
            if mail is None:
                break
            done[_sent(deps, line, mail)] += 1
    except NoServer as error:
        return Round(**done, trouble=error)
    finally:
        if connection is None:
            line.close()
    return Round(**done)


def _due(deps: Deps) -> bool:
    with reading(deps.engine) as session:
        at = outbox.next_due(session)
    return at is not None and at <= datetime.now(UTC)


def _claimed(deps: Deps) -> Mail | None:
    with writing(deps.engine) as session:
        return next(iter(outbox.claim(session, at=datetime.now(UTC), most=1)), None)


def _sent(deps: Deps, line: Connection, mail: Mail) -> str:
    """Hands one claimed mail over and writes down what became of it: "sent", "later" or "failed"."""
    at = datetime.now(UTC)
    try:
        number = f"cxdash-{mail.id}-{int(mail.created_at.timestamp())}"
        sender, content = mailtext.message(Letter.unpacked(mail.body), sender=deps.settings.smtp_from, to=mail.to, number=number, at=at)
        line.send(sender, mail.to, content)
    except NotSent as error:
        code = outbox.UNSURE if error.unsure else error.code
        again = error.again and mail.tries < outbox.MOST_TRIES
        _written(deps, lambda session: outbox.failed(session, mail_id=mail.id or 0, at=at, error=code, again=again))
        log.info("mail %s did not go out: %s", mail.id, code)
        return "later" if again else "failed"
    except NoServer:
        _written(deps, lambda session: outbox.release(session, mail_id=mail.id or 0, at=at))
        raise
    except (ValueError, KeyError, TypeError):  # a damaged row; its text is nobody's business in a log
        _written(deps, lambda session: outbox.failed(session, mail_id=mail.id or 0, at=at, error="letter", again=False))
        log.warning("mail %s cannot be made", mail.id)
        return "failed"
    _written(deps, lambda session: outbox.sent(session, mail_id=mail.id or 0, at=at))
    return "sent"


def _written(deps: Deps, write: object) -> None:
    """One transaction, tried for a while. When it never works the mail stays claimed and is given up as unsure: not sent twice."""
    for pause in _KEPT_TRYING:
        time.sleep(pause)
        try:
            with writing(deps.engine) as session:
                write(session)  # type: ignore[operator]
            return
        except Exception as error:
            log.warning("the outbox cannot be written: %s", type(error).__name__)


class Postman:
    """The thread of one process. `trouble`: why the server cannot be reached at present, None when it can or nobody has asked."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self._stop, self._wake = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._work, name="cxdash-postman", daemon=True)
        self.trouble: CxError | None = None

    def start(self) -> Postman:
        self._thread.start()
        return self

    def wake(self) -> None:
        """There is something new in the outbox."""
        self._wake.set()

    def stop(self, patience: float = 10.0) -> bool:
        """Finishes the mail at hand and ends. False when it hangs on the server for longer than that."""
        self._stop.set()
        self._wake.set()
        self._thread.join(patience)
        return not self._thread.is_alive()

    def _work(self) -> None:
        line, pause, used = Connection(self._deps.settings), LOOK, time.monotonic()
        while not self._stop.is_set():
            try:
                done = deliver(self._deps, connection=line, stop=self._stop)
                self.trouble = done.trouble
                pause = min(SLOWEST, max(5.0, pause * 2)) if done.trouble else LOOK
                used = time.monotonic() if done.sent or done.later or done.failed else used
                if done.trouble:
                    log.warning("the mail server cannot be used: %s", done.trouble.key)
            except Exception as error:  # a database that is away: the mails wait
                log.warning("the postman waits: %s", type(error).__name__)
                pause = min(SLOWEST, max(5.0, pause * 2))
            if time.monotonic() - used > IDLE:
                line.close()
            self._wake.wait(pause)
            self._wake.clear()
        line.close()


_mine: Postman | None = None


def begin(deps: Deps) -> Postman | None:
    """The process's postman, started; None without a mail server."""
    global _mine
    if deps.settings.mails and _mine is None:
        _mine = Postman(deps).start()
    return _mine


def end() -> None:
    """At the end of the process."""
    global _mine
    last, _mine = _mine, None
    if last is not None:
        last.stop()


def present() -> Postman | None:
    """The postman of this process, if it has one."""
    return _mine
