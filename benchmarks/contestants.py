"""The servers that are measured, each started with a crowd of clients before it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.crowd import Crowd
from benchmarks.people import People
from benchmarks.processes import Server
from benchmarks.processes import free_port
from benchmarks.service import TOPIC
from benchmarks.wire import PAYLOAD
from benchmarks.wire import hello
from benchmarks.wire import request
from benchmarks.wire import upgrade

ROOT = Path(__file__).parents[1]
HERE = Path(__file__).parent
BUILD = ROOT / ".build" / "benchmarks"
PROJECT = ROOT / "{{cookiecutter.project_slug}}"
WELCOMED = b'"subscriptions":['

# The clients of a benchmark come all at once and never answer a ping.
GENEROUS = {
    "LOG_LEVEL": "warning",
    "REALTIME_BACKPLANE": "memory",
    "REALTIME_CONNECTIONS_PER_ADDRESS": "100000",
    "REALTIME_HANDSHAKES_PER_SECOND": "100000",
    "REALTIME_PING_SECONDS": "36000",
    "REALTIME_STREAM_COMMENT_SECONDS": "36000",
    "REALTIME_STREAM_AGE_SECONDS": "36000",
}


class Contestant:
    """A server, its clients and what was measured of it."""

    def __init__(self, name: str, server: Server) -> None:
        self.name = name
        self.server = server
        self.crowd = Crowd(server.port)

    def stop(self) -> None:
        """Ends both."""
        self.crowd.leave()
        self.server.stop()


def start_ours(name: str, people: People, **settings: str) -> Contestant:
    """Starts the service of the template with more ``settings``; nobody has joined yet."""
    port = free_port()
    environment = {
        **GENEROUS,
        "DATABASE_URL": people.database_url,
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "SERVER_PORT": str(port),
        "PYTHONPATH": os.pathsep.join([str(PROJECT / "src"), str(ROOT)]),
        **settings,
    }
    command = [sys.executable, "-m", "benchmarks.service"]
    return Contestant(name, _server(name, command, port, environment))


def join_sockets(contestant: Contestant, people: People, count: int, topics: Sequence[str] = (TOPIC,)) -> None:
    """Has ``count`` people say hello over sockets, each to all of ``topics``."""
    origin = f"http://127.0.0.1:{contestant.server.port}"
    for place in range(count):
        cookie = people.cookie(len(contestant.crowd))
        opening = upgrade("/realtime/socket", cookie=cookie, origin=origin)
        named = [topic.format(room=place % 100, person=people.number(len(contestant.crowd))) for topic in topics]
        contestant.crowd.join(opening, until=b"\r\n\r\n", then=hello(*named), then_until=WELCOMED)


def start_our_streams(name: str, people: People, count: int, **settings: str) -> Contestant:
    """Starts the service with ``count`` streams of server-sent events."""
    contestant = start_ours(name, people, **settings)
    for place in range(count):
        opening = request(f"/realtime/events?topic={TOPIC}", cookie=people.cookie(place))
        contestant.crowd.join(opening, until=WELCOMED)
    return contestant


def start_stock_streams(count: int) -> Contestant:
    """Starts a plain Quart with ``count`` streaming responses."""
    name, port = "Quart, streaming response", free_port()
    command = [sys.executable, "-m", "benchmarks.stock_stream", str(port)]
    contestant = Contestant(name, _server(name, command, port, {"PYTHONPATH": str(ROOT)}))
    for _ in range(count):
        contestant.crowd.join(request("/events"), until=b": hi")
    return contestant


def start_node(count: int) -> Contestant:
    """Starts Node's ``ws`` with ``count`` sockets."""
    name, port = "Node ws", free_port()
    command = ["node", _node_folder() / "server.js", str(port), PAYLOAD.decode()]
    contestant = Contestant(name, _server(name, command, port, {}))
    for _ in range(count):
        contestant.crowd.join(upgrade("/"), until=b"\r\n\r\n")
    return contestant


def _server(name: str, command: Sequence[str | Path], port: int, environment: dict[str, str]) -> Server:
    log = BUILD / f"{''.join(letter if letter.isalnum() else '-' for letter in name)}.log"
    return Server(command, port, environment=environment, log=log, folder=BUILD)


def _node_folder() -> Path:
    folder = BUILD / "node"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "server.js"):
        shutil.copy(HERE / "node" / name, folder)
    if not (folder / "node_modules" / "ws").is_dir():
        install = ["npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--silent"]
        subprocess.run(install, cwd=folder, check=True)
    return folder
