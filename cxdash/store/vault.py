"""Keys of the installation. Every purpose has its own, derived by HKDF-SHA-256 (RFC 5869) from a secret of the environment."""

from __future__ import annotations

import threading
from functools import lru_cache

from cxdash.config import Settings, load_settings

_lock = threading.Lock()
_settings: Settings | None = None


def use(settings: Settings) -> None:
    """Whose secrets this process uses; the composition root says it. Without it they are read from the environment at the first need."""
    global _settings
    with _lock:
        _settings = settings


def settings() -> Settings:
    global _settings
    with _lock:
        if _settings is None:
            _settings = load_settings()
        return _settings


def derived(purpose: str, secret: str | None = None) -> bytes:
    """32 bytes for one purpose, from CXDASH_SECRET unless another secret is given."""
    return _derived(purpose, settings().secret if secret is None else secret)


@lru_cache(maxsize=64)
def _derived(purpose: str, secret: str) -> bytes:
    from cryptography.hazmat.primitives import hashes  # not at the start: most requests need no key
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(hashes.SHA256(), 32, b"cxdash", purpose.encode()).derive(secret.encode())
