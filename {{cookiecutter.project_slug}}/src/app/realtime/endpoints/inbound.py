"""What a socket's client sends, from the frame to the command: limits first, then meaning."""

from app.realtime.connections.socket_connection import SocketConnection
from app.realtime.core import Core
from app.realtime.endpoints.commands import Commands
from app.realtime.protocol import frames
from app.realtime.protocol.close_codes import CloseCode
from app.realtime.protocol.messages import Envelope
from app.realtime.protocol.messages import Refusal
from app.realtime.protocol.messages import read_command
from app.realtime.protocol.messages import read_envelope


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
        for line in frame.split(b"\n"):
            if connection.is_closing:
                return
            if line.strip():
                await self._line(line)

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
            return
        elif self._is_within_rate(envelope, len(line)):
            await self._command(envelope, line)

    def _is_within_rate(self, envelope: Envelope, size_bytes: int) -> bool:
        connection = self._connection
        wait_seconds = connection.rate.take(size_bytes, now=self._core.clock())
        if not wait_seconds:
            return True
        if connection.rate.is_ignored:
            connection.close(CloseCode.RATE_LIMITED, "rate limit ignored")
        elif isinstance(envelope.id, int):
            after_ms = round(wait_seconds * 1000)
            refusal = Refusal("rate_limited", "slow down", retry=True, after_ms=after_ms)
            connection.tell("reply", frames.error(envelope.id, refusal))
        return False

    async def _command(self, envelope: Envelope, line: bytes) -> None:
        command = read_command(line, envelope.type)
        if not isinstance(command, Refusal):
            await self._commands.run(command)
        elif isinstance(envelope.id, int):
            self._connection.tell("reply", frames.error(envelope.id, command))
        else:
            self._connection.close(CloseCode.BAD_FRAME, command.message)
