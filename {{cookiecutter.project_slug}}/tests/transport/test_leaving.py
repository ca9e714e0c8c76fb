"""A client that leaves, in whatever phase, is no error; and why a socket was closed is known."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import hypercorn.protocol.h11
import pytest
from hypercorn.protocol.ws_stream import WSStream
from quart import Quart
from quart import Response
from quart import request
from quart import send_file
from quart import websocket

from app.transport.websocket_connection import CLIENT_CODE
from tests.sockets import connect
from tests.transport.own_servers import served
from tests.transport.own_servers import settings_of
from tests.transport.servers import KIB
from tests.transport.servers import connected
from tests.transport.servers import get
from tests.transport.servers import hypercorn as stock_server
from tests.transport.servers import post
from tests.transport.servers import until

SERVERS = pytest.mark.parametrize("server", ["hypercorn", "uvicorn"])
FORM = "multipart/form-data; boundary=b"
PHASES = {
    "in the middle of its head": b"GET /wait HTTP/1.1\r\nHo",
    "while its body is read as it arrives": post("/read", content_bytes=KIB) + b"x",
    "while its body is wanted whole": post("/collect", content_bytes=KIB) + b"x",
    "while its form is read": post("/form", content_bytes=KIB, kind=FORM) + b"--b\r\n",
    "while it is waited upon": get("/wait"),
    "while its answer is streamed": get("/stream"),
    "while a file is sent": get("/file"),
}


class Views:
    """Views that take long, and how many of them run."""

    def __init__(self, app: Quart, folder: Path) -> None:
        self.begun = 0
        self.running = 0
        self._file = folder / "large.bin"
        with self._file.open("wb") as large:
            large.truncate(200 * KIB * KIB)
        app.post("/read")(self.read)
        app.post("/collect")(self.collect)
        app.post("/form")(self.form)
        app.get("/wait")(self.wait)
        app.get("/stream")(self.stream)
        app.get("/file")(self.file)
        app.before_request(self._begin)
        app.teardown_request(self._end)

    async def _begin(self) -> None:
        self.begun += 1
        self.running += 1

    async def _end(self, error: BaseException | None) -> None:
        self.running -= 1

    async def read(self) -> str:
        """Reads the body as it arrives."""
        return str([part async for part in request.body])

    async def collect(self) -> bytes:
        """Reads the body whole."""
        body: bytes = await request.body
        return body

    async def form(self) -> str:
        """Reads a form."""
        return str(await request.form)

    async def wait(self) -> str:
        """Never answers."""
        await asyncio.Event().wait()
        return ""

    async def stream(self) -> Response:
        """Answers without an end."""

        async def body() -> AsyncIterator[bytes]:
            while True:
                yield b"x" * KIB
                await asyncio.sleep(0.001)

        return Response(body())

    async def file(self) -> Response:
        """Sends a file."""
        return await send_file(self._file, mimetype="application/octet-stream")


@SERVERS
@pytest.mark.parametrize("phase", PHASES)
async def test_a_client_that_leaves_is_no_error(
    hardened: Quart, tmp_path: Path, server: str, phase: str, caplog: pytest.LogCaptureFixture
) -> None:
    views = Views(hardened, tmp_path)
    has_a_head = PHASES[phase].count(b"\r\n\r\n") > 0
    before = asyncio.all_tasks()

    async with served(hardened, settings_of(server)) as port:
        async with connected(port) as client:
            await client.send(PHASES[phase])
            await until(lambda: views.begun == int(has_a_head))
            if phase.endswith(("streamed", "sent")):
                assert await client.status() == 200
        await until(lambda: views.running == 0)
    await until(lambda: not {task for task in asyncio.all_tasks() - before if is_ours(task)})

    assert [record.getMessage() for record in caplog.records if record.levelno > logging.INFO] == []


def is_ours(task: "asyncio.Task[object]") -> bool:
    """Tells whether a task serves a request."""
    return task.get_name().startswith(("http:", "ws:"))


@SERVERS
@pytest.mark.parametrize("code", [1000, 1001, 3456, None])
async def test_the_code_of_a_client_that_closes_is_known(
    hardened: Quart, server: str, code: int | None
) -> None:
    codes: list[int | None] = []

    @hardened.websocket("/socket")
    async def socket() -> None:
        await websocket.send("hello")
        try:
            await websocket.receive()
        finally:
            scope: Any = websocket.scope
            codes.append(scope.get(CLIENT_CODE))

    async with served(hardened, settings_of(server)) as port:
        client = await connect(f"ws://127.0.0.1:{port}/socket")
        await client.recv()
        if code is None:
            client.transport.abort()
        else:
            await client.close(code)
        await until(lambda: codes != [])
        with suppress(Exception):
            await client.close()

    assert codes[0] in ({code} if code else {1005, 1006})


class Eavesdropper:
    """Notes the codes that a server tells an application."""

    def __init__(self, app: Quart) -> None:
        self.codes: list[int] = []
        self._inner: Any = app.asgi_app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Passes a call on."""

        async def heard() -> Any:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                self.codes.append(message["code"])
            return message

        await self._inner(scope, heard, send)


async def test_to_stock_hypercorn_every_client_has_vanished(
    stock: Quart, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hypercorn.protocol.h11, "WSStream", WSStream)  # not what we put there
    stock.asgi_app = ear = Eavesdropper(stock)  # type: ignore[method-assign]

    @stock.websocket("/socket")
    async def socket() -> None:
        await websocket.send("hello")
        await websocket.receive()

    async with stock_server(stock) as port, connect(f"ws://127.0.0.1:{port}/socket") as client:
        await client.recv()
        await client.close(3456)
        await until(lambda: ear.codes != [])

    assert ear.codes == [1006]
