"""The service itself behind the real Caddy: chat over WebSocket, server-sent events, sign-in over HTTP/2."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.conftest import forget_servers
from tests.proxy.caddy import free_ports
from tests.proxy.caddy import in_front_of
from tests.visitor import Visitor
from tools.generate import TEMPLATE

PYTHON = os.environ.get("PROJECT_PYTHON", sys.executable)
STOP_SECONDS_HANG_GUARD = 120.0

# One service is enough for all of these: `--dist loadgroup` keeps them together.
pytestmark = pytest.mark.xdist_group("behind-caddy")


@contextmanager
def running(folder: Path, *, port: int, public_url: str) -> Iterator[str]:
    """Runs ``app dev`` and returns the password of the demo people."""
    variables = {**os.environ, "PYTHONPATH": "src", "PYTHONDONTWRITEBYTECODE": "1"}
    variables |= {"PUBLIC_URL": public_url, "WEB_TRUSTED_PROXY_HOPS": "1"}
    command = [PYTHON, "-m", "app", "dev", "--port", str(port), "--folder", folder / "data"]
    with (folder / "dev.log").open("w") as log:
        dev = subprocess.Popen(command, cwd=TEMPLATE, env=variables, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        assert dev.stdout
        address, login = dev.stdout.readline(), dev.stdout.readline()
        assert address.strip().endswith(f":{port}"), (folder / "dev.log").read_text()
        yield login.split()[-1]
    finally:
        dev.send_signal(signal.SIGINT)
        dev.wait(STOP_SECONDS_HANG_GUARD)
        forget_servers(folder / "data")


@pytest.fixture(scope="module")
def visitor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    folder = tmp_path_factory.mktemp("behind")
    edge_port, port = free_ports(2)
    url = f"https://localhost:{edge_port}"
    with running(folder, port=port, public_url=url) as password, in_front_of(port, folder, port=edge_port) as edge:
        visitor = Visitor(url, edge.authority)
        visitor.sign_in("ada@example.com", password)
        yield visitor


def test_the_cookies_of_a_session_are_bound_to_this_host_and_tls(visitor: Visitor) -> None:
    names = [cookie.partition("=")[0] for cookie in visitor.cookie.split("; ")]

    assert "__Host-session" in names
    assert all(name.startswith("__Host-") for name in names)


def test_a_message_posted_over_http_2_arrives_over_a_socket(visitor: Visitor) -> None:
    room = visitor.open_room("harbour")

    with visitor.listening(room) as ear:
        visitor.post(room, "ahoy")
        ear.wait_for("ahoy")

    assert ear.texts == ["ahoy"]


def test_a_socket_that_comes_back_gets_what_it_missed(visitor: Visitor) -> None:
    room = visitor.open_room("harbour")
    with visitor.listening(room) as ear:
        since = ear.since

    visitor.post(room, "while you were away")
    with visitor.listening(room, since) as ear:
        recovered = ear.recovered

    assert recovered
    assert ear.texts == ["while you were away"]


def test_an_event_arrives_while_its_stream_stays_open(visitor: Visitor) -> None:
    room = visitor.open_room("harbour")

    with visitor.client.stream("GET", "/realtime/events", params={"topic": f"chat:{room}"}) as answer:
        lines = answer.iter_lines()
        welcome = next(line for line in lines if line.startswith("event:"))
        visitor.post(room, "over there")
        event = next(line for line in lines if "over there" in line)

    assert answer.http_version == "HTTP/2"
    assert welcome == "event: welcome"
    assert event.startswith("data:")


def test_a_page_of_somebody_else_opens_no_socket(visitor: Visitor) -> None:
    cookie = {"Cookie": visitor.cookie}

    with pytest.raises(InvalidStatus) as refusal:
        connect(visitor.socket_url, ssl=visitor.trust, origin="https://evil.example", additional_headers=cookie)

    assert refusal.value.response.status_code == 403
