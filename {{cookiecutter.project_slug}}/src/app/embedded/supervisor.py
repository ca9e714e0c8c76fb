"""The process that owns one server: starts it, restarts it, stops it when nobody uses it.

It runs on its own so that the server outlives the first user and dies after the last, however
these end. Every user holds ``use.lock`` shared; what the supervisor has to say lies in
``state.json``; ``own.lock`` tells that it lives, since process ids lie (zombies, reuse).
"""

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import IO

from app.embedded import locks
from app.embedded.errors import EmbeddedError
from app.embedded.place import Place
from app.embedded.place import ephemeral_place
from app.embedded.place import lasting_place
from app.embedded.postgres import Postgres
from app.embedded.server import Server
from app.embedded.valkey import Valkey

SERVERS: dict[str, type[Server]] = {"database": Postgres, "redis": Valkey}
CHECK_SECONDS = 0.25
RESTART_PAUSE_SECONDS = 0.5
RESTARTS_MAX = 5

STATE = "state.json"
USE_LOCK = "use.lock"
OWN_LOCK = "own.lock"


def supervise(root: Path, kind: str, *, is_ephemeral: bool) -> int:
    """Runs the server of ``kind`` for the folder ``root`` until nobody uses it; an exit code."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole terminal
    place: Place | None = None
    with locks.exclusive(root / OWN_LOCK), (root / USE_LOCK).open("a") as use:
        try:
            place = ephemeral_place() if is_ephemeral else lasting_place(root)
            return _run(root, SERVERS[kind](place), use)
        except EmbeddedError as error:
            _say(root, {"error": str(error)})
            return 1
        finally:
            if place:
                place.clear()


def _run(root: Path, server: Server, use: IO[str]) -> int:
    try:
        server.start()
        _announce(root, server)
        return _keep(root, server, use)
    finally:
        server.stop()
        (root / STATE).unlink(missing_ok=True)


def _keep(root: Path, server: Server, use: IO[str]) -> int:
    """Watches until nobody uses the server (0) or it cannot be kept running (1)."""
    restarts = 0
    while True:
        time.sleep(CHECK_SECONDS)
        if locks.take(use):  # kept while the server stops, so that a newcomer waits
            return 0
        if server.is_running():
            continue
        if restarts == RESTARTS_MAX:
            return 1
        restarts += 1
        _restart(root, server)


def _restart(root: Path, server: Server) -> None:
    print(f"{server.name} ended; starting it again", flush=True)
    time.sleep(RESTART_PAUSE_SECONDS)
    try:
        server.start()
        _announce(root, server)
    except EmbeddedError as error:
        print(error, flush=True)


def _announce(root: Path, server: Server) -> None:
    state = {"url": server.url, "data": str(server.place.data)}
    _say(root, {**state, "pid": str(server.pid), "supervisor": str(os.getpid())})


def _say(root: Path, state: dict[str, str]) -> None:
    unfinished = root / f"{STATE}.new"
    unfinished.write_text(json.dumps(state))
    unfinished.rename(root / STATE)
