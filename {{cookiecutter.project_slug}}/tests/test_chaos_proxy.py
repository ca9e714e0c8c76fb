"""The proxy does what it says: otherwise the fault tests would prove nothing."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.chaos_proxy import TO_CLIENT
from tests.chaos_proxy import TO_SERVER
from tests.chaos_proxy import ChaosProxy
from tests.patience import PATIENCE_SECONDS

MEANWHILE_SECONDS = 0.1  # in which what does not come would have come


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    except ConnectionResetError:
        return
    finally:
        writer.close()


@pytest.fixture
async def proxy() -> AsyncIterator[ChaosProxy]:
    """Yields a proxy in front of a server that sends everything back."""
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    async with ChaosProxy(server.sockets[0].getsockname()) as made:
        yield made
    server.close()


class Caller:
    """A client of the echo."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def hears(self, data: bytes) -> bool:
        """Sends ``data`` and tells whether it comes back."""
        self.writer.write(data)
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self.reader.readexactly(len(data)) == data

    async def hears_nothing(self, data: bytes) -> bool:
        """Sends ``data`` and tells whether nothing comes back for a moment."""
        self.writer.write(data)
        try:
            async with asyncio.timeout(MEANWHILE_SECONDS):
                return not await self.reader.read(1)
        except TimeoutError:
            return True


@pytest.fixture
async def call(proxy: ChaosProxy) -> AsyncIterator[Caller]:
    """Yields a connection through the proxy that has worked."""
    made = Caller(*await asyncio.open_connection("127.0.0.1", proxy.port))
    assert await made.hears(b"hello")
    yield made
    made.writer.close()


async def test_a_cut_is_a_reset_and_the_next_connection_works(
    proxy: ChaosProxy, call: Caller
) -> None:
    proxy.cut()

    with pytest.raises(ConnectionResetError):
        await asyncio.wait_for(call.reader.read(1), PATIENCE_SECONDS)
    again = Caller(*await asyncio.open_connection("127.0.0.1", proxy.port))
    assert await again.hears(b"again")
    again.writer.close()


async def test_who_is_refused_is_reset(proxy: ChaosProxy, call: Caller) -> None:
    proxy.is_refusing = True

    refused = Caller(*await asyncio.open_connection("127.0.0.1", proxy.port))
    with pytest.raises(ConnectionResetError):
        await asyncio.wait_for(refused.reader.read(1), PATIENCE_SECONDS)

    assert await call.hears(b"still here")
    assert proxy.accepted == 2
    refused.writer.close()


async def test_a_stall_delays_and_loses_nothing(proxy: ChaosProxy, call: Caller) -> None:
    proxy.stall()
    assert await call.hears_nothing(b"waiting")

    proxy.flow()

    assert await asyncio.wait_for(call.reader.readexactly(7), PATIENCE_SECONDS) == b"waiting"


async def test_new_connections_stall_only_if_told(proxy: ChaosProxy, call: Caller) -> None:
    proxy.stall(new_ones=False)
    second = Caller(*await asyncio.open_connection("127.0.0.1", proxy.port))

    assert await second.hears(b"new")
    assert await call.hears_nothing(b"old")
    second.writer.close()


async def test_a_half_open_connection_swallows_for_good(proxy: ChaosProxy, call: Caller) -> None:
    proxy.half_open()

    assert await call.hears_nothing(b"into the void")
    proxy.flow()
    assert await call.hears_nothing(b"still")
    assert proxy.connections == 1


async def test_one_direction_can_be_deaf(proxy: ChaosProxy, call: Caller) -> None:
    before = dict(proxy.passed_bytes)
    proxy.half_open(TO_CLIENT)

    assert await call.hears_nothing(b"12345")

    async with asyncio.timeout(PATIENCE_SECONDS):
        while proxy.passed_bytes[TO_SERVER] < before[TO_SERVER] + 5:  # noqa: ASYNC110
            await asyncio.sleep(0.005)
    assert proxy.passed_bytes == {**before, TO_SERVER: before[TO_SERVER] + 5}


async def test_latency_counts_both_ways(proxy: ChaosProxy, call: Caller) -> None:
    loop = asyncio.get_running_loop()
    proxy.latency_seconds = 0.1

    began = loop.time()
    call.writer.write(b"x")
    await asyncio.wait_for(call.reader.readexactly(1), PATIENCE_SECONDS)

    assert loop.time() - began >= 0.2


async def test_slices_arrive_one_by_one(proxy: ChaosProxy, call: Caller) -> None:
    proxy.slice_bytes = 1

    call.writer.write(bytes(range(100)))
    parts = [await call.reader.read(100)]
    while sum(map(len, parts)) < 100:
        parts.append(await call.reader.read(100))

    assert b"".join(parts) == bytes(range(100))
    assert len(parts) > 3


async def test_a_rate_is_kept(proxy: ChaosProxy, call: Caller) -> None:
    loop = asyncio.get_running_loop()
    proxy.bytes_per_second, proxy.slice_bytes = 10_000, 500

    began = loop.time()
    call.writer.write(bytes(2_000))
    await asyncio.wait_for(call.reader.readexactly(2_000), PATIENCE_SECONDS)

    assert loop.time() - began >= 0.15


async def test_a_farewell_is_passed_on(proxy: ChaosProxy, call: Caller) -> None:
    call.writer.write(b"last")
    call.writer.write_eof()

    assert await asyncio.wait_for(call.reader.read(), PATIENCE_SECONDS) == b"last"
