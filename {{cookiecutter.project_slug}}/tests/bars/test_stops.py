"""SIGTERM to the running service under load: what is open, what is stuck, what comes late."""

import asyncio
import signal
import socket
import time

import pytest

from app.settings import Settings
from tests.bars.service import Service
from tests.bars.service import service
from tests.patience import PATIENCE_SECONDS
from tests.people import Person
from tests.ports import free_port
from tests.programs import answers
from tests.programs import running
from tests.raw_clients import RawSocket
from tests.raw_clients import RawStream
from tests.raw_clients import allow_open_files
from tests.serving.test_drain import open_crowd

WINDOW_SECONDS = 1.0
MANY = {
    "REALTIME_CONNECTIONS_PER_USER": "1000",
    "REALTIME_DRAIN_WINDOW_SECONDS": str(WINDOW_SECONDS),
    "SERVER_REQUEST_GRACE_SECONDS": "20",
}
STOCK_SECONDS = 3.0


async def busy(up: Service, seconds: float, many: int) -> "asyncio.Task[list[int]]":
    """Sends slow requests, and waits until the service is answering all of them."""

    async def ask() -> list[int]:
        path = f"/bars/slow/{seconds}"
        return [one.status for one in await up.ask_at_once("GET", *[path] * many)]

    asked = asyncio.create_task(ask())
    async with asyncio.timeout(60), up.client() as client:
        while (await client.get(f"{up.settings.public_url}/bars/slow")).text != str(many):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    return asked


async def ended(client: RawSocket) -> tuple[int, float]:
    """Waits for the end of a socket; returns its code and when it came."""
    return await client.close_code(), time.monotonic()


@pytest.mark.parametrize(
    "each",
    [pytest.param(20, marks=pytest.mark.slow), pytest.param(200, marks=pytest.mark.soak)],
)
async def test_sigterm_under_load_costs_nobody_anything(
    each: int, settings: Settings, ada: Person
) -> None:
    """F4: sockets, streams and slow requests, as many of each; a deadline that came would show."""
    allow_open_files(4096)
    async with service(settings, **MANY) as up:
        crowd = await open_crowd(settings, ada, sockets=each, streams=each)
        asked = await busy(up, 3.0 if each < 100 else 8.0, each)
        closing = [asyncio.create_task(ended(one)) for one in crowd.sockets]
        began = time.monotonic()
        up.program.send(signal.SIGTERM)
        code = await up.program.ended()
        took = time.monotonic() - began
        statuses = await asked
        codes, times = zip(*[await one for one in closing], strict=True)
        ends = [await stream.ends_in_order() for stream in crowd.streams]

    spread = max(times) - min(times)
    print(f"SIGTERM with {each} of each: {took:.2f} s, closes spread over {spread:.2f} s")
    assert code == 0, up.program.output
    assert statuses == [200] * each
    assert set(codes) == {1012}
    assert ends == [True] * each
    assert spread >= WINDOW_SECONDS / 5


@pytest.mark.slow
async def test_a_second_sigterm_ends_a_process_with_a_stuck_view(settings: Settings) -> None:
    """F5: the view does not even listen to being cancelled."""
    patient = {"SERVER_REQUEST_GRACE_SECONDS": "60", "REALTIME_DRAIN_WINDOW_SECONDS": "0"}
    async with service(settings, **patient) as up:
        asked = asyncio.create_task(up.ask_at_once("GET", "/bars/stuck"))
        await up.program.says("stuck from now on")
        up.program.send(signal.SIGTERM)
        await up.program.says("draining")
        began = time.monotonic()
        up.program.send(signal.SIGTERM)
        code = await up.program.ended()
        took = time.monotonic() - began
        await asked

    named = [line for line in up.program.lines if "stopped_by_force" in line]
    print(f"second SIGTERM: {took:.2f} s, {named}")
    assert code not in {0, -9}
    assert len(named) == 1
    assert "/bars/stuck" in named[0]
    assert "second signal" in named[0]


@pytest.mark.slow
async def test_who_comes_late_is_refused_and_never_left_hanging(settings: Settings) -> None:
    """F6: while the last request is being answered, and the port is closed already."""
    quick = {"SERVER_REQUEST_GRACE_SECONDS": "20", "REALTIME_DRAIN_WINDOW_SECONDS": "0"}
    async with service(settings, **quick) as up:
        asked = await busy(up, 3.0, 1)
        up.program.send(signal.SIGTERM)
        await up.program.says("draining")
        late = [(await up.ask_at_once("GET", "/livez"))[0] for _ in range(20)]
        statuses = await asked
        code = await up.program.ended()

    slowest = max(one.seconds for one in late)
    print(f"late: {sorted({one.status for one in late})}, slowest {slowest:.2f} s")
    assert {one.status for one in late} <= {0, 200, 503}
    assert late[-1].status in {0, 503}
    assert slowest < PATIENCE_SECONDS
    assert statuses == [200]
    assert code == 0


@pytest.mark.slow
async def test_stock_hypercorn_cuts_a_stream_or_never_ends() -> None:
    """The twin of F4 and F5: before Python 3.12 it cuts, since then it waits for ever."""
    port = free_port()
    async with running("tests.bars.stock_program", str(port)) as stock:
        await answers(f"http://127.0.0.1:{port}/ready", status=200)
        stream = await RawStream.connect(port, "/events", {})
        stock.send(signal.SIGTERM)
        stock.send(signal.SIGTERM)
        try:
            async with asyncio.timeout(STOCK_SECONDS):
                is_in_order = await stream.ends_in_order()
        except TimeoutError:
            is_in_order = False
        with socket.socket() as probe:
            is_open = probe.connect_ex(("127.0.0.1", port)) == 0

    assert not is_in_order
    assert not is_open
