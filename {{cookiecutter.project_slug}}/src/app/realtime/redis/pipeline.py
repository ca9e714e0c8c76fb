"""Commands to Redis: what one step of the loop asks for leaves in one write, answers in order.

Bounded: over ``PENDING_COMMANDS`` or ``PENDING_BYTES`` a command is refused at once. Nothing waits
longer than its deadline, and a command whose caller gave up is not sent any more.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from enum import Enum
from typing import Any

import hiredis
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import NoScriptError
from redis.exceptions import ReadOnlyError
from redis.exceptions import ResponseError

from app.realtime.backplane import BackplaneUnavailable
from app.realtime.redis.contact import RedisContact
from app.realtime.redis.link import RedisLink
from app.realtime.redis.link import until_one_ends
from app.realtime.redis.scripts import SCRIPTS
from app.realtime.redis.scripts import Script
from app.settings import RedisSettings

PENDING_COMMANDS = 10_000
PENDING_BYTES = 64 * 1024 * 1024
REPLICATION_SEEN_SECONDS = 1.0
REPLIES_BETWEEN_YIELDS = 100


class Seen(Enum):
    """Stands in a script's arguments for the replication id last seen on the connection used.

    Filled in when the command is written, not when it is asked for: a reconnect may lie between.
    Such a script returns the id as its last item where it had to look it up.
    """

    REPLICATION = "replication"


Argument = str | bytes | int | float | Seen


@dataclass(slots=True, eq=False)
class Command:
    """One command on its way; a ``repeatable`` one survives the loss of the connection."""

    arguments: tuple[Argument, ...]
    script: Script | None
    repeatable: bool
    reply: asyncio.Future[Any] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )
    is_sent: bool = False
    with_source: bool = False

    def packed(self, replication: str) -> bytes:
        """Returns what goes on the wire."""
        arguments = [replication if one is Seen.REPLICATION else one for one in self.arguments]
        if self.script is None:
            return pack(arguments)
        if self.with_source:
            return pack(["EVAL", self.script.source, *arguments])
        return pack(["EVALSHA", self.script.digest, *arguments])


def pack(arguments: Sequence[Argument]) -> bytes:
    """Returns a command as it goes on the wire."""
    packed: bytes = hiredis.pack_command(tuple(arguments))  # type: ignore[arg-type]  # its stub asks for a 1-tuple
    return packed


class RedisPipeline:
    """The connection for commands. ``prepare`` is run on each new one, before anything else."""

    def __init__(
        self,
        settings: RedisSettings,
        contact: RedisContact,
        *,
        deadline_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._contact = contact
        self._deadline_seconds = deadline_seconds
        self._clock = clock
        self._waiting: deque[Command] = deque()
        self._sent: deque[Command] = deque()
        self._wake = asyncio.Event()
        self._pending_commands = 0
        self._pending_bytes = 0
        self._replication = ""
        self._replication_until = 0.0
        self._is_closed = False
        self.link = RedisLink(
            "commands",
            settings,
            contact,
            greet=self._greet,
            serve=self._serve,
            ended=self._connection_ended,
        )

    async def command(self, *arguments: Argument, repeatable: bool = False) -> Any:
        """Sends one command; returns its reply.

        Raises:
            BackplaneUnavailable: refused, or no answer within the deadline.
        """
        return await self._run(Command(arguments, None, repeatable))

    async def script(
        self,
        script: Script,
        keys: Sequence[str],
        *arguments: Argument,
        repeatable: bool = False,
    ) -> Any:
        """Runs one script; returns its reply.

        Raises:
            BackplaneUnavailable: refused, or no answer within the deadline.
        """
        return await self._run(Command((len(keys), *keys, *arguments), script, repeatable))

    def close(self) -> None:
        """Fails whatever still waits; the link's task has been cancelled before."""
        self._is_closed = True
        for command in self._waiting:
            self._fail(command, "the connection to Redis is closed")

    async def _run(self, command: Command) -> Any:
        size = sum(len(one) for one in command.arguments if isinstance(one, str | bytes))
        self._admit(size)
        self._pending_commands += 1
        self._pending_bytes += size
        self._waiting.append(command)
        self._wake.set()
        try:
            async with asyncio.timeout(self._deadline_seconds):
                return await command.reply
        except TimeoutError:
            reason = f"no answer within {self._deadline_seconds:g} s"
            if command.is_sent:
                self.link.drop(reason)
            raise BackplaneUnavailable(f"Redis at {self._contact.address} gave {reason}") from None
        finally:
            self._pending_commands -= 1
            self._pending_bytes -= size

    def _admit(self, size: int) -> None:
        if self.link.is_away or self._is_closed:
            raise BackplaneUnavailable(self._contact.detail)
        if self._pending_commands >= PENDING_COMMANDS or self._pending_bytes + size > PENDING_BYTES:
            raise BackplaneUnavailable("too many commands are waiting for Redis")

    async def _greet(self, connection: AbstractConnection) -> None:
        """Loads the scripts, so that none is missing later and gets out of order."""
        for script in SCRIPTS:
            await connection.send_command("SCRIPT", "LOAD", script.source, check_health=False)
        for _ in SCRIPTS:
            await connection.read_response()
        self._replication_until = 0.0

    async def _serve(self, connection: AbstractConnection) -> None:
        await until_one_ends(self._write(connection), self._read(connection))

    async def _write(self, connection: AbstractConnection) -> None:
        self._wake.set()
        # A connection that was closed would be opened again by a send.
        while connection.is_connected:  # pragma: no branch - the reader ends first
            await self._wake.wait()
            self._wake.clear()
            batch = [one for one in self._waiting if not one.reply.done()]
            self._waiting.clear()
            self._sent.extend(batch)
            replication = self._seen_replication()
            for one in batch:
                one.is_sent = True
            data = b"".join(one.packed(replication) for one in batch)
            await connection.send_packed_command(data, check_health=False)

    async def _read(self, connection: AbstractConnection) -> None:
        replies = 0
        while True:
            try:
                self._answered(await connection.read_response())
            except ResponseError as refusal:
                self._refused(refusal)
            replies += 1
            if replies % REPLIES_BETWEEN_YIELDS == 0:
                await asyncio.sleep(0)

    def _answered(self, reply: Any) -> None:
        command = self._sent.popleft()
        if Seen.REPLICATION in command.arguments and reply[-1]:
            self._replication = reply[-1].decode()
            self._replication_until = self._clock() + REPLICATION_SEEN_SECONDS
        if not command.reply.done():
            command.reply.set_result(reply)

    def _refused(self, refusal: ResponseError) -> None:
        command = self._sent.popleft()
        if isinstance(refusal, NoScriptError) and not command.with_source:
            command.with_source = True
            self._waiting.appendleft(command)
            self._wake.set()
            return
        if not command.reply.done():
            detail = f"Redis at {self._contact.address} refused: {refusal}"
            command.reply.set_exception(BackplaneUnavailable(detail))
        if isinstance(refusal, ReadOnlyError):
            # A demoted primary keeps its connections; a new one may lead to its successor.
            self.link.drop(str(refusal))

    def _seen_replication(self) -> str:
        return self._replication if self._clock() < self._replication_until else ""

    def _connection_ended(self) -> None:
        """Saves what may be sent again, fails the rest; everything when there is no connection."""
        for command in reversed(self._sent):
            command.is_sent = False
            if command.repeatable:
                self._waiting.appendleft(command)
            else:
                self._fail(command, f"the connection to Redis at {self._contact.address} was lost")
        self._sent.clear()
        if self.link.is_away:
            for command in self._waiting:
                self._fail(command, self._contact.detail)
            self._waiting.clear()

    def _fail(self, command: Command, detail: str) -> None:
        if not command.reply.done():
            command.reply.set_exception(BackplaneUnavailable(detail))
