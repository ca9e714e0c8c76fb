"""The two ways to a client over the public interface of a server."""

from typing import Any

from app.realtime.connections.writers import SocketWriter
from app.realtime.connections.writers import StreamWriter
from app.realtime.connections.writers import Writer
from app.realtime.protocol.chunk import Chunk
from app.realtime.protocol.close_codes import CloseCode


class Server:
    """Remembers what an application sends, and is its own transport."""

    def __init__(self) -> None:
        self.sent: list[Any] = []
        self.transport = self
        self.is_aborted = False

    async def send(self, event: Any) -> None:
        self.sent.append(event)

    def abort(self) -> None:
        self.is_aborted = True


async def written(writer: Writer, *chunks: Chunk) -> None:
    rest = writer.write(chunks)
    if rest is not None:
        await rest()


async def test_the_lines_of_a_tick_are_one_text_frame() -> None:
    server = Server()

    await written(SocketWriter(server.send), Chunk(b"one"), Chunk("zwö\nlf".encode()))

    assert server.sent == [{"type": "websocket.send", "text": "one\nzwö\nlf"}]


async def test_a_shared_chunk_is_decoded_once() -> None:
    server, chunk = Server(), Chunk(b"one")

    await written(SocketWriter(server.send), chunk)
    await written(SocketWriter(server.send), chunk)

    assert server.sent[0]["text"] is server.sent[1]["text"]


async def test_a_socket_ends_with_its_code() -> None:
    server = Server()

    await SocketWriter(server.send).close(CloseCode.RESTART, "restart")

    assert server.sent == [{"type": "websocket.close", "code": 1012, "reason": "restart"}]


async def test_a_stream_is_a_body_that_ends_when_it_is_closed() -> None:
    server = Server()
    writer = StreamWriter(server.send)

    await written(writer, Chunk(b"one\n\n"), Chunk(b"two\n\n"))
    await writer.close(CloseCode.RESTART, "restart")

    assert [(event["body"], event["more_body"]) for event in server.sent] == [
        (b"one\n\ntwo\n\n", True),
        (b"", False),
    ]


def test_both_can_be_cut() -> None:
    socket, stream = Server(), Server()

    SocketWriter(socket.send).abort()
    StreamWriter(stream.send).abort()

    assert socket.is_aborted
    assert stream.is_aborted
