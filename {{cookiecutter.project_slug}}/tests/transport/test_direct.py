"""When the way around a server is taken, and when it is not."""

import asyncio

import pytest
from hypercorn.protocol import ws_stream
from structlog.testing import capture_logs
from websockets.asyncio.client import connect

from app.realtime.asgi import Receive
from app.realtime.asgi import Scope
from app.realtime.asgi import Send
from app.realtime.connections.writers import Writers
from app.settings import RealtimeSettings
from app.transport import direct
from app.transport.hypercorn_protocol import PlainHandshake
from tests.realtime.rig import hypercorn_of

SETTINGS = RealtimeSettings.model_construct()


class Accepted:
    """Accepts sockets and keeps what the last one came with."""

    def __init__(self) -> None:
        self.scope: Scope = {}
        self.has_path = False
        self.over_http_2: object = None
        self.writers = Writers(SETTINGS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            return
        await receive()
        assert direct.path_for_frames(scope, send) is None  # nothing before the socket is open
        await send({"type": "websocket.accept", "subprotocol": None, "headers": []})
        self.writers.for_socket(scope, send)
        self.has_path = direct.path_for_frames(scope, send) is not None
        self.over_http_2 = direct.path_for_frames({**scope, "http_version": "2"}, send)
        await send({"type": "websocket.send", "text": "ready"})
        await receive()


async def test_an_accepted_socket_over_http_1_has_a_way_and_over_http_2_has_none() -> None:
    app = Accepted()

    await visit(app)

    assert app.has_path
    assert app.over_http_2 is None


async def test_a_version_that_nobody_tried_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(direct.TESTED, "hypercorn", "0.17")
    app = Accepted()

    await visit(app)

    assert not app.has_path


async def test_a_server_that_compresses_is_named_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ws_stream, "Handshake", PlainHandshake.__base__)
    app = Accepted()

    with capture_logs() as logs:
        await visit(app)
        await visit(app)

    assert [entry["event"] for entry in logs] == ["realtime.compression_accepted"]


async def test_a_server_that_does_not_compress_is_not_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ws_stream, "Handshake", PlainHandshake)
    app = Accepted()

    with capture_logs() as logs:
        await visit(app)

    assert logs == []


async def visit(app: Accepted) -> None:
    async with (
        hypercorn_of(app) as port,
        asyncio.timeout(10),
        connect(f"ws://127.0.0.1:{port}/") as client,  # offers compression
    ):
        assert await client.recv() == "ready"
