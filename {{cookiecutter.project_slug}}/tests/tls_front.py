"""TLS before a server that has none, on the port that clients are told of.

Who does not begin with TLS is passed on as well: a Sentinel looks at its primary in the clear, and
then names to everybody the very address that it looks at.
"""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

BEGINS_TLS = b"\x16"


class Front:
    """Passes bytes on; ``encrypted`` counts the connections that were."""

    def __init__(self, target: int, context: ssl.SSLContext) -> None:
        self._target = target
        self._context = context
        self.encrypted = 0

    async def serve(self, listener: socket.socket) -> None:
        """Serves until it is cancelled."""
        loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as group:
            while True:
                client, _ = await loop.sock_accept(listener)
                group.create_task(self._connect(client), name="front")

    async def _connect(self, client: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        await _readable(client)
        is_tls = client.recv(1, socket.MSG_PEEK) == BEGINS_TLS
        reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader)
        context = self._context if is_tls else None
        try:
            transport, _ = await loop.connect_accepted_socket(lambda: protocol, client, ssl=context)
        except OSError:
            client.close()
            return  # it did not trust us
        self.encrypted += is_tls
        writer = asyncio.StreamWriter(transport, protocol, reader, loop)
        inside, outside = await asyncio.open_connection("127.0.0.1", self._target)
        await asyncio.gather(pass_on(reader, outside), pass_on(inside, writer))


async def _readable(client: socket.socket) -> None:
    loop, ready = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(client, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(client)


async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Writes what is read until the end, and ends the other side with it."""
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass  # the other side has gone, as it may
    finally:
        writer.close()


@asynccontextmanager
async def fronted(port: int, target: int, context: ssl.SSLContext) -> AsyncIterator[Front]:
    """Listens on one port of the loopback interface for the server on another."""
    front = Front(target, context)
    with socket.create_server(("127.0.0.1", port)) as listener:
        listener.setblocking(False)
        serving = asyncio.create_task(front.serve(listener), name="front")
        yield front
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
