"""A company's sign-in by OpenID Connect: authorization code with PKCE, state and nonce. What comes of it is a session of ours like
any other.

The issuer's own description (discovery) and keys are read when needed and kept for an hour. An identity token counts only when it is signed
by one of those keys with an asymmetric algorithm, by this issuer, for us, now, for the very visit that asked (nonce).
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from requests.exceptions import RequestException

from cxdash.config import Settings
from cxdash.errors import CxError, Refused, Unavailable
from cxdash.services import audit
from cxdash.services.actor import RoleName
from cxdash.services.deps import Deps
from cxdash.services.sessions import Where, actor_of, changed
from cxdash.services.signin import COMPANY, Outcome, checked_email, checked_name, opened
from cxdash.store import accounts
from cxdash.store.account_tables import Account
from cxdash.store.database import Collision, writing

log = logging.getLogger(__name__)
SECONDS = 10  # that the issuer is waited for
KEPT = 3600.0
LEEWAY = 60  # seconds that its clock may differ from ours
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
ANYBODY = "*"
_FAILED = (RequestException, OAuthError, JoseError, ValueError, KeyError, TypeError)  # away, or not what it should be


class _Untrue(Exception):
    """What the issuer says cannot be."""


@dataclass(frozen=True)
class Way:
    """The way to the issuer. address: where the browser goes; the rest must be kept for the way back, in this browser only."""

    address: str
    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True)
class Person:
    """Whom the issuer vouches for. sure: it says that the address was checked."""

    issuer: str
    subject: str
    email: str
    name: str
    sure: bool
    groups: tuple[str, ...]


def begin(settings: Settings, *, back: str) -> Way:
    """The address to send a browser to; back: our own address it returns to. Unavailable when the issuer cannot be asked."""
    verifier, nonce = secrets.token_urlsafe(48), secrets.token_urlsafe(24)
    try:
        about = _about(settings)
        with _client(settings, back) as client:
            address, state = client.create_authorization_url(about["authorization_endpoint"], code_verifier=verifier, nonce=nonce)
    except (*_FAILED, _Untrue) as error:
        raise _away(error) from error
    return Way(address, state, nonce, verifier)


def finish(settings: Settings, *, code: str, nonce: str, verifier: str, back: str) -> Person:
    """Who came back with a code. Refused when what the issuer says does not hold; Unavailable when it cannot be asked."""
    try:
        about = _about(settings)
        with _client(settings, back) as client:
            token = client.fetch_token(about["token_endpoint"], code=code, code_verifier=verifier, timeout=SECONDS)
            claims = _claims(settings, about, str(token["id_token"]), nonce)
            more = _more(client, about, claims, settings)
    except (JoseError, OAuthError, _Untrue) as error:
        log.warning("a company's sign-in does not hold: %s", type(error).__name__)
        raise Refused("signin.company.failed") from error
    except _FAILED as error:
        raise _away(error) from error
    return _person(settings, about["issuer"], {**more, **claims})


def enter(deps: Deps, person: Person, where: Where) -> Outcome:
    """A session for whom the issuer vouches for. The first time an account is made, or one with the same address is taken when the address
    was checked. Refused: no group has a role, a domain that may not come in, a disabled account, an address that nobody checked."""
    settings = deps.settings
    email = checked_email(person.email)
    domain = email.partition("@")[2]
    if settings.oidc_domains and domain not in settings.oidc_domains:
        raise Refused("signin.company.domain", domain=domain)
    role = role_of(settings.oidc_roles, person.groups)
    try:
        with writing(deps.engine) as session:
            accounts.hold(session)
            account = accounts.find_identity(session, issuer=person.issuer, subject=person.subject)
            if account is None:
                account = _introduced(session, person, email, role, sure=person.sure or domain in settings.oidc_domains)
            _follow(session, account, role, where)
            outcome = opened(session, account, where, via=COMPANY, complete=True)  # the issuer has asked for whatever it wants
    except Collision as error:  # two tabs at the same moment
        raise Unavailable("signin.company.again") from error
    changed()
    return outcome


def role_of(roles: Sequence[tuple[str, str]], groups: Sequence[str]) -> RoleName | None:
    """The role of the first line of the setting that fits.

    >>> role_of((("cx-admins", "admin"), ("*", "viewer")), ("all",)), role_of((("cx-admins", "admin"),), ())
    (<RoleName.VIEWER: 'viewer'>, None)
    """
    return next((RoleName(role) for group, role in roles if group == ANYBODY or group in groups), None)


def _introduced(session: Any, person: Person, email: str, role: RoleName | None, *, sure: bool) -> Account:
    account = accounts.find_email(session, email=email)
    if account is not None and not sure:
        raise Refused("signin.company.unsure")
    if account is None:
        if role is None:
            raise Refused("signin.company.no_group")
        account = accounts.add_account(session, email=email, name=checked_name(person.name[:60]), role=str(role), origin=accounts.OIDC)
        audit.record(session, actor_of(account), "account.company", f"account:{account.id}", after={"role": str(role)})
    accounts.add_identity(session, account_id=account.id or 0, issuer=person.issuer, subject=person.subject)
    return account


def _follow(session: Any, account: Account, role: RoleName | None, where: Where) -> None:
    """An account that came with the company's sign-in has the role of its groups; one that was made here keeps its own.

    Groups take no house its last administrator: that account keeps the role until somebody else has it. Without any group it is not let in
    either, as nobody is, but it stays what it is.
    """
    if account.state == accounts.DISABLED:
        raise Refused("signin.company.disabled")
    if account.origin == accounts.OIDC:
        last = role is not RoleName.ADMIN and accounts.whole_admins(session) == {account.id}
        if last:
            log.warning("the groups of the last administrator (account %s) give another role or none: it stays administrator", account.id)
        if role is None:
            raise Refused("signin.company.no_group")
        if last:
            audit.record(session, actor_of(account, where.address), "account.last_admin", f"account:{account.id}",
                         before={"role": account.role}, after={"role": account.role, "groups": str(role)})  # fmt: skip
        elif account.role != str(role):
            audit.record(session, actor_of(account, where.address), "account.change", f"account:{account.id}",
                         before={"role": account.role}, after={"role": str(role)})  # fmt: skip
            accounts.change(session, account, role=str(role))
    elif account.state == accounts.INVITED:
        accounts.change(session, account, state=accounts.ACTIVE)
        accounts.drop_tokens(session, account_id=account.id or 0)


# ---------------------------------------------------------------- the issuer

_lock = threading.Lock()
_known: dict[str, tuple[float, Mapping[str, Any]]] = {}


def _client(settings: Settings, back: str) -> OAuth2Session:
    return OAuth2Session(
        settings.oidc_client_id, settings.oidc_client_secret or None, scope=settings.oidc_scopes, redirect_uri=back,
        code_challenge_method="S256", token_endpoint_auth_method="client_secret_basic" if settings.oidc_client_secret else "none",
    )  # fmt: skip


def _about(settings: Settings) -> Mapping[str, Any]:
    """The issuer's description of itself, which must name itself as we do."""
    address = settings.oidc_issuer.rstrip("/") + "/.well-known/openid-configuration"
    found = _read(address)
    if str(found["issuer"]).rstrip("/") != settings.oidc_issuer.rstrip("/"):
        raise _Untrue("the issuer calls itself otherwise")
    return found


def _read(address: str, *, fresh: bool = False) -> Mapping[str, Any]:
    with _lock:
        kept = _known.get(address)
    if kept is not None and not fresh and time.monotonic() - kept[0] < KEPT:
        return kept[1]
    with OAuth2Session() as plain:
        answer = plain.get(address, withhold_token=True, timeout=SECONDS)
        answer.raise_for_status()
        found = answer.json()
    with _lock:
        _known[address] = (time.monotonic(), found)
    return found


def _claims(settings: Settings, about: Mapping[str, Any], token: str, nonce: str) -> Mapping[str, Any]:
    rules = jwt.JWTClaimsRegistry(
        leeway=LEEWAY, iss={"essential": True, "value": about["issuer"]}, aud={"essential": True, "value": settings.oidc_client_id},
        sub={"essential": True}, exp={"essential": True}, iat={"essential": True}, nonce={"essential": True, "value": nonce},
    )  # fmt: skip
    try:
        decoded = jwt.decode(token, KeySet.import_key_set(_read(about["jwks_uri"])), algorithms=ALGORITHMS)  # type: ignore[arg-type]
    except (JoseError, ValueError):  # keys are changed now and then
        newer = KeySet.import_key_set(_read(about["jwks_uri"], fresh=True))  # type: ignore[arg-type]
        decoded = jwt.decode(token, newer, algorithms=ALGORITHMS)
    claims = decoded.claims
    rules.validate(claims)
    others = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    if (len(others) > 1 or "azp" in claims) and claims.get("azp", settings.oidc_client_id) != settings.oidc_client_id:
        raise _Untrue("the token was made for somebody else")
    return claims


def _more(client: OAuth2Session, about: Mapping[str, Any], claims: Mapping[str, Any], settings: Settings) -> Mapping[str, Any]:
    """What the token leaves out and the issuer tells when asked; it must be about the same person."""
    wanted = {"email", settings.oidc_groups_claim} - set(claims)
    if not wanted or "userinfo_endpoint" not in about:
        return {}
    answer = client.get(about["userinfo_endpoint"], timeout=SECONDS)
    answer.raise_for_status()
    found = answer.json()
    if found.get("sub") != claims["sub"]:
        raise _Untrue("the issuer speaks of somebody else")
    return found


def _person(settings: Settings, issuer: str, claims: Mapping[str, Any]) -> Person:
    groups = claims.get(settings.oidc_groups_claim) or ()
    groups = (groups,) if isinstance(groups, str) else tuple(str(group) for group in groups)
    email = claims.get("email") or claims.get("preferred_username") or ""
    sure = claims.get("email_verified") in (True, "true") and bool(claims.get("email"))
    return Person(issuer, str(claims["sub"]), str(email), str(claims.get("name") or ""), sure, groups)


def _away(error: Exception) -> CxError:
    log.warning("a company's sign-in failed: %s", type(error).__name__)  # without its text, which may hold a code or a secret
    return Unavailable("signin.company.away")
