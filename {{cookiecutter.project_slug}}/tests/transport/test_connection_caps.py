"""More connections than are kept: refused at once, with few lines in the log, soon forgotten."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from contextlib import asynccontextmanager
from contextlib import suppress

import pytest
from quart import Quart
from quart import websocket
from structlog.testing import capture_logs
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import InvalidStatus

from app.settings import RealtimeSettings
from app.settings import Settings
from app.settings import WebSettings
from app.transport.connection_caps import ConnectionCaps
from app.transport.connection_caps import refused_connections
from app.web.meters import RefusedConnections
from tests.programs import Program
from tests.programs import eventually
from tests.programs import running
from tests.sockets import connect
from tests.transport.own_servers import served
from tests.transport.own_servers import settings_of
from tests.transport.servers import RawClient
from tests.transport.servers import connected
from tests.transport.servers import get

SERVERS = pytest.mark.parametrize("server", ["hypercorn", "uvicorn"])
CAP = 8
OPEN_FILES = 64
FLOOD = 150
LINES_PER_SECOND = 10


def capped(server: str, *, total: int = CAP, per_address: int = CAP, hops: int = 0) -> Settings:
    """Returns settings with few connections; the realtime core's own limits are as low."""
    settings = settings_of(
        server,
        realtime=RealtimeSettings.model_construct(
            connections_per_process=1, connections_per_address=1
        ),
        web=WebSettings.model_construct(trusted_proxy_hops=hops),
    )
    named = settings.server.model_copy(
        update={"connections": total, "connections_per_address": per_address}
    )
    return settings.model_copy(update={"server": named})


@pytest.fixture
def app(hardened: Quart) -> Quart:
    """Returns an application that says hello, and echoes."""

    @hardened.get("/")
    async def hello() -> str:
        return "hello"

    @hardened.websocket("/echo")
    async def echo() -> None:
        while True:
            await websocket.send(await websocket.receive())

    return hardened


@asynccontextmanager
async def from_address(port: int, address: str) -> AsyncIterator[RawClient]:
    """Connects from another address of the loopback interface."""
    ends = await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0))
    client = RawClient(*ends)
    try:
        yield client
    finally:
        client.abort()


async def outcome(client: RawClient) -> int:
    """Asks for a page; returns the status, 0 when the connection is cut instead."""
    with suppress(ConnectionError, asyncio.IncompleteReadError):
        await client.send(get("/"))
        return await client.status()
    return 0


async def soon_let_in(port: int) -> bool:
    """Returns whether a new connection is served within a second."""
    async with asyncio.timeout(60):
        while True:
            async with connected(port) as client:
                if await outcome(client) == 200:
                    return True
            await asyncio.sleep(0.02)


async def soon_open(port: int) -> ClientConnection:
    """Opens a WebSocket, as soon as there is a place for it."""
    async with asyncio.timeout(60):
        while True:
            with suppress(InvalidStatus, ConnectionError):
                return await connect(f"ws://127.0.0.1:{port}/echo")
            await asyncio.sleep(0.02)


@SERVERS
async def test_one_connection_too_many_is_refused_until_another_ends(
    app: Quart, server: str
) -> None:
    async with served(app, capped(server)) as port:
        async with AsyncExitStack() as stack:
            clients = [await stack.enter_async_context(connected(port)) for _ in range(2 * CAP)]
            outcomes = [await outcome(client) for client in clients]
        recovered = await soon_let_in(port)

    assert outcomes[:CAP] == [200] * CAP
    assert set(outcomes[CAP:]) <= {503, 0}
    assert recovered


@SERVERS
async def test_an_address_has_its_own_share(app: Quart, server: str) -> None:
    async with (
        served(app, capped(server, total=3, per_address=1)) as port,
        connected(port) as first,
        connected(port) as second,
        from_address(port, "127.0.0.2") as other,
    ):
        outcomes = [await outcome(client) for client in (first, second, other)]

    assert outcomes[0] == outcomes[2] == 200
    assert outcomes[1] in {503, 0}


async def test_behind_a_proxy_all_connections_come_from_one_address(app: Quart) -> None:
    async with (
        served(app, capped("hypercorn", total=3, per_address=1, hops=1)) as port,
        connected(port) as first,
        connected(port) as second,
    ):
        assert [await outcome(client) for client in (first, second)] == [200, 200]


@SERVERS
async def test_a_socket_counts_for_as_long_as_it_is_open(app: Quart, server: str) -> None:
    async with served(app, capped(server, total=1)) as port:
        for _ in range(3):
            open_socket = await soon_open(port)
            async with connected(port) as other:
                assert await outcome(other) in {503, 0}
            await open_socket.send("still here")
            assert await open_socket.recv() == "still here"
            await open_socket.close()


def test_a_flood_is_one_line_in_ten_seconds() -> None:
    now = 0.0
    caps = ConnectionCaps(total=0, per_address=None, clock=lambda: now)

    with capture_logs() as lines:
        for _ in range(1_000):
            caps.admit("10.0.0.1")
        now = 10.0
        caps.admit("10.0.0.1")

    assert [line["refused"] for line in lines] == [1, 1_000]


def test_each_refusal_is_counted_by_what_was_used_up() -> None:
    before = refused_connections()
    caps = ConnectionCaps(total=2, per_address=1)

    admitted = [caps.admit(address) for address in ("one", "one", "two", "three", "four")]

    after = refused_connections()
    assert admitted == [True, False, True, False, False]
    assert {name: after[name] - before[name] for name in after} == {"address": 1, "process": 2}
    (family,) = RefusedConnections().collect()
    assert {one.labels["reason"]: one.value for one in family.samples} == after


@asynccontextmanager
async def flooded(server: str) -> AsyncIterator[Program]:
    """Yields a process with more connections than descriptors."""
    given = ("tests.transport.flooded_program", server, str(OPEN_FILES))
    async with running(*given) as program:
        port = int((await program.says("port ")).split()[1])
        held = [socket.create_connection(("127.0.0.1", port)) for _ in range(FLOOD)]
        try:
            yield program
        finally:
            for one in held:
                one.close()


@pytest.mark.slow
@SERVERS
async def test_more_connections_than_descriptors_fill_no_log(server: str) -> None:
    async with flooded(server) as program:
        began = time.monotonic()
        await asyncio.sleep(1)  # not a wait: the rate of lines is what is measured
        assert len(program.lines) / (time.monotonic() - began) <= LINES_PER_SECOND


@pytest.mark.slow
async def test_stock_hypercorn_logs_every_connection_that_it_cannot_take() -> None:
    async with flooded("stock") as program:
        lines = 20 * LINES_PER_SECOND
        assert await eventually(lambda: len(program.lines) > lines, within_seconds=60)
