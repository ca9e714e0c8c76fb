"""The two ways to a client over the public interface of any ASGI server."""

from collections.abc import Sequence

from app.realtime.asgi import Send
from app.realtime.protocol.batch import Chunk
from app.realtime.protocol.close_codes import CloseCode
from app.transport.severing import sever


class SocketWriter:
    """Writes all lines of a tick in one text frame."""

    __slots__ = ("_send",)

    def __init__(self, send: Send) -> None:
        self._send = send

    async def write(self, chunks: Sequence[Chunk]) -> None:
        """Writes all of ``chunks`` as one frame."""
        text = chunks[0].text if len(chunks) == 1 else "\n".join(chunk.text for chunk in chunks)
        await self._send({"type": "websocket.send", "text": text})

    async def close(self, code: CloseCode, reason: str) -> None:
        """Sends the close frame."""
        await self._send({"type": "websocket.close", "code": int(code), "reason": reason})

    def abort(self) -> None:
        """Cuts the transport without another byte."""
        sever(self._send)


class StreamWriter:
    """Writes events as parts of a response body that does not end."""

    __slots__ = ("_send",)

    def __init__(self, send: Send) -> None:
        self._send = send

    async def write(self, chunks: Sequence[Chunk]) -> None:
        """Writes all of ``chunks`` as one part of the body."""
        body = b"".join(chunk.data for chunk in chunks)
        await self._send({"type": "http.response.body", "body": body, "more_body": True})

    async def close(self, code: CloseCode, reason: str) -> None:
        """Ends the body; a stream has no code to say why."""
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    def abort(self) -> None:
        """Cuts the transport without another byte."""
        sever(self._send)
