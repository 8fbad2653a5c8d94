"""At the start: whether the installation may be open, and the code that makes the first administrator."""

from __future__ import annotations

import logging
import os
import sys
from dataclasses import replace

from streamlit import config as streamlit_config

from cxdash import config, i18n
from cxdash.auth.front import Front
from cxdash.auth.routes import FIRST
from cxdash.config import Settings
from cxdash.edge.guard import is_loopback

log = logging.getLogger(__name__)


def narrowed(settings: Settings, language: str) -> Settings:
    """An installation that is to be open but listens to other machines asks for accounts instead. (Under uvicorn only the guard knows
    where the server listens; it looks at every connection.)"""
    address = str(streamlit_config.get_option("server.address") or "0.0.0.0")  # noqa: S104 - what Streamlit does without one
    if not settings.opens or address == "localhost" or is_loopback(address):
        return settings
    log.warning("%s", i18n.text("signin.start.not_open", language, address=address, name=config.variable("open")))
    os.environ[config.variable("open")] = "false"  # whoever reads the settings from now on reads the same
    return replace(settings, open=False)


def announce(front: Front, language: str) -> None:
    """Writes the code of the first start to the terminal, past the log: it must be seen there and kept nowhere."""
    if code := front.begin():
        where = (front.deps.settings.screens_url or f"http://localhost:{_port()}") + FIRST
        said = i18n.text("signin.start.first", language, url=where, code=code)
        sys.stderr.write(f"\n  {said}\n\n")
        sys.stderr.flush()


def _port() -> int:
    """That of the command line; Streamlit's otherwise."""
    words = sys.argv[1:]
    given = next((words[n + 1] for n, word in enumerate(words[:-1]) if word in ("--port", "--server.port")), "")
    given = given or next((word.partition("=")[2] for word in words if word.startswith(("--port=", "--server.port="))), "")
    return int(given) if given.isdigit() else int(streamlit_config.get_option("server.port"))
