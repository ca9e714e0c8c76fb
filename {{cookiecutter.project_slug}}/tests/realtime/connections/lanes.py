"""Outbounds over real servers: each accepted socket or stream is handed to the test."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from dataclasses import field
from typing import Literal

from websockets.asyncio.client import ClientConnection

from app.embedded import Urls
from app.realtime.asgi import Receive
from app.realtime.asgi import Scope
from app.realtime.asgi import Send
from app.realtime.connections.backlog import Backlog
from app.realtime.connections.outbound import Outbound
from app.realtime.connections.writers import SocketWriter
from app.realtime.connections.writers import StreamWriter
from app.realtime.connections.writers import Writers
from app.serving.open_requests import OpenRequests
from app.serving.servers import SERVERS
from app.settings import RealtimeSettings
from tests.patience import PATIENCE_SECONDS
from tests.servers import plain_settings
from tests.sockets import connect

SMALL_BUFFER_BYTES = 16 * 1024
ServerName = Literal["hypercorn", "uvicorn"]


@dataclass
class Lane:
    """A server, and the way from its accepted connections to the test."""

    port: int
    backlog: Backlog
    accepted: asyncio.Queue[Outbound] = field(default_factory=asyncio.Queue)

    @asynccontextmanager
    async def socket(self) -> AsyncIterator[tuple[Outbound, ClientConnection]]:
        """Yields our end and the client's; it reads nothing that the test does not ask for."""
        narrow = socket.create_connection(("127.0.0.1", self.port))
        narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER_BYTES)
        url = f"ws://127.0.0.1:{self.port}/"
        async with (
            asyncio.timeout(2 * PATIENCE_SECONDS),
            connect(url, sock=narrow, compression=None, max_size=None, max_queue=1) as client,
        ):
            yield await self.accepted.get(), client
            client.transport.abort()  # one that does not read cannot say goodbye either


@asynccontextmanager
async def lane(
    server: ServerName, *, preframed: bool, **realtime: int | float
) -> AsyncIterator[Lane]:
    """Serves with the server as the service runs it; it ends with what is still open."""
    settings = RealtimeSettings.model_construct(preframed_writes=preframed, **realtime)  # type: ignore[arg-type]
    backlog = Backlog(settings, clock=asyncio.get_running_loop().time)
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SMALL_BUFFER_BYTES)
    opened = Lane(listener.getsockname()[1], backlog)
    writers = Writers(settings)

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.accept", "subprotocol": None, "headers": []})
            outbound = Outbound(SocketWriter(send), backlog)
            outbound.writer = writers.for_socket(scope, send)
        else:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b": hi\n\n", "more_body": True})
            outbound = Outbound(StreamWriter(send), backlog)
            outbound.writer = writers.for_stream(scope, send)
        opened.accepted.put_nowait(outbound)
        while not (await receive())["type"].endswith("disconnect"):
            pass
        outbound.stop()

    requests = OpenRequests(application)
    running = SERVERS[server](requests, plain_settings(Urls("", "")), listener)
    task = asyncio.create_task(running.run())
    try:
        yield opened
    finally:
        running.stop()
        await requests.cut(within_seconds=1)
        await asyncio.wait({task}, timeout=PATIENCE_SECONDS)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
