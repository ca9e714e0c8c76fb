"""Many sockets at once: idle ones that stay, and all that come back after a deploy."""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextlib import nullcontext
from dataclasses import dataclass

import pytest

from app.settings import Settings
from tests.bars.good_client import cores_apart
from tests.bars.good_client import good_client
from tests.bars.service import Service
from tests.bars.service import service
from tests.people import Person
from tests.raw_clients import RawSocket
from tests.raw_clients import allow_open_files

KIB_PER_SOCKET = 64
SLACK = 10
FULL_SOCKETS = 1_000
AT_ONCE = 50
GREETING = '{"type":"hello","id":1,"client":"t"}'
ROOMY = {
    "REALTIME_CONNECTIONS_PER_USER": "100000",
    "REALTIME_CONNECTIONS_PER_ADDRESS": "100000",
    "IDENTITY_SESSION_CACHE_SECONDS": "0",  # so that every handshake has to look
}


@dataclass(frozen=True)
class Size:
    """How many sockets, how long they stay, how often they are pinged, how many may come."""

    sockets: int
    stay_seconds: float
    ping_seconds: float
    handshakes_per_second: int

    @asynccontextmanager
    async def apart(self, up: Service) -> AsyncIterator[None]:
        """Gives the service a core of its own, when this is a bar in full."""
        with cores_apart(up) if self.sockets >= FULL_SOCKETS else nullcontext():
            yield


# The small ones ask for so little a second that a slow machine brings it about as well.
SMALL_IDLE = Size(200, 3, 1, 100)
SMALL_STORM = Size(60, 0, 20, 10)
FULL_IDLE = Size(5_000, 120, 20, 1_000)
FULL_STORM = Size(2_000, 0, 20, 120)


def sizes(small: Size, full: Size) -> pytest.MarkDecorator:
    """Runs a test small among the slow ones, and in full in ``make soak``."""
    return pytest.mark.parametrize(
        "size",
        [
            pytest.param(small, marks=pytest.mark.slow, id="small"),
            pytest.param(full, marks=pytest.mark.soak, id="full"),
        ],
    )


def environment(size: Size) -> dict[str, str]:
    """Returns the settings for a size."""
    return {
        **ROOMY,
        "REALTIME_PING_SECONDS": str(size.ping_seconds),
        "REALTIME_HANDSHAKES_PER_SECOND": str(size.handshakes_per_second),
    }


class Returning:
    """A page that comes back until it is let in."""

    def __init__(self, settings: Settings, person: Person) -> None:
        self._port = settings.server.port
        self._headers = {"Cookie": person.cookie, "Origin": settings.public_url}
        self.refusals: list[str] = []
        self.goodbyes: list[str] = []
        self.tries = 0

    async def come(self, gate: asyncio.Semaphore | None = None) -> RawSocket:
        """Returns the greeted socket."""
        while True:
            self.tries += 1
            async with gate or asyncio.Semaphore():
                client = await self._try()
            if client is not None:
                return client
            await asyncio.sleep(random.uniform(0.5, 1.5))

    async def _try(self) -> RawSocket | None:
        """Returns the greeted socket; None when it was told to come back."""
        try:
            client = await RawSocket.connect(self._port, "/realtime/socket", self._headers)
        except ConnectionRefusedError as refusal:
            self.refusals.append(str(refusal))
            return None
        client.send(GREETING)
        answer = await client.receive()
        if '"result"' in answer:
            return client
        client.close()
        self.goodbyes.append(answer)
        return None


async def connected(up: Service, many: int) -> None:
    """Waits until the service has so many sockets."""
    async with up.client() as client, asyncio.timeout(300):
        while True:
            answer = await client.get(f"{up.settings.public_url}/bars/sockets")
            if int(answer.text) >= many:
                return
            await asyncio.sleep(0.1)


async def pongs(client: RawSocket) -> int:
    """Answers every ping until it is cancelled; returns how many there were."""
    count = 0
    try:
        while True:
            if '"ping"' in await client.receive():
                count += 1
                client.send('{"type":"pong"}')
    except asyncio.CancelledError:
        return count
    finally:
        client.close()


@sizes(SMALL_IDLE, FULL_IDLE)
async def test_idle_sockets_stay_and_are_light(size: Size, settings: Settings, ada: Person) -> None:
    """L1."""
    allow_open_files(2 * size.sockets + 500)
    visitor = Returning(settings, ada)
    gate = asyncio.Semaphore(AT_ONCE)

    async def stay() -> int:
        return await pongs(await visitor.come(gate))

    async with service(settings, **environment(size)) as up, size.apart(up):
        first = [asyncio.create_task(stay()) for _ in range(AT_ONCE)]
        await connected(up, AT_ONCE)
        before = up.resident_kib()
        rest = [asyncio.create_task(stay()) for _ in range(size.sockets - AT_ONCE)]
        await connected(up, size.sockets)
        async with good_client(up) as good:
            ended, _ = await asyncio.wait(
                [*first, *rest], timeout=size.stay_seconds, return_when=asyncio.FIRST_COMPLETED
            )
        weight = (up.resident_kib() - before) / len(rest)
        for one in (*first, *rest):
            one.cancel()
        counts = await asyncio.gather(*first, *rest)

    worst = good.worst_but_one_percent
    print(f"{size.sockets} idle: {weight:.1f} KiB each, {min(counts)} pings, {worst:.3f} s")
    assert ended == set(), "a socket was dropped"
    assert min(counts) >= 1
    assert weight <= KIB_PER_SOCKET
    assert size.sockets < FULL_SOCKETS or worst < 0.1 * SLACK


@sizes(SMALL_STORM, FULL_STORM)
async def test_who_comes_back_after_a_deploy_is_let_in_or_told_when(
    size: Size, settings: Settings, ada: Person
) -> None:
    """L2: all at once, and each handshake looks at the session in PostgreSQL."""
    allow_open_files(2 * size.sockets + 500)
    visitors = [Returning(settings, ada) for _ in range(size.sockets)]
    async with (
        service(settings, **environment(size)) as up,
        size.apart(up),
        good_client(up) as good,
    ):
        began = time.monotonic()
        clients = await asyncio.gather(*(visitor.come() for visitor in visitors))
        took = time.monotonic() - began
        async with up.client() as client:
            answer = await client.get(f"{settings.public_url}/bars/lookups")
        for one in clients:
            one.close()

    refusals = [refusal for visitor in visitors for refusal in visitor.refusals]
    goodbyes = [goodbye for visitor in visitors for goodbye in visitor.goodbyes]
    worst = good.worst_but_one_percent
    print(
        f"{size.sockets} came back in {took:.1f} s, {len(refusals)} + {len(goodbyes)} told to "
        f"wait, {answer.text} lookups, {worst:.3f} s"
    )
    assert refusals or goodbyes, "nobody was held back"
    assert all('"retry":true' in one for one in goodbyes)
    assert all(" 503 " in one and "retry-after:" in one.lower() for one in refusals)
    assert 1 <= int(answer.text) <= sum(visitor.tries for visitor in visitors)
    assert took < 20 * SLACK
    assert size.sockets < FULL_SOCKETS or worst < 0.5 * SLACK


@pytest.mark.slow
async def test_without_a_rate_everybody_is_let_in_at_once(settings: Settings, ada: Person) -> None:
    visitors = [Returning(settings, ada) for _ in range(SMALL_STORM.sockets)]
    boundless = {**environment(SMALL_STORM), "REALTIME_HANDSHAKES_PER_SECOND": "100000"}
    async with service(settings, **boundless):
        clients = await asyncio.gather(*(visitor.come() for visitor in visitors))
        for one in clients:
            one.close()

    assert [refusal for visitor in visitors for refusal in visitor.refusals] == []
