"""One WebSocket, in place of Quart's own class for it."""

import asyncio
from typing import Any

from hypercorn.typing import ASGIReceiveCallable
from hypercorn.typing import ASGISendCallable
from hypercorn.typing import ASGISendEvent
from hypercorn.typing import WebsocketScope
from quart import Quart
from quart import websocket as current_websocket
from quart.asgi import ASGIWebsocketConnection
from quart.signals import websocket_received

from app.telemetry import note
from app.transport.message_buffer import MessageBuffer
from app.transport.tasks import run_until_one_ends
from app.transport.versions import read_from

BUFFER_MESSAGES = "WEBSOCKET_BUFFER_MESSAGES"
MESSAGE_MAX_BYTES = "WEBSOCKET_MESSAGE_MAX_BYTES"
CRASHED = "app.crashed"
# In the scope of a websocket whose client has closed: 1006 stands for one that vanished.
CLIENT_CODE = "app.client_code"

NORMAL = 1000
TOO_BIG = 1009
INTERNAL_ERROR = 1011


class WebsocketConnection(ASGIWebsocketConnection):
    """Bounds what waits to be read, and leaves quietly when the client does."""

    def __init__(self, app: Quart, scope: WebsocketScope) -> None:
        super().__init__(app, scope)
        self._inbox = MessageBuffer(app.config[BUFFER_MESSAGES])
        self._message_max_bytes: int = app.config[MESSAGE_MAX_BYTES]
        self.queue: Any = self._inbox  # where 0.22 looks for it
        self._gone = False

    async def __call__(self, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Serves one connection."""
        quiet = self._quiet(send)
        websocket = self._create_websocket_from_scope(quiet)
        read_from(websocket, self._inbox)
        serve = self.handle_websocket(websocket, self._truthful(quiet))
        try:
            await run_until_one_ends(
                asyncio.create_task(serve, name="ws:application"),
                asyncio.create_task(self._pump(receive, quiet), name="ws:pump"),
            )
        finally:
            # Not sooner: a reader that is about to be cancelled would raise instead, and a task
            # group would report that.
            self._inbox.disconnect()

    async def _pump(self, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Moves messages from the server to the application until the client has left."""
        while True:
            event = await receive()
            if event["type"] == "websocket.disconnect":
                self._gone = True
                if not self._closed:
                    self._note_goodbye(event)
                return
            if event["type"] != "websocket.receive":
                continue
            data = event.get("bytes")
            message = event["text"] if data is None else data  # b"" is a message too
            if message is None:
                continue
            if len(message) > self._message_max_bytes:
                await send({"type": "websocket.close", "code": TOO_BIG, "reason": ""})
                self._gone = True
                return
            await websocket_received.send_async(message)
            await self._inbox.put(message)

    def _note_goodbye(self, event: Any) -> None:
        """Keeps why the client has left, for the view's ``finally`` and for the line in the log."""
        scope: Any = self.scope
        scope[CLIENT_CODE] = event.get("code", 1005)
        note(client_code=scope[CLIENT_CODE])

    def _quiet(self, send: ASGISendCallable) -> ASGISendCallable:
        """Returns ``send`` without the news that nobody listens: the view is ending anyway."""

        async def quiet(message: ASGISendEvent) -> None:
            if self._gone:
                return
            try:
                await send(message)
            except OSError:
                self._gone = True

        return quiet

    def _truthful(self, send: ASGISendCallable) -> ASGISendCallable:
        """Returns ``send`` for the end that Quart makes: a crash is no normal closure."""

        async def truthful(message: ASGISendEvent) -> None:
            if message["type"] == "websocket.close" and self.scope.get(CRASHED):
                message["code"] = INTERNAL_ERROR
            await send(message)

        return truthful


async def note_crash(app: Quart, exception: BaseException) -> None:
    """Remembers that the view of the current websocket has failed: a receiver of Quart's signal."""
    scope: Any = current_websocket.scope
    scope[CRASHED] = True
