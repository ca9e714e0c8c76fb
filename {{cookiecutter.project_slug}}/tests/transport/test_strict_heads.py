"""Heads that can be read in two ways, or are too large: one refusal, and the end."""

import asyncio
import re

import hypercorn.protocol as hypercorn_protocols
import pytest
from hypercorn.protocol.h11 import H11Protocol
from quart import Quart
from quart import request

from tests.patience import PATIENCE_SECONDS
from tests.transport.heads import AMBIGUOUS
from tests.transport.heads import FLOODS
from tests.transport.heads import FOUR
from tests.transport.heads import HOST
from tests.transport.heads import posted
from tests.transport.own_servers import served
from tests.transport.own_servers import settings_of
from tests.transport.servers import Server
from tests.transport.servers import connected
from tests.transport.servers import hypercorn
from tests.transport.servers import uvicorn_server

SERVERS = pytest.mark.parametrize("server", ["hypercorn", "uvicorn"])
REFUSED = {"400", "408", "413", "414", "431", "501", "505"}
H2C = posted(
    b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n",
    b"",
    line=b"GET /echo HTTP/1.1\r\n",
)
LAST = b"GET /echo HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n"


class Seen:
    """What an application was asked for."""

    def __init__(self, app: Quart) -> None:
        self.paths: list[str] = []
        app.before_request(self.note)
        app.route("/echo", methods=["GET", "POST"])(self.echo)

    async def note(self) -> None:
        """Notes the path of a request."""
        self.paths.append(request.path)

    async def echo(self) -> bytes:
        """Returns the body."""
        body: bytes = await request.body
        return b"got " + body


async def said(port: int, data: bytes) -> tuple[list[str], bool]:
    """Sends ``data``; returns the statuses of all answers, and whether the connection ended."""
    answer, has_ended = b"", True
    async with connected(port) as client:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await client.send(data)
                while more := await client._reader.read(65_536):
                    answer += more
        except TimeoutError:
            has_ended = False
        except ConnectionError:
            pass
    return [status.decode() for status in re.findall(rb"HTTP/1\.1 (\d{3})", answer)], has_ended


@SERVERS
async def test_what_can_be_read_in_two_ways_is_refused_once(hardened: Quart, server: str) -> None:
    seen = Seen(hardened)

    async with served(hardened, settings_of(server)) as port:
        told = {name: await said(port, data) for name, data in AMBIGUOUS.items()}

    assert {name: one for name, one in told.items() if len(one[0]) != 1} == {}
    assert {name: one for name, one in told.items() if set(one[0]) - REFUSED} == {}
    assert [name for name, (_, has_ended) in told.items() if not has_ended] == []
    assert "/smuggled" not in seen.paths


@SERVERS
async def test_floods_of_headers_are_refused(hardened: Quart, server: str) -> None:
    Seen(hardened)

    async with served(hardened, settings_of(server)) as port:
        told = {name: await said(port, data) for name, data in FLOODS.items()}

    assert {name: one for name, one in told.items() if one[0] not in (["431"], ["414"])} == {}


@SERVERS
async def test_an_upgrade_to_http_2_without_tls_is_an_ordinary_request(
    hardened: Quart, server: str
) -> None:
    seen = Seen(hardened)

    async with served(hardened, settings_of(server)) as port:
        statuses, has_ended = await said(port, H2C + LAST)

    assert statuses[0] == "200"
    assert "101" not in statuses
    assert seen.paths[0] == "/echo"
    assert has_ended


@SERVERS
async def test_ordinary_requests_follow_each_other_on_one_connection(
    hardened: Quart, server: str
) -> None:
    seen = Seen(hardened)

    async with served(hardened, settings_of(server)) as port:
        statuses, has_ended = await said(port, posted(FOUR, b"abcd") + LAST)

    assert statuses == ["200", "404", "200"]
    assert has_ended
    assert seen.paths == ["/echo", "/smuggled", "/echo"]


@pytest.mark.parametrize(
    ("server", "name"),
    [
        (hypercorn, "length and chunked"),
        (hypercorn, "one line without CR"),
        (hypercorn, "a folded line"),
        (uvicorn_server, "two hosts"),
        (uvicorn_server, "two codings"),
    ],
)
async def test_the_servers_alone_take_it(
    stock: Quart, server: Server, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Seen(stock)
    monkeypatch.setattr(
        hypercorn_protocols, "H11Protocol", H11Protocol
    )  # ours stays once put there

    async with server(stock) as port, connected(port) as client:
        await client.send(AMBIGUOUS[name])

        assert await client.status() == 200
