"""A Streamlit session without a browser: the real WebSocket protocol."""

from __future__ import annotations

from contextlib import ExitStack

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

SECONDS = 60


def run_page(ws: str, *, page: str = "", query: str = "", origin: str | None = None) -> list[ForwardMsg]:
    """Open a session, ask for one run of the page of that name as a browser with a deep link does; all messages until it ends."""
    messages: list[ForwardMsg] = []
    with connect(ws, origin=origin, subprotocols=["streamlit"], max_size=None, open_timeout=SECONDS) as socket:  # type: ignore
        ask = BackMsg()
        ask.rerun_script.page_name = page
        ask.rerun_script.query_string = query
        socket.send(ask.SerializeToString())
        while not messages or messages[-1].WhichOneof("type") != "script_finished":
            message = ForwardMsg()
            message.ParseFromString(socket.recv(SECONDS))  # type: ignore[arg-type]
            messages.append(message)
    return messages


class Tab:
    """An open tab: runs pages, clicks downloads, hears what comes without being asked for. cookie: a whole Cookie header."""

    def __init__(self, ws: str, *, cookie: str = "") -> None:
        headers = {"Cookie": cookie} if cookie else {}
        opened = connect(ws, subprotocols=["streamlit"], max_size=None, open_timeout=SECONDS, additional_headers=headers)  # type: ignore
        self._stack = ExitStack()
        self._socket = self._stack.enter_context(opened)
        self.id = ""

    def run(self, page: str, query: str = "") -> list[ForwardMsg]:
        """One run of a page; all its messages."""
        ask = BackMsg()
        ask.rerun_script.page_name = page
        ask.rerun_script.query_string = query
        self._socket.send(ask.SerializeToString())
        return self.finished()

    def finished(self) -> list[ForwardMsg]:
        """The messages until the end of the next run, whoever wanted it."""
        messages = [self._next()]
        while messages[-1].WhichOneof("type") != "script_finished":
            messages.append(self._next())
        begun = [m.new_session for m in messages if m.WhichOneof("type") == "new_session"]
        self.id = begun[0].initialize.session_id if begun else self.id
        return messages

    def download(self, offer: str) -> str:
        """The address of a file that is made when it is asked for; "" when it is refused."""
        ask = BackMsg()
        ask.backend_operation_request.request_id, ask.backend_operation_request.session_id = "r", self.id
        ask.backend_operation_request.deferred_file.file_id = offer
        self._socket.send(ask.SerializeToString())
        while (message := self._next()).WhichOneof("type") != "backend_operation_response":
            pass
        return str(message.backend_operation_response.deferred_file.url)

    def close(self) -> None:
        self._stack.close()

    def _next(self) -> ForwardMsg:
        message = ForwardMsg()
        message.ParseFromString(self._socket.recv(SECONDS))  # type: ignore[arg-type]
        return message


def offers(messages: list[ForwardMsg]) -> dict[str, str]:
    """Download buttons of a run by the name of their label: what is clicked for a file."""
    elements = [m.delta.new_element for m in messages if m.WhichOneof("type") == "delta"]
    return {e.download_button.label: e.download_button.deferred_file_id for e in elements if e.WhichOneof("type") == "download_button"}


def kinds(messages: list[ForwardMsg]) -> list[str]:
    return [str(message.WhichOneof("type")) for message in messages]
