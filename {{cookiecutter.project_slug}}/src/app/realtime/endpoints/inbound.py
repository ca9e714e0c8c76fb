"""What a socket's client sends, from the frame to the command: limits first, then meaning."""

from app.realtime.connections.socket_connection import SocketConnection
from app.realtime.core import Core
from app.realtime.endpoints.commands import Commands
from app.realtime.endpoints.rates import spend
from app.realtime.protocol import frames
from app.realtime.protocol.close_codes import CloseCode
from app.realtime.protocol.messages import Envelope
from app.realtime.protocol.messages import Refusal
from app.realtime.protocol.messages import read_command
from app.realtime.protocol.messages import read_envelope

# What is free of the rate (a pong, a blank line) is free while it is short.
FREE_BYTES = 256


class Inbound:
    """Reads one client's frames in order; a command ends before the next one begins."""

    __slots__ = ("_commands", "_connection", "_core")

    def __init__(self, core: Core, connection: SocketConnection, commands: Commands) -> None:
        self._core = core
        self._connection = connection
        self._commands = commands

    async def frame(self, text: str | None) -> None:
        """Takes one frame; lines before a bad one are executed."""
        connection = self._connection
        if text is None:
            connection.close(CloseCode.BAD_FRAME, "binary frame")
            return
        waited_seconds = connection.heard(self._core.clock())
        if waited_seconds is not None:
            self._core.meters.ping_seconds.observe(waited_seconds)
        frame = text.encode()
        if len(frame) > self._core.settings.frame_max_bytes:
            connection.close(CloseCode.TOO_BIG, "frame too big")
            return
        if connection.rate.is_flood(len(frame), now=self._core.clock()):
            connection.close(CloseCode.RATE_LIMITED, "too many bytes")
            return
        connection.is_working = True
        try:
            await self._lines(frame)
        finally:
            connection.is_working = False
            connection.heard(self._core.clock())

    async def _lines(self, frame: bytes) -> None:
        blank_bytes = 0
        for line in frame.split(b"\n"):
            if self._connection.is_closing:
                return
            if line.strip():
                await self._line(line)
            else:
                blank_bytes += len(line) + 1
        if blank_bytes > FREE_BYTES:
            self._take_padding(blank_bytes)

    async def _line(self, line: bytes) -> None:
        connection = self._connection
        self._core.meters.messages_in += 1
        if len(line) > self._core.settings.line_max_bytes:
            connection.close(CloseCode.TOO_BIG, "line too big")
            return
        envelope = read_envelope(line)
        if envelope is None:
            connection.close(CloseCode.BAD_FRAME, "not a frame of this protocol")
        elif not connection.is_greeted and envelope.type != "hello":
            connection.close(CloseCode.BAD_FRAME, "hello comes first")
        elif envelope.type == "pong":
            if len(line) > FREE_BYTES:
                self._take_padding(len(line))
        elif self._is_within_rate(envelope, len(line)):
            await self._command(envelope, line)

    def _take_padding(self, size_bytes: int) -> None:
        self._connection.rate.take_padding(size_bytes, now=self._core.clock())
        self._close_if_ignored()

    def _is_within_rate(self, envelope: Envelope, size_bytes: int) -> bool:
        connection = self._connection
        refusal = spend(
            self._core, connection.rate, size_bytes=size_bytes, namespace=envelope.namespace
        )
        if refusal is None:
            return True
        self._close_if_ignored()
        if isinstance(envelope.id, int):
            connection.tell("reply", frames.error(envelope.id, refusal))
        return False

    def _close_if_ignored(self) -> None:
        if self._connection.rate.is_ignored:
            self._connection.close(CloseCode.RATE_LIMITED, "rate limit ignored")

    async def _command(self, envelope: Envelope, line: bytes) -> None:
        command = read_command(line, envelope.type)
        if not isinstance(command, Refusal):
            await self._commands.run(command)
        elif isinstance(envelope.id, int):
            self._connection.tell("reply", frames.error(envelope.id, command))
        else:
            self._connection.close(CloseCode.BAD_FRAME, command.message)
