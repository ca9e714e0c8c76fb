"""A subscriber connection: what reaches this process, and the certainty that it still does.

Announcements are handed on as they come and nothing else runs here. What a lost connection carried
is lost with it (see ``Interests``), and everything that is wanted is asked for on the next one.
"""

import asyncio
from collections import Counter
from collections import defaultdict
from collections.abc import Callable
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from redis.asyncio.connection import AbstractConnection
from redis.exceptions import MovedError

from app.realtime.redis.contact import RedisContact
from app.realtime.redis.dialing import Dial
from app.realtime.redis.interests import Interests
from app.realtime.redis.link import RedisLink
from app.realtime.redis.link import until_one_ends
from app.realtime.redis.watch import Probe
from app.realtime.redis.watch import Watch

CHANNELS_PER_COMMAND = 512
MESSAGES_BETWEEN_YIELDS = 100


@dataclass(frozen=True, slots=True)
class Charge:
    """What one subscriber is in charge of.

    ``wanted`` tells the channels; those with the same ``slot`` may go into one command, on a
    Cluster (``is_sharded``) no others. ``moved(slot, error)`` learns that a slot went elsewhere.
    """

    wanted: Callable[[], Iterable[bytes]]
    slot: Callable[[bytes], int] = lambda _channel: 0
    is_sharded: bool = False
    moved: Callable[[MovedError], None] = lambda _error: None

    @property
    def letter(self) -> str:
        """What stands before the names of the sharded commands."""
        return "S" if self.is_sharded else ""


class RedisSubscriber:
    """Listens on one connection after the other."""

    def __init__(
        self,
        dial: Dial,
        contact: RedisContact,
        interests: Interests,
        charge: Charge,
        probe: Probe,
        *,
        name: str = "subscriber",
        ended: Callable[[], None] = lambda: None,
    ) -> None:
        self._contact = contact
        self._interests = interests
        self._charge = charge
        self._probe = probe
        self._ended = ended
        self._carried: set[bytes] = set()
        self._changes: dict[bytes, bool] = {}
        self._unanswered: Counter[bytes] = Counter()
        self._leaving: Counter[bytes] = Counter()
        self._wake = asyncio.Event()
        self._watch = Watch(probe, contact.meters)
        letter = charge.letter.lower()
        self._kinds: dict[bytes, Callable[[bytes, bytes], None]] = {
            f"{letter}message".encode(): interests.hear,
            f"{letter}subscribe".encode(): self._confirm,
            b"subscribe": self._confirm,
            f"{letter}unsubscribe".encode(): self._sent_away,
        }
        self.link = RedisLink(
            name,
            dial,
            contact,
            greet=self._greet,
            serve=self._serve,
            ended=self._connection_ended,
        )

    def change(self, channel: bytes, *, wanted: bool) -> None:
        """Begins or ends listening, with everything else that this step of the loop changes."""
        self._changes[channel] = wanted
        self._wake.set()

    def doubt(self) -> None:
        """Makes sure now, not after some silence, that the connection is alive."""
        self._watch.doubted.set()

    async def _greet(self, connection: AbstractConnection) -> None:
        """Subscribes to everything that is wanted, and returns when all of it is answered."""
        self._changes.clear()
        self._unanswered.clear()
        self._leaving.clear()
        probe = self._probe.channel.encode()
        self._unanswered[probe] += 1
        await connection.send_command("SUBSCRIBE", probe, check_health=False)
        await self._subscribe(connection, self._charge.wanted())
        while self._unanswered:
            await self._next(connection)

    async def _serve(self, connection: AbstractConnection) -> None:
        await until_one_ends(
            self._write(connection), self._read(connection), self._watch.run(connection)
        )

    async def _write(self, connection: AbstractConnection) -> None:
        """Sends what one step of the loop has changed in one go."""
        self._wake.set()
        while connection.is_connected:  # pragma: no branch - the reader ends first
            await self._wake.wait()
            self._wake.clear()
            changes, self._changes = self._changes, {}
            ended = [
                channel
                for channel, wanted in changes.items()
                if not wanted and (channel in self._carried or channel in self._unanswered)
            ]
            self._carried.difference_update(ended)
            self._leaving.update(ended)
            await self._send(connection, f"{self._charge.letter}UNSUBSCRIBE", ended)
            await self._subscribe(connection, (one for one, wanted in changes.items() if wanted))

    async def _subscribe(self, connection: AbstractConnection, channels: Iterable[bytes]) -> None:
        begun = list(channels)
        self._unanswered.update(begun)
        await self._send(connection, f"{self._charge.letter}SUBSCRIBE", begun)

    async def _send(
        self, connection: AbstractConnection, verb: str, channels: Iterable[bytes]
    ) -> None:
        groups: defaultdict[int, list[bytes]] = defaultdict(list)
        for channel in channels:
            groups[self._charge.slot(channel)].append(channel)
        for group in groups.values():
            for start in range(0, len(group), CHANNELS_PER_COMMAND):
                some = group[start : start + CHANNELS_PER_COMMAND]
                await connection.send_command(verb, *some, check_health=False)

    async def _read(self, connection: AbstractConnection) -> None:
        taken = 0
        while True:
            await self._next(connection)
            taken += 1
            if taken % MESSAGES_BETWEEN_YIELDS == 0:
                await asyncio.sleep(0)  # what is buffered is read without ever waiting

    async def _next(self, connection: AbstractConnection) -> None:
        try:
            kind, channel, *rest = await connection.read_response()
        except MovedError as moved:
            self._forget_slot(moved.slot_id)
            self._charge.moved(moved)
            return
        finally:
            self._watch.heard.set()
        take = self._kinds.get(kind)
        if take is not None:
            take(channel, *rest)

    def _confirm(self, channel: bytes, _count: Any) -> None:
        self._unanswered[channel] -= 1
        if self._unanswered[channel] > 0:
            return
        del self._unanswered[channel]
        self._carried.add(channel)
        self._interests.confirm(channel)

    def _sent_away(self, channel: bytes, _count: Any) -> None:
        """Takes a farewell that was asked for, or one that was not: the slot has moved.

        Asking for it again here brings the answer where it went.
        """
        if channel in self._leaving:
            self._leaving[channel] -= 1
            if not self._leaving[channel]:
                del self._leaving[channel]
            return
        self._carried.discard(channel)
        self._interests.lose([channel])
        if channel in self._interests.topics:
            self.change(channel, wanted=True)

    def _forget_slot(self, slot: int) -> None:
        for counter in (self._unanswered, self._leaving):
            for channel in [one for one in counter if self._charge.slot(one) == slot]:
                del counter[channel]

    def _connection_ended(self) -> None:
        carried, self._carried = self._carried, set()
        self._interests.lose(carried)
        if self.link.is_away:
            self._interests.refuse(self._charge.wanted(), self._contact.detail)
        self._ended()
