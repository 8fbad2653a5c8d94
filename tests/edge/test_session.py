"""What a WebSocket session gets, under both launchers: never a page without the shell, always our configuration."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from websockets.exceptions import InvalidStatus

from tests.edge.talk import kinds, run_page
from tests.serving import LAUNCHERS, Server


def through_the_shell(server: Server, page: str) -> None:
    messages = run_page(server.ws, page=page)
    assert "navigation" in kinds(messages), f"/{page} ran without the shell's st.navigation"
    first = next(kind for kind in kinds(messages) if kind in ("navigation", "delta"))
    title = next((message for message in messages if message.WhichOneof("type") == "page_config_changed"), None)
    assert title is not None and title.page_config_changed.title, f"{first} came, but the shell's page configuration did not"


@pytest.mark.parametrize("launcher", LAUNCHERS)
def test_the_first_session_after_a_cold_start_meets_the_shell(serve: Callable[..., Server], launcher: str) -> None:
    cold = serve(launcher, env={"CXDASH_DEMO": "false"})
    through_the_shell(cold, "imports")  # the very first thing this process is asked
    cold.stop()


def test_later_sessions_and_unknown_pages_meet_the_shell(server: Server) -> None:
    for page in ("", "overview", "imports", "responses", "nope", "shell", "../pages/overview", "overview.py"):
        through_the_shell(server, page)


def test_our_configuration_is_in_force(server: Server) -> None:
    messages = run_page(server.ws)
    session = next(message.new_session for message in messages if message.WhichOneof("type") == "new_session")
    assert session.config.gather_usage_stats is False
    assert session.config.toolbar_mode == session.config.ToolbarMode.VIEWER
    theme = session.custom_theme
    assert len(theme.font_faces) == 3
    assert all(face.url.startswith("app/static/fonts/pretendard") for face in theme.font_faces)
    assert theme.light.primary_color and theme.dark.primary_color and theme.light.primary_color != theme.dark.primary_color


@pytest.mark.parametrize("origin", ["https://evil.example", "http://localhost:3000", "http://127.0.0.1:1", "null", "http://[bad"])
def test_a_page_of_another_host_gets_no_session(server: Server, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        run_page(server.ws, origin=origin)
    assert refused.value.response.status_code == 403


def test_our_own_page_gets_a_session(server: Server) -> None:
    assert "script_finished" in kinds(run_page(server.ws, origin=server.url))


def test_no_other_socket_is_open(server: Server) -> None:
    for path in ("/", "/overview", "/_stcore/other", "/overview/_stcore/stream"):
        with pytest.raises(InvalidStatus):
            run_page(server.ws.replace("/_stcore/stream", path))
