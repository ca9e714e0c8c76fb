"""One HTTP exchange, in place of Quart's own class for it."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any
from typing import cast

from hypercorn.typing import ASGIReceiveCallable
from hypercorn.typing import ASGISendCallable
from hypercorn.typing import ASGISendEvent
from quart import Response
from quart.asgi import ASGIHTTPConnection
from quart.typing import ResponseTypes

from app.transport.body import BoundedBody
from app.transport.message_buffer import ClientLeft
from app.transport.tasks import run_until_one_ends

# A client that is still sending loses the answer when the connection is closed on it. So the last
# event of an answer waits this long for the end of the request; what arrives is dropped.
LINGER_SECONDS = 1.0
LINGER_BYTES = 512 * 1_024
WRITE_SECONDS = "WRITE_SECONDS"


class HTTPConnection(ASGIHTTPConnection):
    """Feeds the body with back-pressure, and ends the exchange when the application has ended."""

    async def __call__(self, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Serves one request."""
        request = self._create_request_from_scope(send)
        body = request.body
        if not isinstance(body, BoundedBody):
            raise TypeError("harden() sets the request class too")
        considerate = self._considerate(send, body)
        await _beside_pump(self.handle_request(request, considerate), body, receive)

    async def stream(
        self,
        body: BoundedBody,
        response: ResponseTypes,
        receive: ASGIReceiveCallable,
        send: ASGISendCallable,
    ) -> None:
        """Sends an answer that is made while it is sent, until the client has left."""
        considerate = self._considerate(send, body)
        await _beside_pump(self._stream(response, considerate), body, receive)

    async def _stream(self, response: ResponseTypes, send: ASGISendCallable) -> None:
        own = response.timeout if isinstance(response, Response) else Ellipsis
        seconds = self.app.config["RESPONSE_TIMEOUT"] if own is Ellipsis else own
        with suppress(TimeoutError):  # the exchange ends with this, and the server closes
            async with asyncio.timeout(cast("float | None", seconds)):
                await self._send_response(send, response)

    def _considerate(self, send: ASGISendCallable, body: BoundedBody) -> ASGISendCallable:
        return _considerate(send, body, write_seconds=self.app.config[WRITE_SECONDS])


async def _beside_pump(
    answering: Coroutine[Any, Any, None], body: BoundedBody, receive: ASGIReceiveCallable
) -> None:
    try:
        await run_until_one_ends(
            asyncio.create_task(answering, name="http:application"),
            asyncio.create_task(_pump(body, receive), name="http:pump"),
        )
    finally:
        # Not sooner: a view that is about to be cancelled would raise instead, and be reported.
        body.disconnect()


async def _pump(body: BoundedBody, receive: ASGIReceiveCallable) -> None:
    """Moves the body from the server to the application until the client has left."""
    while True:
        message = await receive()
        if message["type"] == "http.request":
            if data := message.get("body", b""):
                await body.put(data)
            if not message.get("more_body", False):
                body.set_complete()
        elif message["type"] == "http.disconnect":
            return


def _considerate(
    send: ASGISendCallable, body: BoundedBody, *, write_seconds: float
) -> ASGISendCallable:
    """Returns ``send`` as it should be: it yields, tells of a lost client, and ends politely."""
    parts = 0

    async def considerate(message: ASGISendEvent) -> None:
        nonlocal parts
        if message["type"] == "http.response.body":
            parts += 1
            if not message.get("more_body", False):
                await _linger(body)
            elif parts > 1:
                # Hypercorn returns at once when the client is gone: without a pause an endless
                # answer would keep the loop from ever hearing of it.
                await asyncio.sleep(0)
        try:
            async with asyncio.timeout(write_seconds):
                await send(message)
        except OSError:  # uvicorn's way to say so; a TimeoutError is one too
            raise ClientLeft from None

    return considerate


async def _linger(body: BoundedBody) -> None:
    if not body.is_complete:
        with suppress(TimeoutError):
            async with asyncio.timeout(LINGER_SECONDS):
                await body.drain(LINGER_BYTES)
