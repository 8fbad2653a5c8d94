"""A company's sign-in for tests: an OpenID provider on the loopback address, with real HTTP, real signatures and published keys.

It is strict about what a client must do (registered address, PKCE, client secret, a code once), and lies where a test asks it to.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode

import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.serving import free_port

CLIENT, SECRET = "cxdash", "s3cret of the client"


@dataclass
class Issuer:
    """person: claims of who signs in. told: claims that only userinfo tells. lies: claims of the token that are
    changed before it is signed. forged: it is signed with a key that is not published. alg: of the signature.
    """

    url: str
    person: dict[str, Any] = field(default_factory=lambda: {"sub": "u-1", "email": "lee@acme.example", "email_verified": True})
    told: dict[str, Any] = field(default_factory=dict)
    lies: dict[str, Any] = field(default_factory=dict)
    forged: bool = False
    refuses: bool = False
    asked: list[dict[str, str]] = field(default_factory=list)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "k1", "use": "sig"}))
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=set)

    def settings(self, **more: str) -> dict[str, str]:
        return {"CXDASH_OIDC_ISSUER": self.url, "CXDASH_OIDC_CLIENT_ID": CLIENT, "CXDASH_OIDC_CLIENT_SECRET": SECRET,
                "CXDASH_OIDC_ROLES": "cx-admins=admin; cx-team=analyst", **more}  # fmt: skip

    def rotate(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": f"k{secrets.token_hex(3)}", "use": "sig"})

    async def discovery(self, _request: Request) -> Response:
        return JSONResponse({
            "issuer": self.url, "authorization_endpoint": f"{self.url}/authorize", "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys", "userinfo_endpoint": f"{self.url}/me", "response_types_supported": ["code"],
            "id_token_signing_alg_values_supported": ["RS256"], "code_challenge_methods_supported": ["S256"],
        })  # fmt: skip

    async def keys(self, _request: Request) -> Response:
        return JSONResponse({"keys": [self.key.as_dict(private=False)]})

    async def authorize(self, request: Request) -> Response:
        given = dict(request.query_params)
        self.asked.append(given)
        assert given["client_id"] == CLIENT and given["response_type"] == "code" and given["code_challenge_method"] == "S256"
        assert "openid" in given["scope"].split() and given["redirect_uri"].endswith("/auth/company/back")
        if self.refuses:
            return RedirectResponse(f"{given['redirect_uri']}?{urlencode({'error': 'access_denied', 'state': given['state']})}", 303)
        code = secrets.token_urlsafe(16)
        self.codes[code] = given
        return RedirectResponse(f"{given['redirect_uri']}?{urlencode({'code': code, 'state': given['state']})}", 303)

    async def token(self, request: Request) -> Response:
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        basic = base64.b64decode(request.headers.get("authorization", "").removeprefix("Basic ")).decode().partition(":")
        given = self.codes.pop(form.get("code", ""), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest()).decode().rstrip("=")
        if (basic[0], basic[2]) != (CLIENT, SECRET):
            return JSONResponse({"error": "invalid_client"}, 401)
        if given is None or challenge != given["code_challenge"] or form.get("redirect_uri") != given["redirect_uri"]:
            return JSONResponse({"error": "invalid_grant"}, 400)
        now, access = int(time.time()), secrets.token_urlsafe(16)
        self.tokens.add(access)
        claims = {"iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": given["nonce"], **self.person, **self.lies}
        signing = RSAKey.generate_key(2048, {"kid": self.key.kid or ""}) if self.forged else self.key
        signed = jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, signing)
        return JSONResponse({"access_token": access, "token_type": "Bearer", "expires_in": 300, "id_token": signed})

    async def me(self, request: Request) -> Response:
        if request.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            return JSONResponse({"error": "invalid_token"}, 401)
        return JSONResponse({"sub": self.person["sub"], **self.told})


@contextmanager
def running() -> Iterator[Issuer]:
    """The provider in a thread, until the end of the block."""
    port = free_port()
    made = Issuer(f"http://127.0.0.1:{port}")
    app = Starlette(routes=[
        Route("/.well-known/openid-configuration", made.discovery), Route("/keys", made.keys), Route("/authorize", made.authorize),
        Route("/token", made.token, methods=["POST"]), Route("/me", made.me),
    ])  # fmt: skip
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.02)
    try:
        yield made
    finally:
        server.should_exit = True
        thread.join(10)
