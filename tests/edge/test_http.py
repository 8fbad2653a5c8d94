"""What every answer of the real app carries, under both launchers."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import streamlit

from cxdash.edge.headers import INLINE_SCRIPT, POLICY, SECURITY
from cxdash.respond.routes import POLICY as RESPONDENTS
from cxdash.edge.launch import page_names
from tests.serving import Server

FONT = "/app/static/fonts/pretendard-1.3.9-regular.subset.woff2"


@pytest.fixture
def http(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=30) as client:
        yield client


def sealed(response: httpx.Response, *, edge: bool = False) -> bool:
    """Every header is there; the respondents' pages have a stricter policy of their own, but not what the edge itself answers there."""
    respond = response.url.path.startswith("/s/") and not edge
    expected = {**SECURITY, "Content-Security-Policy": RESPONDENTS} if respond else SECURITY
    return all(response.headers.get(name) == value for name, value in expected.items())


def test_respondents_have_a_stricter_policy() -> None:
    assert "inline" not in RESPONDENTS and "http" not in RESPONDENTS and "*" not in RESPONDENTS and "blob:" not in RESPONDENTS
    assert {"default-src 'none'", "frame-ancestors 'none'", "form-action 'self'", "base-uri 'none'"} <= set(RESPONDENTS.split("; "))


def script_name() -> str:
    return next((Path(streamlit.__file__).parent / "static" / "static" / "js").glob("index.*.js")).name


def test_policy_is_strict() -> None:
    assert "unsafe-eval" not in POLICY and "http" not in POLICY and "*" not in POLICY
    assert "frame-ancestors 'none'" in POLICY and "default-src 'none'" in POLICY
    assert "unsafe-inline" not in next(part for part in POLICY.split("; ") if part.startswith("script-src"))


def test_the_only_inline_script_is_the_permitted_one() -> None:
    index = (Path(streamlit.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")
    scripts = re.findall(r"<script>(.*?)</script>", index, re.S)
    hashes = ["sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in scripts]
    assert hashes == [INLINE_SCRIPT]


@pytest.mark.parametrize(("path", "status"), [
    ("/", 200), ("/healthz", 200), ("/_stcore/health", 200), ("/_stcore/host-config", 200), ("/favicon.png", 200), (FONT, 200),
    ("/overview?wave=2026", 307), ("/nope", 404), ("/nope/deep", 404), ("/s/", 404), ("/s/x/y", 404), ("/api/unknown", 404),
    ("/account/login", 404), ("/healthz/x", 404), ("/.env", 404), ("/pages/overview.py", 404), ("/static/js/none.js", 404),
    ("/static/", 404), ("/app/static/none.woff2", 404), ("/media/none", 404), ("/_stcore/metrics", 404), ("/_stcore/metrics/", 404),
    ("/_stcore/agent/interact", 404), ("/_stcore/agent/openapi.json", 404), ("/_stcore/script-health-check", 404), ("/component/x", 404),
    ("/auth/login", 404), ("//example.org/", 404), ("/app/static/%2e%2e/shell.py", 400),
])
def test_status_and_headers(http: httpx.Client, path: str, status: int) -> None:
    response = http.get(httpx.URL(http.base_url).copy_with(raw_path=path.encode()))
    assert response.status_code == status
    assert sealed(response), response.headers


def test_every_page_has_an_address(http: httpx.Client) -> None:
    for name in page_names():
        response = http.get(f"/{name}", follow_redirects=True)
        assert response.status_code == 200 and "<div id=\"root\">" in response.text, name


def test_home_keeps_its_view(http: httpx.Client) -> None:
    query = "wave=2026&region=%EC%84%9C%EC%9A%B8&q=a+b"
    assert http.get(f"/overview?{query}").headers["location"] == f"/?{query}"
    assert http.get("/overview/").headers["location"] == "/"
    assert "\n" not in http.get("/overview?a=%0d%0aX:1").headers["location"]


def test_health_tells_nothing(http: httpx.Client) -> None:
    assert http.get("/healthz").json() == {"status": "ok"}
    assert http.post("/healthz").status_code == 405


def test_not_found_speaks_the_readers_language(http: httpx.Client) -> None:
    assert 'lang="ko"' in http.get("/nope").text and "페이지를 찾을 수 없습니다" in http.get("/nope").text
    assert "Page not found" in http.get("/nope", headers={"Accept-Language": "en-US,ko;q=0.5"}).text


def test_body_limit(http: httpx.Client) -> None:
    for path in ("/", "/healthz", "/_stcore/health", "/_stcore/host-config"):
        response = http.post(path, content=b"x" * 300_000)
        assert response.status_code == 413 and sealed(response), path
    refused = http.request("PUT", "/_stcore/upload_file/no/session", content=b"x" * 300_000)
    assert refused.status_code == 404 and sealed(refused)  # nobody's tab; for one's own the limit is the upload size


def test_fonts_are_cached_and_scripts_compressed(http: httpx.Client) -> None:
    font = http.get(FONT)
    assert font.headers["cache-control"] == "public, max-age=31536000, immutable" and font.content[:4] == b"wOF2"
    assert font.headers["content-type"] == "font/woff2" and "access-control-allow-origin" not in font.headers
    name = script_name()
    packed, plain = http.get(f"/static/js/{name}"), http.get(f"/static/js/{name}", headers={"Accept-Encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip" and "content-encoding" not in plain.headers
    assert packed.content == plain.content and int(packed.headers["content-length"]) < 0.45 * len(plain.content)
    assert packed.headers["vary"] == "Accept-Encoding" and "immutable" in packed.headers["cache-control"]
    assert sealed(packed) and sealed(plain) and http.head(f"/static/js/{name}").content == b""


def test_https_asks_for_https(gallery: Server) -> None:
    plain = httpx.get(f"{gallery.url}/healthz")
    behind_tls = httpx.get(f"{gallery.url}/healthz", headers={"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"})
    assert "strict-transport-security" not in plain.headers
    assert behind_tls.headers["strict-transport-security"].startswith("max-age=")


def test_an_unhandled_error_shows_nothing_of_the_inside(gallery: Server) -> None:
    response = httpx.get(f"{gallery.url}/fail", headers={"Accept-Language": "en"})
    assert response.status_code == 500 and sealed(response)
    assert "Something went wrong" in response.text and "secret" not in response.text and "Traceback" not in response.text
    assert "a secret of the inside" in gallery.said()  # the operator does learn it


def test_own_routes_pass_the_gate_with_their_limit(gallery: Server) -> None:
    def chunks() -> Iterator[bytes]:
        yield from (b"x" * 65536 for _ in range(5))

    assert httpx.post(f"{gallery.url}/s/토큰", content=b"x" * 200_000).text == "200000"
    assert httpx.post(f"{gallery.url}/s/token", content=b"x" * 300_000).status_code == 413
    response = httpx.post(f"{gallery.url}/s/token", content=chunks())  # no Content-Length
    assert response.status_code == 413 and sealed(response, edge=True)
    assert httpx.put(f"{gallery.url}/s/token").status_code == 405
    assert httpx.get(f"{gallery.url}/s/token/more").status_code == 404


@pytest.mark.parametrize(("path", "lang"), [("/", "ko"), ("/imports", "ko"), ("/?lang=en", "en"), ("/responses?lang=<script>", "ko")])
def test_the_page_names_its_language(http: httpx.Client, path: str, lang: str) -> None:
    answer = http.get(path, headers={"Accept-Encoding": "gzip"})
    assert answer.status_code == 200 and f'<html lang="{lang}"' in answer.text
    assert int(answer.headers.get("content-length", len(answer.content))) == len(answer.content)
