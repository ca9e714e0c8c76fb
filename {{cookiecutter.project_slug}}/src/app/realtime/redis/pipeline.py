"""Commands to Redis: what one step of the loop asks for leaves in one write, answers in order.

Bounded: over ``PENDING_COMMANDS`` or ``PENDING_BYTES`` a command is refused at once. Nothing waits
longer than its deadline, and a command whose caller gave up is not sent any more.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from collections.abc import Sequence
from typing import Any

from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ClusterDownError
from redis.exceptions import NoScriptError
from redis.exceptions import ReadOnlyError
from redis.exceptions import ResponseError

from app.realtime.backplane import BackplaneUnavailable
from app.realtime.redis.commands import Argument
from app.realtime.redis.commands import Command
from app.realtime.redis.commands import Seen
from app.realtime.redis.contact import RedisContact
from app.realtime.redis.dialing import Dial
from app.realtime.redis.link import RedisLink
from app.realtime.redis.link import Use
from app.realtime.redis.link import until_one_ends
from app.realtime.redis.scripts import SCRIPTS
from app.realtime.redis.scripts import SHARDED
from app.realtime.redis.scripts import Script

PENDING_COMMANDS = 10_000
PENDING_BYTES = 64 * 1024 * 1024
REPLICATION_SEEN_SECONDS = 1.0
REPLIES_BETWEEN_YIELDS = 100


Redirect = Callable[[Command, ResponseError], bool]


class RedisPipeline:
    """The connection for commands to one server.

    ``check`` judges every new connection, ``silent`` is called when an answer was overdue, and
    ``redirect`` is shown what a node of a Cluster refuses: it may take the command elsewhere.
    """

    def __init__(
        self,
        dial: Dial,
        contact: RedisContact,
        *,
        deadline_seconds: float,
        name: str = "commands",
        check: Use | None = None,
        redirect: Redirect | None = None,
        silent: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._contact = contact
        self._deadline_seconds = deadline_seconds
        self._check = check
        self._redirect = redirect
        self._silent = silent
        self._clock = clock
        self._scripts = SHARDED if redirect is not None else {one: one for one in SCRIPTS}
        self._waiting: deque[Command] = deque()
        self._sent: deque[Command | None] = deque()  # None: the reply to ASKING
        self._wake = asyncio.Event()
        self._pending_commands = 0
        self._pending_bytes = 0
        self._replication = ""
        self._replication_until = 0.0
        self._is_closed = False
        self.link = RedisLink(
            name,
            dial,
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
        known = self._scripts[script]
        return await self._run(Command((len(keys), *keys, *arguments), known, repeatable))

    def take(self, command: Command) -> None:
        """Takes a command over from another node; its caller still keeps the deadline."""
        if self.link.is_away or self._is_closed:
            self._fail(command, self._contact.detail)
        else:
            self._waiting.append(command)
            self._wake.set()

    def found_silent(self, reason: str) -> None:
        """Gives up the connection: an answer is overdue."""
        self.link.drop(reason)
        self._silent()

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
            if command.taker is not None:
                command.taker.found_silent(reason)
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
        for script in self._scripts.values():
            await connection.send_command("SCRIPT", "LOAD", script.source, check_health=False)
        for _ in self._scripts:
            await connection.read_response()
        if self._check is not None:
            await self._check(connection)
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
            replication = self._seen_replication()
            data = b"".join(one.packed(replication) for one in batch)
            for one in batch:
                self._sent.extend([None, one] if one.is_asking else [one])
                one.taker, one.is_asking = self, False
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
        if command is None:
            return
        if Seen.REPLICATION in command.arguments and reply[-1]:
            self._replication = reply[-1].decode()
            self._replication_until = self._clock() + REPLICATION_SEEN_SECONDS
        if not command.reply.done():
            command.reply.set_result(reply)

    def _refused(self, refusal: ResponseError) -> None:
        command = self._sent.popleft()
        if command is None:
            return
        command.taker = None
        if isinstance(refusal, NoScriptError) and not command.with_source:
            command.with_source = True
            self._waiting.appendleft(command)
            self._wake.set()
            return
        if self._redirect is not None and self._redirect(command, refusal):
            return
        if not command.reply.done():
            detail = f"Redis at {self._contact.address} refused: {refusal}"
            command.reply.set_exception(BackplaneUnavailable(detail))
        if isinstance(refusal, ReadOnlyError | ClusterDownError):
            # A demoted primary keeps its connections; a new one may lead to its successor.
            self.link.drop(str(refusal))

    def _seen_replication(self) -> str:
        return self._replication if self._clock() < self._replication_until else ""

    def _connection_ended(self) -> None:
        """Saves what may be sent again, fails the rest; everything when there is no connection."""
        for command in reversed(self._sent):
            if command is None:
                continue
            command.taker = None
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
