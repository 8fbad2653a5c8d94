"""A Streamlit session without a browser: the real WebSocket protocol."""

from __future__ import annotations

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


def kinds(messages: list[ForwardMsg]) -> list[str]:
    return [str(message.WhichOneof("type")) for message in messages]
