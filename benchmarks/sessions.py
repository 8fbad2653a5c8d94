"""Ten sessions that each rerun the overview once a second, beside one alone; and what is lost without the frozen collector or uvloop.

python -m benchmarks.sessions [seconds per run]     (default 10; websocket clients on the real app with the demo programme)
"""

from __future__ import annotations

import http.client
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from benchmarks.floors import heading
from benchmarks.server import App, Session, paced, serve, told

LIMIT = 2.0
MANY = 10
VIEWS = ["", "period=12m", "metric=csat", "by=channel", "period=6m&metric=loyalty"]


def check(app: App) -> None:
    """The page that is timed is the overview with its figures."""
    session = Session(app)
    session.rerun()
    shown = session.shown()
    session.close()
    if "NPS" not in shown or "n=" not in shown.replace(" ", ""):
        raise SystemExit("the page shows no figures")


def rounds(app: App, seconds: float) -> tuple[list[float], list[float]]:
    """One alone and ten, twice in turn."""
    one: list[float] = []
    ten: list[float] = []
    for _ in range(2):
        alone, many = paced(app, 1, seconds, VIEWS), paced(app, MANY, seconds, VIEWS)
        one += alone.spent
        ten += many.spent
        print(f"  the server's processor time per rerun: alone {alone.cpu:.0f} ms, {MANY} sessions {many.cpu:.0f} ms")
    return one, ten


def sessions(home: Path, seconds: float, **variables: str) -> float:
    """Prints one and ten; the ratio of their medians."""
    with serve(home, **variables) as app:
        check(app)
        one, ten = rounds(app, seconds)
    ratio = median(ten) / median(one)
    print(f"  one  {told(one)}\n  ten  {told(ten)}\n  ratio {ratio:.2f}", flush=True)
    return ratio


def keep_alive(home: Path, requests: int, **variables: str) -> float:
    """Median milliseconds of GET /healthz on one kept connection under `streamlit run`."""
    with serve(home, launcher="streamlit", **variables) as app:
        connection = http.client.HTTPConnection("127.0.0.1", app.port, timeout=30)
        spent = []
        for _ in range(requests):
            begun = time.perf_counter()
            connection.request("GET", "/healthz")
            answer = connection.getresponse()
            answer.read()
            spent.append(1000 * (time.perf_counter() - begun))
            if answer.status != 200:
                raise SystemExit(f"/healthz answered {answer.status}")
    return median(spent)


def main() -> int:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 10.0
    heading("sessions: the overview rerun once a second")
    with tempfile.TemporaryDirectory(prefix="cxdash-benchmark-") as folder:
        home = Path(folder)
        print("as shipped (collector frozen)")
        ratio = sessions(home, seconds)
        print("collector not frozen")
        loose = sessions(home, seconds, CXBENCH_NO_FREEZE="1")
        fast, slow = keep_alive(home, 100), keep_alive(home, 100, CXBENCH_NO_UVLOOP="1")
    print(f"keep-alive GET under `streamlit run`: uvloop {fast:.1f} ms, standard loop {slow:.1f} ms, ratio {slow / fast:.1f}")
    kept = ratio <= LIMIT
    print(f"ten to one {ratio:.2f} (limit {LIMIT:g}; {loose:.2f} without the frozen collector): {'kept' if kept else 'NOT kept'}")
    return 0 if kept else 1


if __name__ == "__main__":
    raise SystemExit(main())
