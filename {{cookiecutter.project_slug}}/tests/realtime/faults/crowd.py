"""Thousands of the cheapest sockets there are, all in one room of one node."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from collections.abc import Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tests.raw_clients import RawSocket
from tests.raw_clients import allow_open_files
from tests.realtime.faults.nodes import ORIGIN

HANDSHAKES_AT_ONCE = 100
SPARE_FILES = 200
ROOM = ("room:crowd",)
# One person at one address, who comes as fast as the machine can.
ROOM_FOR_A_CROWD = {
    "REALTIME_CONNECTIONS_PER_USER": "100000",
    "REALTIME_CONNECTIONS_PER_ADDRESS": "100000",
    "REALTIME_HANDSHAKES_PER_SECOND": "100000",
}


@dataclass(frozen=True)
class End:
    """How one socket ended, when, and which messages it had been sent until then."""

    code: int
    at: float
    offsets: Sequence[int]


@asynccontextmanager
async def crowd(
    port: int, size: int, *, topics: Sequence[str] = ROOM
) -> AsyncIterator[list[RawSocket]]:
    """Yields so many greeted sockets, each with all of ``topics``; hangs up."""
    wishes = ",".join(f'{{"topic":"{topic}"}}' for topic in topics)
    hello = f'{{"type":"hello","id":1,"client":"t","subscriptions":[{wishes}]}}'
    allow_open_files(2 * size + SPARE_FILES)
    gate = asyncio.Semaphore(HANDSHAKES_AT_ONCE)

    async def come() -> RawSocket:
        async with gate:
            headers = {"Cookie": "session=crowd", "Origin": ORIGIN}
            client = await RawSocket.connect(port, "/realtime/socket", headers)
            client.send(hello)
            assert '"result"' in await client.receive()
            return client

    clients = await asyncio.gather(*(come() for _ in range(size)))
    try:
        yield clients
    finally:
        for client in clients:
            client.close()
        await asyncio.gather(*(client.gone() for client in clients))


async def ends_of(clients: Sequence[RawSocket]) -> list[End]:
    """Waits until all have ended."""
    return await asyncio.gather(*map(_end_of, clients))


async def _end_of(client: RawSocket) -> End:
    code = await client.close_code()
    at = time.monotonic()
    frames = [json.loads(line) for text in client.texts for line in text.split("\n")]
    return End(code, at, [frame["offset"] for frame in frames if frame["type"] == "message"])
