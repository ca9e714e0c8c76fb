"""Requests made to be read as two, through the real Caddy: the service hears what the proxy meant, and no more.

The cases are the project's own (``tests/transport/heads.py``), each with targets of its own. What the proxy took for
a request is in its access log; a request that the service heard and the proxy did not mean was smuggled.
"""

import json
import os
import runpy
import socket
import ssl
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.proxy.caddy import Edge
from tests.proxy.caddy import in_front_of
from tests.proxy.trusting import trusting
from tools.generate import BUILD
from tools.generate import TEMPLATE

PYTHON = os.environ.get("PROJECT_PYTHON", sys.executable)
PROGRAM = Path(__file__).with_name("heard_program.py")
HEADS = runpy.run_path(str(TEMPLATE / "tests/transport/heads.py"))
CASES: dict[str, bytes] = HEADS["AMBIGUOUS"] | HEADS["FLOODS"]
QUIET_SECONDS = 3.0  # some are waited for, and nothing more comes
HIDDEN = b"0\r\n\r\nGET /hidden HTTP/1.1\r\nHost: localhost\r\n\r\n"
TWO_ENDS = b"Host: localhost\r\nTransfer-Encoding: chunked\r\nContent-Length: %d\r\n\r\n" % len(HIDDEN)


@dataclass(frozen=True)
class Heard:
    """One request as somebody read it; ``status`` is what the proxy passed back."""

    method: str
    target: str
    body_bytes: int
    status: int = 0


@contextmanager
def listening(server: str) -> Iterator[int]:
    """Runs the service that remembers; yields its port."""
    variables = {**os.environ, "PYTHONPATH": f"{TEMPLATE / 'src'}:{TEMPLATE}"}
    variables |= {"PYTHONPYCACHEPREFIX": str(BUILD / "pycache"), "PYTHONDONTWRITEBYTECODE": ""}
    command = [PYTHON, PROGRAM, server]
    service = subprocess.Popen(command, cwd=TEMPLATE, env=variables, stdout=subprocess.PIPE, text=True)
    try:
        assert service.stdout
        yield int(service.stdout.readline())
    finally:
        service.kill()
        service.wait()


def heard_by(port: int) -> list[Heard]:
    """Returns what the service was asked."""
    return [Heard(*one) for one in httpx.get(f"http://127.0.0.1:{port}/heard", timeout=60).json()]


def meant_by(log: Path) -> list[Heard]:
    """Returns what Caddy took for requests; its log is whole once it has ended."""
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    return [
        Heard(line["request"]["method"], line["request"]["uri"], line["bytes_read"], line["status"])
        for line in lines
        if line.get("logger", "").startswith("http.log.access")
    ]


def numbered(number: int, data: bytes) -> bytes:
    """Returns a case with targets of its own."""
    return data.replace(b"/echo", b"/echo-%d" % number).replace(b"/smuggled", b"/smuggled-%d" % number)


def say(client: socket.socket, data: bytes) -> bytes:
    """Sends, and returns all that comes within a while."""
    answer = b""
    client.settimeout(QUIET_SECONDS)
    try:
        client.sendall(data)
        while more := client.recv(65_536):
            answer += more
    except OSError:
        pass
    return answer


def say_over_tls(edge: Edge, data: bytes) -> bytes:
    """Says it to the proxy."""
    trust = ssl.create_default_context(cafile=edge.authority)
    trust.set_alpn_protocols(["http/1.1"])
    with (
        socket.create_connection(("127.0.0.1", edge.port)) as plain,
        trust.wrap_socket(plain, server_hostname="localhost") as client,
    ):
        return say(client, data)


def smuggled_past_a_trusting_proxy(port: int) -> bool:
    """Tells whether a service hears a request that a proxy which believes every length did not mean."""
    with trusting(port) as proxy, socket.create_connection(("127.0.0.1", proxy.port)) as client:
        say(client, b"POST /echo HTTP/1.1\r\n" + TWO_ENDS + HIDDEN)
    assert proxy.meant == [("POST", "/echo")]
    return any(one.target == "/hidden" for one in heard_by(port))


@pytest.mark.parametrize("server", ["hypercorn", "uvicorn"])
def test_the_service_hears_what_the_proxy_meant(server: str, tmp_path: Path) -> None:
    cases = [numbered(number, data) for number, data in enumerate(CASES.values())]
    with listening(server) as port:
        with in_front_of(port, tmp_path, access_log=True) as edge, ThreadPoolExecutor(len(cases)) as pool:
            answers = list(pool.map(lambda data: say_over_tls(edge, data), cases))
        heard = heard_by(port)
        assert not smuggled_past_a_trusting_proxy(port)
    meant = [one for one in meant_by(tmp_path / "caddy.log") if one.target.startswith("/")]

    smuggled = Counter((one.method, one.target, one.body_bytes) for one in heard)
    smuggled -= Counter((one.method, one.target, one.body_bytes) for one in meant)
    lost = Counter((one.method, one.target) for one in meant if one.status < 400)
    lost -= Counter((one.method, one.target) for one in heard)
    # A second answer of the service is that to a second request, which both of them took for one.
    seconds = {name for name, answer in zip(CASES, answers, strict=True) if answer.count(b"HTTP/1.1 200") > 1}
    seen = {list(CASES)[int(one.target.partition("-")[2])] for one in meant if one.target.startswith("/smuggled")}
    print(f"{server}: {len(cases)} cases, {len(meant)} requests meant, {len(heard)} heard; two in {sorted(seen)}")
    assert len(cases) >= 34
    assert heard, "some of it is an ordinary request to the proxy"
    assert smuggled == Counter()
    assert lost == Counter()
    assert seconds <= seen


def test_a_service_that_is_not_strict_hears_more_than_a_trusting_proxy_meant() -> None:
    with listening("stock") as port:
        assert smuggled_past_a_trusting_proxy(port)
