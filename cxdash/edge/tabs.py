"""Open tabs follow the sessions they were opened in: what is theirs, and that they are told when it changes.

A tab (Streamlit's session) has the cookie it connected with. Its standing is that cookie's session with the rights it has now. When that
is another than the one a tab was drawn for, whoever changed it and in whichever process, its script runs again: it shows the way to the
sign-in page where the session is over, and what the new role may see otherwise.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Hashable, Iterable
from typing import Any

from anyio import to_thread
from streamlit.runtime import Runtime

from cxdash.errors import CxError
from cxdash.services import sessions
from cxdash.services.deps import Deps
from cxdash.services.sessions import COOKIE, COOKIE_TLS, Known

log = logging.getLogger(__name__)
SECONDS = 2.0  # between two looks at what became of the sessions of open tabs
OPEN = "open"  # the standing of everybody at this machine where no account is needed


def standing(who: Known | None, opened: bool) -> Hashable | None:
    """What files and uploads of a tab are bound to: this session with these rights. None: nobody, to whom nothing belongs."""
    if who is not None:
        return who.session_id, who.actor.sight
    return OPEN if opened else None


class Tabs:
    """The tabs of this process. deps: asked for when the store is open."""

    def __init__(self, deps: Callable[[], Deps]) -> None:
        self._deps = deps
        self._drawn: dict[str, Hashable | None] = {}
        self._task: asyncio.Task[None] | None = None

    def standing_of(self, tab: str, *, fresh: bool = False) -> Hashable | None:
        """Whose tab this is now; None when it is closed, or its session over."""
        client = Runtime.instance().get_client(tab) if Runtime.exists() else None
        if client is None:
            return None
        deps = self._deps()
        return standing(sessions.known(deps, _cookie(client), fresh=fresh), sessions.is_open(deps))

    def drawn(self, tab: str, who: Known | None) -> None:
        """The script of this tab runs, and this is whom it has found."""
        self._drawn[tab] = standing(who, sessions.is_open(self._deps()))

    def begin(self) -> None:
        """From now on, in the running event loop."""
        self._task = asyncio.get_running_loop().create_task(self._watch())

    def end(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(SECONDS)
            try:
                await self.look(Runtime.instance()._session_mgr.list_active_sessions())
            except CxError:
                log.info("the sessions of open tabs could not be asked for")  # the database is away: nobody is shut out for that
            except Exception:
                log.exception("open tabs are not followed")

    async def look(self, tabs: Iterable[Any]) -> None:
        """Runs the scripts of those anew whose standing is another than what they were drawn for."""
        held = {tab.session.id: (tab.session, _cookie(tab.client)) for tab in tabs}
        for closed in self._drawn.keys() - held.keys():
            del self._drawn[closed]
        now = await to_thread.run_sync(self._standings, {cookie for _, cookie in held.values()})
        for name, (tab, cookie) in held.items():
            if now[cookie] != self._drawn.get(name, now[cookie]):  # a tab whose first run is still to come reads what it may then
                tab.request_rerun(tab._client_state)

    def _standings(self, cookies: Iterable[str | None]) -> dict[str | None, Hashable | None]:
        deps = self._deps()
        opened = sessions.is_open(deps)
        return {cookie: standing(who, opened) for cookie, who in sessions.looked_up(deps, cookies).items()}


def _cookie(client: Any) -> str | None:
    """As the guard reads it: it has let this tab in."""
    held = client.client_context.cookies
    return held.get(COOKIE_TLS) or held.get(COOKIE)
