"""To a company's sign-in and back. What must be remembered on the way lies in a sealed cookie of this browser, good for ten minutes."""

from __future__ import annotations

import hmac
import json
import time
from dataclasses import replace
from typing import Any

from starlette.responses import RedirectResponse, Response

from cxdash import i18n
from cxdash.auth.asked import WAY, Asked, keep
from cxdash.auth.front import Front
from cxdash.auth.screen import Page, admitted, answer, within
from cxdash.errors import CxError, NotFound, Refused, Unavailable
from cxdash.services import sessions
from cxdash.services.sessions import SIGN_IN
from cxdash.store import vault

PATH, BACK = "/auth/company", "/auth/company/back"
_SECONDS = 600


async def away(front: Front, asked: Asked) -> Response:
    """To the issuer."""
    from cxdash.services import company  # its libraries are nothing for a start, and for houses without a company's sign-in

    if not asked.settings.oidc:
        raise NotFound("signin.company.none")
    way = await front.work(lambda: company.begin(asked.settings, back=asked.back + BACK))
    kept = {"state": way.state, "nonce": way.nonce, "verifier": way.verifier, "next": asked.next, "lang": asked.given}
    kept |= {"at": int(time.time())}
    response = RedirectResponse(way.address, 303, {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})
    keep(response, asked, WAY, vault.seal(json.dumps(kept)), seconds=_SECONDS)
    return response


async def back(front: Front, asked: Asked) -> Response:
    """From the issuer: only in the browser that went there, only once."""
    from cxdash.services import company

    kept = _kept(asked)
    if kept is None or not hmac.compare_digest(str(kept["state"]).encode(), asked.query.get("state", "").encode()):
        raise Refused("signin.company.stale")
    if "error" in asked.query or not asked.query.get("code"):
        raise Refused("signin.company.failed")
    person = await front.work(lambda: company.finish(
        asked.settings, code=asked.query["code"], nonce=kept["nonce"], verifier=kept["verifier"], back=asked.back + BACK
    ))  # fmt: skip
    outcome = await front.work(lambda: company.enter(front.deps, person, asked.where))
    await front.work(lambda: sessions.sign_out(front.deps, asked.session))
    response = admitted(_returned(asked, kept), outcome)
    keep(response, asked, WAY, "")
    return response


def refused(asked: Asked, error: CxError) -> Response:
    """A sentence, and the way to try again."""
    status = 503 if isinstance(error, Unavailable) else 403 if isinstance(error, Refused) else 404 if isinstance(error, NotFound) else 409
    title, again = i18n.text("signin.stopped", asked.language), i18n.text("signin.again", asked.language)
    page = Page(asked.language, title, [i18n.said(error, asked.language)], other=(again, within(asked, SIGN_IN)))
    response = answer(asked, page, status)
    keep(response, asked, WAY, "")
    return response


def _kept(asked: Asked) -> dict[str, Any] | None:
    if not asked.way.startswith(vault.MARK):
        return None
    try:
        found = json.loads(vault.unseal(asked.way))
    except (CxError, ValueError):
        return None
    return found if time.time() - found["at"] < _SECONDS else None


def _returned(asked: Asked, kept: dict[str, Any]) -> Asked:
    return replace(asked, next=str(kept["next"]), given=str(kept["lang"]))
