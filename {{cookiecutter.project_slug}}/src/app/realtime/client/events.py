"""Server-sent events over HTTP/1.1: one request, and its events until the stream ends."""

import asyncio
from collections.abc import AsyncGenerator
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import aclosing
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlencode

import h11

from app.realtime.client.failures import SignedOut
from app.realtime.client.wire import MESSAGE_MAX_BYTES
from app.realtime.client.wire import Address

STREAM_PATH = "/realtime/events"
SILENCE_SECONDS = 45.0  # the server comments every fifteen
READ_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Event:
    """One event; ``id`` is where the stream is after it."""

    type: str
    data: bytes
    id: str


class EventLines:
    """Puts events together from bytes (HTML, section 9.2.6), as far as our server uses them."""

    def __init__(self) -> None:
        self._rest = b""
        self._fields: dict[str, bytes] = {}

    def feed(self, data: bytes) -> Iterator[Event]:
        """Takes bytes and returns the events that they finish.

        Raises:
            ConnectionError: a line has no end.
        """
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > MESSAGE_MAX_BYTES:
            raise ConnectionError("an event is too long")
        for line in lines:
            name, _, value = line.removesuffix(b"\r").partition(b":")
            if name:
                self._fields[name.decode()] = value.removeprefix(b" ")
            elif not line.strip() and "data" in self._fields:
                fields, self._fields = self._fields, {}
                kind, place = fields.get("event", b"message"), fields.get("id", b"")
                yield Event(kind.decode(), fields["data"], place.decode())


async def events_of(
    address: Address, topics: Sequence[str], *, last_id: str
) -> AsyncGenerator[Event, None]:
    """Opens a stream and yields its events; returns when the server ends it in order.

    Raises:
        OSError: nobody is there, or does not want to, or said nothing for too long.
        SignedOut: nobody is signed in.
    """
    uri = address.uri
    reader, writer = await asyncio.open_connection(uri.host, uri.port, ssl=address.tls)
    try:
        async with aclosing(_exchange(reader, writer, address, topics, last_id)) as parts:
            lines = EventLines()
            async for part in parts:
                for event in lines.feed(part):
                    yield event
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def _exchange(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    address: Address,
    topics: Sequence[str],
    last_id: str,
) -> AsyncGenerator[bytes, None]:
    connection = h11.Connection(h11.CLIENT)
    writer.write(connection.send(_request(address, topics, last_id)) or b"")
    writer.write(connection.send(h11.EndOfMessage()) or b"")
    try:
        while True:
            event = connection.next_event()
            if event is h11.NEED_DATA:
                async with asyncio.timeout(SILENCE_SECONDS):
                    connection.receive_data(await reader.read(READ_BYTES))
            elif isinstance(event, h11.Response):
                _judge(event.status_code)
            elif isinstance(event, h11.Data):
                yield bytes(event.data)
            else:
                return
    except h11.RemoteProtocolError as failure:
        raise ConnectionResetError(str(failure)) from failure


def _request(address: Address, topics: Sequence[str], last_id: str) -> h11.Request:
    uri = address.uri
    headers = {
        "Host": f"{uri.host}:{uri.port}",
        "Accept": "text/event-stream",
        "Cache-Control": "no-store",
        **address.headers,
        **({"Origin": address.origin} if address.origin else {}),
        **({"Last-Event-ID": last_id} if last_id else {}),
    }
    query = urlencode([("topic", topic) for topic in topics])
    return h11.Request(method="GET", target=f"{STREAM_PATH}?{query}", headers=list(headers.items()))


def _judge(status: int) -> None:
    if status == 401:
        raise SignedOut
    if status != 200:
        raise ConnectionRefusedError(f"a stream was refused with {status}")
