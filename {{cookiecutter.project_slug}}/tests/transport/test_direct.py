"""When the way around a server is taken, and when it is not."""

import asyncio
import socket
from collections.abc import Callable

import pytest
from hypercorn.protocol import ws_stream
from structlog.testing import capture_logs
from wsproto import ConnectionType
from wsproto.connection import Connection
from wsproto.events import CloseConnection

from app.realtime.asgi import Receive
from app.realtime.asgi import Scope
from app.realtime.asgi import Send
from app.realtime.connections.writers import Writers
from app.serving.listener import listen
from app.settings import RealtimeSettings
from app.transport import direct
from app.transport.frame_limits import UNLIMITED
from app.transport.frame_limits import BoundedConnection
from app.transport.hypercorn_protocol import PlainHandshake
from tests.realtime.rig import hypercorn_of
from tests.realtime.rig import until
from tests.sockets import connect

SETTINGS = RealtimeSettings.model_construct()
KIB = 1_024
MUCH_BYTES = 300 * KIB


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
        asyncio.timeout(60),
        connect(f"ws://127.0.0.1:{port}/") as client,  # offers compression
    ):
        assert await client.recv() == "ready"


async def test_what_a_client_has_not_read_is_counted_here_and_in_the_kernel() -> None:
    loop = asyncio.get_running_loop()
    with listen("127.0.0.1", 0) as listener, socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * KIB)
        client.connect(listener.getsockname())
        client.setblocking(False)
        served, _ = await loop.sock_accept(listener)
        _, writer = await asyncio.open_connection(sock=served)
        path = direct.DirectPath(writer.transport, writer.drain)

        assert path.left_bytes() == 0
        assert path.write(b"x" * MUCH_BYTES)
        assert path.left_bytes() > MUCH_BYTES - 64 * KIB > writer.transport.get_write_buffer_size()
        read = 0
        while read < MUCH_BYTES:
            read += len(await loop.sock_recv(client, MUCH_BYTES))
        await until(lambda: path.left_bytes() == 0)
        writer.close()


class Transport:
    """Keeps what is written."""

    def __init__(self) -> None:
        self.written: list[bytes] = []

    def is_closing(self) -> bool:
        return False

    def get_write_buffer_limits(self) -> tuple[int, int]:
        return 0, 64

    def get_write_buffer_size(self) -> int:
        return sum(map(len, self.written))

    def write(self, data: bytes) -> None:
        self.written.append(data)


def _say_goodbye(frames: Connection) -> None:
    frames.send(CloseConnection(code=1000))


def _hear_goodbye(frames: Connection) -> None:
    frames.receive_data(b"\x88\x80\x00\x00\x00\x00")
    assert [type(event) for event in frames.events()] == [CloseConnection]


def _hear_nonsense(frames: Connection) -> None:
    frames.receive_data(b"\xff\xff\xff\xff")
    assert [type(event) for event in frames.events()] == [CloseConnection]


@pytest.mark.parametrize(
    "connection",
    [lambda: BoundedConnection(UNLIMITED), lambda: Connection(ConnectionType.SERVER)],
    ids=["ours", "stock"],
)
@pytest.mark.parametrize("end", [_say_goodbye, _hear_goodbye], ids=["said", "heard"])
def test_nothing_follows_the_goodbye_of_either_side(
    connection: Callable[[], Connection], end: Callable[[Connection], None]
) -> None:
    transport, frames = Transport(), connection()
    path = direct.DirectPath(transport, asyncio.Event().wait, frames)

    assert path.write(b"x" * 64) is False
    assert path.write(b"x") is True
    end(frames)
    with pytest.raises(ConnectionResetError):
        path.write(b"too late")

    assert len(transport.written) == 2


@pytest.mark.parametrize("end", [_hear_nonsense, lambda frames: frames.receive_data(None)])
def test_nothing_follows_a_fault_or_the_end_of_the_client(
    end: Callable[[Connection], None],
) -> None:
    transport, frames = Transport(), BoundedConnection(UNLIMITED)
    path = direct.DirectPath(transport, asyncio.Event().wait, frames)

    end(frames)
    with pytest.raises(ConnectionResetError):
        path.write(b"too late")

    assert transport.written == []
