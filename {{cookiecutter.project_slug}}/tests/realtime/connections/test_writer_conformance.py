"""What every way to a client keeps to: both writers, over both servers, with real clients."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from app.realtime.connections.outbound import Outbound
from app.realtime.connections.writers import DirectSocketWriter
from app.realtime.connections.writers import DirectStreamWriter
from app.realtime.protocol.chunk import Chunk
from app.realtime.protocol.close_codes import CloseCode
from tests.patience import PATIENCE_SECONDS
from tests.realtime.connections.lanes import Lane
from tests.realtime.connections.lanes import ServerName
from tests.realtime.connections.lanes import lane
from tests.realtime.rig import until

KIB = 1024
SERVERS: tuple[ServerName, ...] = ("hypercorn", "uvicorn")
WAYS = [(server, preframed) for server in SERVERS for preframed in (True, False)]
IDS = [f"{server}-{'direct' if preframed else 'send'}" for server, preframed in WAYS]
# Around each change of the length field of a frame, and more than any buffer on the way.
SIZES = [1, 124, 125, 126, 127, 65_535, 65_536, 200_000, 2, 300_000, 3]


@pytest.fixture(params=WAYS, ids=IDS)
async def opened(request: pytest.FixtureRequest) -> AsyncIterator[Lane]:
    server, preframed = request.param
    async with lane(server, preframed=preframed, outbound_max_bytes=8 * KIB * KIB) as opened:
        yield opened


def numbered(sizes: list[int]) -> list[bytes]:
    return [(b"%d." % number).ljust(size, b"x") for number, size in enumerate(sizes)]


async def lines(client: ClientConnection, count: int) -> list[bytes]:
    """Reads until ``count`` lines have come."""
    found: list[bytes] = []
    while len(found) < count:
        found += str(await client.recv()).encode().split(b"\n")
    return found


async def fill(outbound: Outbound) -> list[bytes]:
    """Writes to a client that does not read until something waits, then a little more."""
    written = []
    for number in range(1_000):
        written.append(b"%d.".ljust(16 * KIB, b"y") % number)
        outbound.put(Chunk(written[-1]))
        await asyncio.sleep(0)
        if outbound.is_busy and outbound.queued_bytes > 64 * KIB:
            return written
    raise AssertionError("nothing ever waits")


@pytest.mark.parametrize("preframed", [True, False])
@pytest.mark.parametrize("server", SERVERS)
async def test_the_setting_decides_how_sockets_and_streams_are_written_to(
    server: ServerName, preframed: bool
) -> None:
    async with lane(server, preframed=preframed) as opened:
        async with opened.socket() as (socket, _):
            is_direct_socket = isinstance(socket.writer, DirectSocketWriter)
        async with httpx.AsyncClient(timeout=60) as web, web.stream("GET", url_of(opened)):
            stream = await opened.accepted.get()
            is_direct_stream = isinstance(stream.writer, DirectStreamWriter)

    assert (is_direct_socket, is_direct_stream) == (preframed, preframed)


async def test_frames_of_every_size_arrive_whole_and_in_order(opened: Lane) -> None:
    sent = numbered(SIZES * 2)

    async with opened.socket() as (outbound, client):
        for number, line in enumerate(sent):
            outbound.put(Chunk(line))
            if number % 3 == 0:
                await asyncio.sleep(0)
        received = await lines(client, len(sent))

    assert received == sent


async def test_the_goodbye_and_the_close_come_after_all_that_waits(opened: Lane) -> None:
    async with opened.socket() as (outbound, client):
        sent = await fill(outbound)
        outbound.close(CloseCode.RESTART, "restart", bye=Chunk(b"bye"))
        outbound.put(Chunk(b"too late"))

        received = await lines(client, len(sent) + 1)
        with pytest.raises(ConnectionClosed):
            await client.recv()

    assert received == [*sent, b"bye"]
    assert client.close_code == CloseCode.RESTART


async def test_what_a_slow_reader_has_not_read_waits_in_the_queue_and_then_goes_out(
    opened: Lane,
) -> None:
    async with opened.socket() as (outbound, client):
        sent = await fill(outbound)
        assert opened.backlog.waiting == {outbound}
        assert opened.backlog.queued_bytes == outbound.queued_bytes

        received = await lines(client, len(sent))
        await until(lambda: not outbound.is_busy)

    assert received == sent
    assert opened.backlog.queued_bytes == 0
    assert not opened.backlog.waiting


@pytest.mark.parametrize(("server", "preframed"), WAYS, ids=IDS)
async def test_a_reader_that_is_too_slow_is_closed_and_holds_nothing(
    server: ServerName, preframed: bool
) -> None:
    async with (
        lane(server, preframed=preframed, outbound_max_bytes=256 * KIB) as opened,
        opened.socket() as (outbound, _),
    ):
        while outbound.closing is None:
            outbound.put(Chunk(b"z" * 16 * KIB))
            await asyncio.sleep(0)

        assert outbound.closing is CloseCode.SLOW
        outbound.overdue()
        assert opened.backlog.queued_bytes == 0


async def test_pongs_of_the_server_come_between_frames_and_never_inside(opened: Lane) -> None:
    sent = numbered([100_000, 10] * 10)

    async with opened.socket() as (outbound, client):
        reading = asyncio.create_task(lines(client, len(sent)))
        pongs = []
        for line in sent:
            pongs.append(await client.ping())
            outbound.put(Chunk(line))
            await asyncio.sleep(0)
        async with asyncio.timeout(PATIENCE_SECONDS):
            received = await reading
            # A client that does not read gets no pong; the next one answers for those before it.
            pongs.append(await client.ping())
            await asyncio.gather(*pongs)

    assert received == sent


async def test_nothing_is_written_once_the_client_has_said_goodbye(opened: Lane) -> None:
    async with opened.socket() as (outbound, client):
        outbound.put(Chunk(b"before"))
        assert await client.recv() == "before"
        await client.close(3000, "going")

        outbound.put(Chunk(b"after"))
        outbound.put(Chunk(b"after"))
        await until(lambda: outbound.closing is not None)

    assert client.close_code == 3000
    assert opened.backlog.queued_bytes == 0


async def test_a_connection_is_cut_in_the_middle_of_what_waits(opened: Lane) -> None:
    async with opened.socket() as (outbound, client):
        await fill(outbound)

        outbound.abort()

        with pytest.raises(ConnectionClosed):
            await lines(client, 1_000)
        assert client.close_code == 1006
    assert opened.backlog.queued_bytes == 0


async def test_a_stream_is_whole_in_order_and_ends(opened: Lane) -> None:
    sent = [line + b"\n\n" for line in numbered(SIZES)]

    async with httpx.AsyncClient(timeout=60) as web, web.stream("GET", url_of(opened)) as response:
        outbound = await opened.accepted.get()
        for chunk in sent:
            outbound.put(Chunk(chunk))
        outbound.close(CloseCode.RESTART, "restart", bye=Chunk(b"bye\n\n"))
        body = await response.aread()

    assert body == b"".join([b": hi\n\n", *sent, b"bye\n\n"])


async def test_a_stream_that_is_cut_ends_without_its_end(opened: Lane) -> None:
    async with httpx.AsyncClient(timeout=60) as web, web.stream("GET", url_of(opened)) as response:
        outbound = await opened.accepted.get()
        outbound.put(Chunk(b"one\n\n"))

        parts = response.aiter_bytes()
        assert await anext(parts) == b": hi\n\n"
        outbound.abort()

        with pytest.raises(httpx.TransportError):
            async for _ in parts:
                pass


async def test_a_client_that_knows_no_chunks_is_left_to_the_server() -> None:
    async with lane("hypercorn", preframed=True) as opened:  # uvicorn sends it chunks all the same
        reader, writer = await asyncio.open_connection("127.0.0.1", opened.port)
        writer.write(b"GET / HTTP/1.0\r\nHost: here\r\n\r\n")
        async with asyncio.timeout(PATIENCE_SECONDS):
            outbound = await opened.accepted.get()
            outbound.put(Chunk(b"one\n\n"))
            outbound.close(CloseCode.RESTART, "restart")
            answer = await reader.read()
        writer.close()
        await writer.wait_closed()

    assert not isinstance(outbound.writer, DirectStreamWriter)
    assert answer.endswith(b"\r\n\r\n: hi\n\none\n\n")


def url_of(opened: Lane) -> str:
    return f"http://127.0.0.1:{opened.port}/"
