"""Crowds of slow readers, slow stores and silent clients: memory stays flat, others are served.

Small here; `make soak-bars` runs them at the sizes of the bars. ``-s`` prints the figures.
"""

import asyncio
import hashlib
import socket
import time
from collections.abc import AsyncIterator
from collections.abc import Iterator
from contextlib import asynccontextmanager
from contextlib import contextmanager
from contextlib import suppress

import pytest

from tests.abuse.victim import Victim
from tests.programs import running
from tests.transport.servers import KIB
from tests.transport.servers import connected
from tests.transport.servers import get
from tests.transport.servers import only_on_023
from tests.transport.servers import post

MIB = KIB * KIB
GROWTH_MAX_BYTES = 64 * MIB
LATENCY_MAX_SECONDS = 1.0  # ten times the bar
SERVERS = pytest.mark.parametrize("server", ["hypercorn", "uvicorn"])
PIECE = b"y" * 64 * KIB


@asynccontextmanager
async def loaded(server: str) -> AsyncIterator[Victim]:
    """Runs the program."""
    async with running("tests.transport.loaded_program", server) as program:
        yield Victim(program, int((await program.says("port ")).split()[1]), server)


@contextmanager
def crowd(port: int, clients: int, request: bytes) -> Iterator[list[socket.socket]]:
    """Connects clients that ask and then neither read nor write."""
    held = []
    try:
        for _ in range(clients):
            client = socket.socket()
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * KIB)
            client.connect(("127.0.0.1", port))
            client.sendall(request)
            client.setblocking(False)
            held.append(client)
        yield held
    finally:
        for client in held:
            client.close()


async def good_client(port: int, seconds: float) -> list[float]:
    """Says hello twenty times a second; returns how long each answer took."""
    waits = []
    until = time.monotonic() + seconds
    async with connected(port) as client:
        while time.monotonic() < until:
            began = time.monotonic()
            await client.send(get("/hello"))
            assert await client.status() == 200
            await client._reader.readexactly(5)
            waits.append(time.monotonic() - began)
            await asyncio.sleep(0.05)
    return sorted(waits)


def crawl(clients: list[socket.socket]) -> None:
    """Reads a little with each client."""
    for client in clients:
        with suppress(BlockingIOError, ConnectionError):
            client.recv(512)


async def upload(port: int, size_bytes: int) -> str:
    """Uploads; returns the hash that the server made of it."""
    async with connected(port) as client:
        await client.send(post("/store", content_bytes=size_bytes))
        for _ in range(size_bytes // len(PIECE)):
            await client.send(PIECE)
        status, answer = await client.answer(600)
    assert status == 200
    return answer.decode()


def tell(server: str, what: str, grown_bytes: int, waits: list[float]) -> None:
    """Prints the figures."""
    p99 = waits[int(len(waits) * 0.99)] * 1_000
    print(f"{server}: {what}: {grown_bytes / MIB:.1f} MiB more, good client p99 {p99:.0f} ms")


async def read_slowly(server: str, clients: int, seconds: float) -> tuple[int, list[float]]:
    """Has clients read a generated download at a crawl; returns memory and waits."""
    async with loaded(server) as victim:
        await good_client(victim.port, 0.2)
        before = victim.rss_bytes()
        with crowd(victim.port, clients, get("/generated")) as held:
            waiting = asyncio.create_task(good_client(victim.port, seconds))
            while not waiting.done():
                crawl(held)
                await asyncio.sleep(0.1)
            grown = victim.rss_bytes() - before
    tell(server, f"{clients} slow readers", grown, waiting.result())
    return grown, waiting.result()


async def store_slowly(server: str, uploads: int, size_bytes: int) -> tuple[int, list[str]]:
    """Uploads to a store that is slow; returns memory and the hashes."""
    async with loaded(server) as victim:
        await good_client(victim.port, 0.2)
        before = victim.rss_bytes()
        sending = [asyncio.create_task(upload(victim.port, size_bytes)) for _ in range(uploads)]
        most = 0
        while not all(one.done() for one in sending):
            most = max(most, victim.rss_bytes() - before)
            await asyncio.sleep(0.2)
    tell(server, f"{uploads} uploads of {size_bytes / MIB:.0f} MiB", most, [0.0])
    return most, [one.result() for one in sending]


def hash_of(size_bytes: int) -> str:
    """Returns the hash of an upload."""
    return hashlib.sha256(PIECE * (size_bytes // len(PIECE))).hexdigest()


@pytest.mark.slow
@SERVERS
async def test_slow_readers_of_a_generated_download_cost_little(server: str) -> None:
    grown, waits = await read_slowly(server, clients=60, seconds=1)

    assert grown < GROWTH_MAX_BYTES / 5
    assert waits  # all answered


@pytest.mark.slow
@SERVERS
async def test_a_slow_store_holds_its_uploads_back(server: str) -> None:
    grown, hashes = await store_slowly(server, uploads=6, size_bytes=8 * MIB)

    assert grown < 24 * MIB
    assert hashes == [hash_of(8 * MIB)] * 6


@pytest.mark.soak
@SERVERS
async def test_three_hundred_slow_readers(server: str) -> None:
    grown, waits = await read_slowly(server, clients=300, seconds=30)

    assert grown <= GROWTH_MAX_BYTES
    assert waits[int(len(waits) * 0.99)] < LATENCY_MAX_SECONDS


@pytest.mark.soak
@only_on_023
async def test_stock_hypercorn_makes_much_of_slow_readers_and_of_slow_stores() -> None:
    grown, _ = await store_slowly("stock", uploads=6, size_bytes=32 * MIB)

    assert grown > GROWTH_MAX_BYTES


@pytest.mark.soak
@SERVERS
async def test_twenty_uploads_of_200_mib(server: str) -> None:
    grown, hashes = await store_slowly(server, uploads=20, size_bytes=200 * MIB)

    assert grown <= GROWTH_MAX_BYTES
    assert hashes == [hash_of(200 * MIB)] * 20


SLOW = {
    "slow bodies": post("/store", content_bytes=MIB),
    "slow heads": b"GET /he",
    "silent": b"",
}


@pytest.mark.soak
@SERVERS
@pytest.mark.parametrize("what", SLOW)
async def test_five_hundred_slow_clients_are_closed(server: str, what: str) -> None:
    async with loaded(server) as victim:
        began = time.monotonic()
        with crowd(victim.port, 500, SLOW[what]) as held:
            waits = await good_client(victim.port, 25)
            open_still = [client for client in held if not has_ended(client)]
    print(f"{server}: 500 {what}: {len(open_still)} open after {time.monotonic() - began:.0f} s")
    tell(server, what, 0, waits)

    assert open_still == []
    assert waits[int(len(waits) * 0.99)] < LATENCY_MAX_SECONDS


def has_ended(client: socket.socket) -> bool:
    """Tells whether the server has closed."""
    try:
        while client.recv(65_536):
            pass
    except BlockingIOError:
        return False
    except ConnectionError:
        pass
    return True
