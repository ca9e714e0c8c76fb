"""An owner of thousands of devices is shut out: all of their sockets close, and nobody else's."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from collections.abc import Sequence
from contextlib import AsyncExitStack
from contextlib import asynccontextmanager
from uuid import UUID

import pytest
from quart import Quart

from app.database import Database
from app.features.devices.simulator.registering import register
from app.features.devices.tokens import Tokens
from app.resources import resources_of
from app.settings import Settings
from tests.features.devices.test_weight import PLAIN
from tests.features.devices.test_weight import connected
from tests.people import join
from tests.ports import free_port
from tests.programs import answers
from tests.programs import environment_of
from tests.programs import running
from tests.raw_clients import RawSocket
from tests.raw_clients import allow_open_files

PEOPLE = "Root", "Ada", "Grace"
DEVICES, OTHERS = 2_000, 20
AT_ONCE = 20
UNAUTHENTICATED = 4401
HANG_SECONDS = 600.0
SPARE_FILES = 500


@asynccontextmanager
async def processes(settings: Settings, count: int) -> AsyncIterator[list[int]]:
    """Runs that many processes of the service, each on a port of its own."""
    ports = [free_port() for _ in range(count)]
    async with AsyncExitStack() as stack:
        for port in ports:
            told = environment_of(settings, **PLAIN, SERVER_PORT=str(port))
            await stack.enter_async_context(running("app", "serve", environment=told))
        for port in ports:
            await answers(f"http://127.0.0.1:{port}/readyz", status=200)
        yield ports


async def connect_all(ports: Sequence[int], made: dict[UUID, str]) -> list[RawSocket]:
    """Connects devices to one process after the other."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def come(number: int, device_id: UUID, token: str) -> RawSocket:
        async with gate:
            return await connected(ports[number % len(ports)], device_id, token)

    return list(await asyncio.gather(*(come(n, *one) for n, one in enumerate(made.items()))))


async def ends(sockets: Sequence[RawSocket], since: float) -> list[tuple[int, float]]:
    """Returns how each socket was closed, and how long after that moment."""

    async def end(socket: RawSocket) -> tuple[int, float]:
        return await socket.close_code(), time.monotonic() - since

    return list(await asyncio.gather(*(end(socket) for socket in sockets)))


@pytest.mark.soak
@pytest.mark.parametrize("count", [1, 2])
async def test_all_devices_of_an_owner_are_closed_in_whatever_process_they_are(
    app: Quart, settings: Settings, database: Database, count: int
) -> None:
    admin, ada, _ = [await join(app, name, is_admin=name == "Root") for name in PEOPLE]
    tokens = Tokens(database, prefix="dev_")
    hers = await register(database, tokens, email="ada@example.com", count=DEVICES)
    others = await register(database, tokens, email="grace@example.com", count=OTHERS)
    allow_open_files(DEVICES + OTHERS + SPARE_FILES)
    async with processes(settings, count) as ports, asyncio.timeout(HANG_SECONDS):
        stay = await connect_all(ports, others)
        sockets = await connect_all(ports, hers)
        began = time.monotonic()
        closing = asyncio.create_task(ends(sockets, began))

        await resources_of(app).identity.people.disable(admin.principal, ada.principal.own_id)
        told = await closing

        for socket in stay:
            socket.send('{"type": "call", "id": 2, "method": "readings.last", "data": null}')
            assert '"last":0' in await socket.receive()
            socket.close()

    seconds = sorted(after for _, after in told)
    print(
        f"{DEVICES} devices on {count} processes: the first closed after {seconds[0]:.2f} s, half "
        f"after {seconds[DEVICES // 2]:.2f}, the last after {seconds[-1]:.2f}"
    )
    assert Counter(code for code, _ in told) == {UNAUTHENTICATED: DEVICES}
