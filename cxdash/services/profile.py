"""What everybody may change of their own account: name and language, the password, the second factor. The permission is the session."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlmodel import Session

from cxdash.config import LANGUAGES
from cxdash.errors import Conflict
from cxdash.services import audit, passwords, totp
from cxdash.services.deps import Deps
from cxdash.services.sessions import Known, changed
from cxdash.services.signin import checked_name, recount
from cxdash.store import accounts, sessions as store, vault
from cxdash.store.account_tables import Account
from cxdash.store.database import reading, writing

ISSUER = "cxdash"


@dataclass(frozen=True)
class Second:
    """A second factor that waits for its first code. address: for the QR code. secret: to be typed where no camera is."""

    secret: str
    address: str


def describe(deps: Deps, who: Known, *, name: str, language: str) -> None:
    """One's own name, and the language of screens whose address names none."""
    with writing(deps.engine) as session:
        account = accounts.get_account(session, account_id=who.account_id)
        accounts.change(session, account, name=checked_name(name), language=language if language in LANGUAGES else "")
    changed()


def change_password(deps: Deps, who: Known, *, old: str, new: str) -> int:
    """A new password; all other sessions end. Returns how many. Conflict: the old one is wrong, the new one will
    not do, or too many tries."""
    with reading(deps.engine) as session:
        account = accounts.get_account(session, account_id=who.account_id)
    with recount(deps, f"password:{who.account_id}"):
        if not passwords.fits(account.password_hash, old):
            raise Conflict("signin.password.wrong")
    passwords.check(new, email=account.email, name=account.name)
    stored = passwords.hashed(new)
    with writing(deps.engine) as session:
        account = accounts.get_account(session, account_id=who.account_id)
        accounts.change(session, account, password_hash=stored)
        accounts.drop_tokens(session, account_id=who.account_id)
        n = store.end_sessions(session, account_id=who.account_id, at=datetime.now(UTC), but=who.session_id)
        audit.record(session, who.actor, "account.password", f"account:{who.account_id}", after={"ended": n})
    changed()
    return n


def begin_second(deps: Deps, who: Known) -> Second:
    """A new secret for the authenticator app; asked for at sign-in only after `confirm_second`."""
    secret = totp.new_secret()
    with writing(deps.engine) as session:
        account = accounts.get_account(session, account_id=who.account_id)
        if account.totp_on:
            raise Conflict("signin.second.on")
        accounts.change(session, account, totp_secret=vault.seal(secret))
    return _second(account, secret)


def begun_second(deps: Deps, who: Known) -> Second | None:
    """The secret that waits for its first code."""
    with reading(deps.engine) as session:
        account = accounts.get_account(session, account_id=who.account_id)
    return None if account.totp_on or not account.totp_secret else _second(account, vault.unseal(account.totp_secret))


def confirm_second(deps: Deps, who: Known, *, code: str) -> tuple[str, ...]:
    """The app shows the right code: from now on it is asked for; all other sessions end. Returns the recovery codes, in clear only here."""
    with recount(deps, f"second:{who.account_id}"), writing(deps.engine) as session:
        account = accounts.get_account(session, account_id=who.account_id)
        plain = totp.plain_code(code)
        secret = vault.unseal(account.totp_secret or "")
        step = totp.matching_step(secret, plain, seconds=time.time(), after=account.totp_step) if secret else None
        if account.totp_on or step is None:
            raise Conflict("signin.second.wrong")
        accounts.change(session, account, totp_on=True, totp_step=step)
        codes = _new_codes(session, account)
        n = store.end_sessions(session, account_id=who.account_id, at=datetime.now(UTC), but=who.session_id)
        audit.record(session, who.actor, "account.second_on", f"account:{who.account_id}", after={"ended": n})
    changed()
    return codes


def new_codes(deps: Deps, who: Known, *, password: str) -> tuple[str, ...]:
    """Ten new recovery codes instead of those there were, for who gives the password."""
    with _proved(deps, who, password) as (session, account):
        codes = _new_codes(session, account)
        audit.record(session, who.actor, "account.codes", f"account:{who.account_id}")
    return codes


def end_second(deps: Deps, who: Known, *, password: str) -> None:
    """No second factor any more, for who gives the password."""
    with _proved(deps, who, password) as (session, account):
        accounts.change(session, account, totp_on=False, totp_secret=None)
        accounts.set_codes(session, account_id=who.account_id, codes=())
        audit.record(session, who.actor, "account.second_off", f"account:{who.account_id}")
    changed()


def codes_left(deps: Deps, who: Known) -> int:
    """Recovery codes that were not used."""
    with reading(deps.engine) as session:
        return accounts.codes_left(session, account_id=who.account_id)


@contextmanager
def _proved(deps: Deps, who: Known, password: str) -> Iterator[tuple[Session, Account]]:
    """A transaction about one's own account, for who gives its password. Conflict when it is wrong."""
    with reading(deps.engine) as session:
        stored = accounts.get_account(session, account_id=who.account_id).password_hash
    with recount(deps, f"password:{who.account_id}"):
        if not passwords.fits(stored, password):
            raise Conflict("signin.password.wrong")
    with writing(deps.engine) as session:
        yield session, accounts.get_account(session, account_id=who.account_id)


def _second(account: Account, secret: str) -> Second:
    return Second(secret, totp.address(secret, email=account.email, issuer=ISSUER))


def _new_codes(session: Session, account: Account) -> tuple[str, ...]:
    codes = totp.new_codes()
    accounts.set_codes(session, account_id=account.id or 0, codes=[totp.plain_code(code) for code in codes])
    return codes
