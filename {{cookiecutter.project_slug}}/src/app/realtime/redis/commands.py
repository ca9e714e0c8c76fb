"""Commands to Redis as values, and what takes them: one server's pipeline, or a whole Cluster."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from enum import Enum
from typing import Any
from typing import Protocol

import hiredis

from app.realtime.redis.scripts import Script


class Seen(Enum):
    """Stands in a script's arguments for the replication id last seen on the connection used.

    Filled in when the command is written, not when it is asked for: a reconnect may lie between.
    Such a script returns the id as its last item where it had to look it up.
    """

    REPLICATION = "replication"


Argument = str | bytes | int | float | Seen


class Commands(Protocol):
    """Takes commands. The first argument after a verb is a key: on a Cluster it tells the node."""

    async def command(self, *arguments: Argument, repeatable: bool = False) -> Any:
        """Sends one command; returns its reply.

        Raises:
            BackplaneUnavailable: refused, or no answer within the deadline.
        """

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


class Taker(Protocol):
    """Who has a command on its connection."""

    def found_silent(self, reason: str) -> None:
        """Learns that an answer is overdue."""


@dataclass(slots=True, eq=False)
class Command:
    """One command on its way; a ``repeatable`` one survives the loss of the connection.

    ``taker`` is whose connection it was written to; ``is_asking`` when a node has sent it on to
    another one that does not own the slot yet.
    """

    arguments: tuple[Argument, ...]
    script: Script | None
    repeatable: bool
    reply: asyncio.Future[Any] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )
    taker: Taker | None = None
    with_source: bool = False
    is_asking: bool = False
    redirects: int = 0

    @property
    def key(self) -> str:
        """The first key, by which a Cluster finds the node."""
        return str(self.arguments[1])

    def packed(self, replication: str) -> bytes:
        """Returns what goes on the wire."""
        arguments = [replication if one is Seen.REPLICATION else one for one in self.arguments]
        if self.script is None:
            data = pack(arguments)
        elif self.with_source:
            data = pack(["EVAL", self.script.source, *arguments])
        else:
            data = pack(["EVALSHA", self.script.digest, *arguments])
        return pack(["ASKING"]) + data if self.is_asking else data


def pack(arguments: Sequence[Argument]) -> bytes:
    """Returns a command as it goes on the wire."""
    packed: bytes = hiredis.pack_command(tuple(arguments))  # type: ignore[arg-type]  # its stub asks for a 1-tuple
    return packed
