"""CPU time of a server per request, contestants in turn, the best round of each."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from benchmarks.callers import Callers
from benchmarks.contestants import BUILD
from benchmarks.contestants import PROJECT
from benchmarks.contestants import ROOT
from benchmarks.contestants import start_ours
from benchmarks.fanout import CALM_SECONDS
from benchmarks.people import People
from benchmarks.processes import Server
from benchmarks.processes import free_port
from benchmarks.wire import request

PEERS = BUILD / "peers"
OURS = os.pathsep.join([str(PROJECT / "src"), str(ROOT)])
WARM_UP_REQUESTS = 500
REQUESTS = 1_500
# As in production, but for connections that are kept over the pauses between rounds.
EDGE = {"SERVER_NAME": "uvicorn", "SERVER_KEEP_ALIVE_SECONDS": "3600", "LOG_LEVEL": "info", "LOG_FORMAT": "json"}


@dataclass(frozen=True)
class Asked:
    """What one route of one server took for a request."""

    name: str
    cpu_us: float
    median_cpu_us: float


class Contestant:
    """A route of a running server, and those who call it."""

    def __init__(self, name: str, server: Server, path: str, *, cookie: str = "") -> None:
        self.name = name
        self.server = server
        self.callers = Callers(server.port, request(path, cookie=cookie))
        self.samples: list[float] = []
        self.callers.ask(WARM_UP_REQUESTS)

    def measure(self) -> None:
        """Takes one sample."""
        time.sleep(CALM_SECONDS)  # lets the last round's time be booked; no condition tells of that
        before = self.server.cpu_seconds
        self.callers.ask(REQUESTS)
        time.sleep(CALM_SECONDS)
        self.samples.append((self.server.cpu_seconds - before) / REQUESTS * 1e6)

    @property
    def cost(self) -> Asked:
        """What the samples say."""
        ordered = sorted(self.samples)
        return Asked(self.name, ordered[0], ordered[len(ordered) // 2])


def compare(people: People, *, rounds: int) -> dict[str, Asked]:
    """Returns what each route takes, by its name."""
    with ExitStack() as running:
        servers: dict[str, Server] = {}
        for kind in ("stock", "tuned", "fastapi"):
            servers[kind] = _start_fastapi() if kind == "fastapi" else _start(kind, people)
            running.callback(servers[kind].stop)
        edge = start_ours("whole edge", people, **EDGE)
        running.callback(edge.stop)
        routes = [
            Contestant(f"{kind} {path}", servers[kind], f"/{path}")
            for kind, path in (
                ("stock", "json"),
                ("tuned", "json"),
                ("fastapi", "json"),
                ("stock", "row"),
                ("tuned", "row"),
            )
        ]
        routes.append(Contestant("edge json", edge.server, "/bench/json", cookie=people.cookie(0)))
        for _ in range(rounds):
            for route in routes:
                route.measure()
        return {route.name: route.cost for route in routes}


def dispatch() -> dict[str, float]:
    """Returns what stock Quart and ours take for a request without a server."""
    environment = {**os.environ, "PYTHONPATH": OURS}
    command = [sys.executable, "-m", "benchmarks.dispatch"]
    found = subprocess.run(command, env=environment, check=True, capture_output=True)
    return dict(json.loads(found.stdout))


def _start(kind: str, people: People) -> Server:
    port = free_port()
    command: Sequence[str | Path] = [sys.executable, "-m", "benchmarks.plain_service", kind, str(port)]
    environment = {"PYTHONPATH": OURS, "DATABASE_URL": people.database_url}
    return Server(command, port, environment=environment, log=BUILD / f"{kind}.log", folder=BUILD)


def _start_fastapi() -> Server:
    if not (PEERS / "fastapi").is_dir():
        install = ["uv", "pip", "install", "--quiet", "--python", sys.executable, "--target", PEERS]
        path = os.pathsep.join([str(ROOT / ".venv" / "bin"), os.environ["PATH"]])
        packages = ["fastapi", "uvicorn", "uvloop", "httptools"]
        subprocess.run([*install, *packages], check=True, env={**os.environ, "PATH": path})
    port = free_port()
    environment = {"PYTHONPATH": os.pathsep.join([str(PEERS), str(ROOT)])}
    command: Sequence[str | Path] = [sys.executable, "-m", "benchmarks.fastapi_service", str(port)]
    return Server(command, port, environment=environment, log=BUILD / "fastapi.log", folder=BUILD)
