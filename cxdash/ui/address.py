"""Where respondents reach this installation: the address in front of every link."""

from __future__ import annotations

from urllib.parse import urlsplit

import streamlit as st

from cxdash.ui import state

LINKS = "/s/"  # cxdash.respond serves them
_NOWHERE = "http://localhost:8501"  # without a browser there is no address to take it from


def base() -> str:
    """CXDASH_PUBLIC_URL, else the address this page was asked under, without a slash at the end."""
    if found := state.deps().settings.public_url:
        return found.rstrip("/")
    parts = urlsplit(st.context.url or "")
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in ("http", "https") and parts.netloc else _NOWHERE


def of(token: str) -> str:
    """The address of a link."""
    return f"{base()}{LINKS}{token}"


def is_local() -> bool:
    """Whether only this machine can open the links: nobody who scans a poster could."""
    return urlsplit(base()).hostname in ("localhost", "127.0.0.1", "::1")
