"""What the Caddyfile promises, tried with the real Caddy in front of a server that tells what reached it."""

import asyncio
import subprocess
from collections.abc import Iterator

import httpx
import pytest

from tests.proxy.caddy import CADDY
from tests.proxy.caddy import CADDYFILE
from tests.proxy.caddy import Edge
from tests.proxy.caddy import in_front_of
from tests.proxy.http3 import get_over_http3
from tests.proxy.upstream import Upstream
from tests.proxy.upstream import upstream

MIB = 1024 * 1024
LEAVE_SECONDS_HANG_GUARD = 60.0


@pytest.fixture(scope="module")
def server() -> Iterator[Upstream]:
    with upstream() as server:
        yield server


@pytest.fixture(scope="module")
def edge(server: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    with in_front_of(server.server_address[1], tmp_path_factory.mktemp("caddy")) as edge:
        yield edge


def test_the_caddyfile_is_formatted_as_caddy_would() -> None:
    formatted = subprocess.run([CADDY, "fmt", CADDYFILE], capture_output=True, text=True).stdout

    assert formatted == CADDYFILE.read_text()


def test_http_2_is_agreed_on_over_tls(edge: Edge) -> None:
    with edge.client() as client:
        answer = client.get("/")

    assert answer.http_version == "HTTP/2"
    assert answer.json()["path"] == "/"


def test_http_3_is_offered_and_works(edge: Edge) -> None:
    with edge.client() as client:
        offered = client.get("/").headers["alt-svc"]

    status, body = asyncio.run(get_over_http3("localhost", edge.port, "/over-http-3", edge.authority))

    assert f'h3=":{edge.port}"' in offered
    assert status == 200
    assert b'"/over-http-3"' in body


def test_plain_http_is_redirected_to_tls(edge: Edge) -> None:
    answer = httpx.get(f"http://localhost:{edge.http_port}/chat?page=2")

    assert answer.status_code == 308
    assert answer.headers["location"] == "https://localhost/chat?page=2"


@pytest.mark.parametrize("path", ["/api/v1/accounts/me", "/realtime/commands"])
def test_programs_are_refused_there_so_that_they_notice(edge: Edge, path: str) -> None:
    answer = httpx.get(f"http://localhost:{edge.http_port}{path}", headers={"Authorization": "Bearer app_x"})

    assert answer.status_code == 403
    assert "location" not in answer.headers
    assert "https" in answer.text


def test_an_event_arrives_while_its_stream_is_open_and_uncompressed(edge: Edge, server: Upstream) -> None:
    server.left.clear()

    with edge.client() as client, client.stream("GET", "/realtime/events") as answer:
        first = next(answer.iter_bytes())
        open_when_it_arrived = not server.left.is_set()

    assert first == b"data: first\n\n"
    assert open_when_it_arrived
    assert "content-encoding" not in answer.headers


def test_a_stream_that_its_reader_left_ends_at_the_service(edge: Edge, server: Upstream) -> None:
    server.left.clear()

    with edge.client() as client, client.stream("GET", "/realtime/events") as answer:
        next(answer.iter_bytes())

    assert server.left.wait(LEAVE_SECONDS_HANG_GUARD)


def test_a_client_cannot_forge_where_it_comes_from(edge: Edge) -> None:
    forged = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "http", "X-Forwarded-Host": "evil.example"}

    with edge.client(headers=forged) as client:
        seen = client.get("/").json()

    assert seen["x-forwarded-for"] == "127.0.0.1"
    assert seen["x-forwarded-proto"] == "https"
    assert seen["x-forwarded-host"] == f"localhost:{edge.port}"
    assert seen["host"] == f"localhost:{edge.port}"


@pytest.mark.parametrize("path", ["/readyz", "/metrics", "/%72eadyz", "/READYZ"])
def test_what_is_for_the_engine_does_not_leave(edge: Edge, path: str) -> None:
    with edge.client() as client:
        answer = client.get(path)

    assert answer.status_code == 404


def test_what_is_for_everybody_does(edge: Edge) -> None:
    with edge.client() as client:
        answer = client.get("/livez")

    assert answer.status_code == 200


def test_a_body_within_the_limit_passes_and_a_larger_one_is_refused(edge: Edge) -> None:
    with edge.client(http2=False) as client:
        small = client.post("/", content=b"x" * MIB)
        large = client.post("/", content=b"x" * 20 * MIB)

    assert small.text == str(MIB)
    assert large.status_code == 413


def test_answers_do_not_name_the_proxy(edge: Edge) -> None:
    with edge.client() as client:
        names = set(client.get("/").headers)

    assert names.isdisjoint({"server", "via"})
