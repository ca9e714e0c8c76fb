"""The backplane of several processes, over Redis or Valkey: one server, Sentinels or a Cluster.

A publish is one script: idempotency key, next offset, append, expiry, announcement. Announcements
travel by pub/sub, which forgets whoever is away for a moment; the log and its offsets make up for
that. Why, and what is kept under which key: ``docs/backplanes.md``.
"""

import asyncio
import secrets
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Sequence
from typing import Any

from app.realtime.backplane import Entry
from app.realtime.backplane import History
from app.realtime.backplane import Listener
from app.realtime.backplane import Position
from app.realtime.backplane import Published
from app.realtime.metrics import Meters
from app.realtime.presence_store import Diff
from app.realtime.redis import envelopes
from app.realtime.redis.cluster import Cluster
from app.realtime.redis.commands import Seen
from app.realtime.redis.contact import RedisContact
from app.realtime.redis.interests import Ears
from app.realtime.redis.keys import RedisKeys
from app.realtime.redis.one_server import OneServer
from app.realtime.redis.partitions import PARTITIONS
from app.realtime.redis.partitions import balanced_tags
from app.realtime.redis.scripts import HISTORY
from app.realtime.redis.scripts import PUBLISH
from app.realtime.redis.scripts import REPLICATION
from app.realtime.redis.versions import HeardVersions
from app.realtime.redis.wiring import Wires
from app.realtime.redis.wiring import Wiring
from app.realtime.topics import Window
from app.redis_url import redis_servers
from app.settings import RealtimeSettings
from app.settings import RedisSettings


def fresh_epoch() -> str:
    """Returns a name for an epoch that has never been used and never will be again."""
    return secrets.token_hex(8)


class RedisBackplane:
    """The backplane over one server, a primary with Sentinels, or a Cluster.

    ``partitions`` is for tests: every process of a Cluster has to have the same number.
    """

    def __init__(
        self,
        settings: RealtimeSettings,
        redis: RedisSettings,
        *,
        node: str,
        meters: Meters | None = None,
        partitions: int = PARTITIONS,
    ) -> None:
        self.meters = meters or Meters()
        servers = redis_servers(redis.url)
        self._is_sharded = servers.kind == "cluster"
        self.keys = RedisKeys(
            redis.key_prefix, balanced_tags(partitions) if self._is_sharded else ()
        )
        self._listener: Listener  # since open
        self._deliver_presence: Callable[[str, Diff], None] = lambda _topic, _diff: None
        self.versions = HeardVersions()
        wiring = Wiring(
            servers,
            settings,
            redis,
            self.keys,
            node,
            RedisContact(servers.shown, self._contact_changed, meters=self.meters),
            Ears(self._hear, self._suspect, self.versions.forget),
        )
        self._wires: Wires = Cluster(wiring) if self._is_sharded else OneServer(wiring)
        self.commands = self._wires.commands

    @property
    def failing(self) -> list[str]:
        """Names the tasks of its connections that keep crashing."""
        return self._wires.failing

    async def open(self, listener: Listener) -> None:
        """Starts the connections, and returns whether or not they can be made.

        Raises:
            LayoutMismatch: others use this Cluster with another number of partitions.
        """
        self._listener = listener
        await self._wires.open()

    async def close(self) -> None:
        """Ends the connections."""
        await self._wires.close()
        await asyncio.sleep(0)  # closed transports end in the next step of the loop

    def deliver_presence_to(self, deliver: Callable[[str, Diff], None]) -> None:
        """Hands presence diffs of the topics subscribed to from now on to ``deliver``."""
        self._deliver_presence = deliver

    async def publish(
        self,
        topic: str,
        data: bytes,
        *,
        window: Window,
        key: str | None = None,
        key_seconds: int = 300,
    ) -> Published:
        """Appends to the topic's log and announces."""
        keys = [self.keys.meta(topic), self.keys.log(topic)]
        if key is not None:
            keys.append(self.keys.idempotency(topic, key))
        epoch, offset, is_duplicate, _ = await self.commands.script(
            PUBLISH,
            keys,
            self.keys.channel(topic),
            data,
            window.messages,
            window.seconds,
            Seen.REPLICATION,
            fresh_epoch(),
            key_seconds,
            repeatable=key is not None,
        )
        return Published(epoch.decode(), int(offset), duplicate=bool(is_duplicate))

    async def signal(
        self, topic: str, data: bytes, *, sender: str | None = None, key: str | None = None
    ) -> None:
        """Announces an ephemeral message."""
        envelope = envelopes.signal_envelope(data, sender=sender, key=key)
        verb = "SPUBLISH" if self._is_sharded else "PUBLISH"
        await self.commands.command(verb, self.keys.channel(topic), envelope)

    async def subscribe(self, topic: str) -> None:
        """Returns once announcements of ``topic`` reach this process."""
        await self._wires.interests.subscribe(topic)

    def unsubscribe(self, topic: str) -> None:
        """Ends the interest after a while, unless it comes back before."""
        self._wires.interests.unsubscribe(topic)

    async def history(self, topic: str, *, window: Window, after: int, limit: int) -> History:
        """Reads the log after offset ``after``."""
        epoch, top, entries, _ = await self.commands.script(
            HISTORY,
            [self.keys.meta(topic), self.keys.log(topic)],
            after,
            limit,
            window.seconds,
            Seen.REPLICATION,
            fresh_epoch(),
            repeatable=True,
        )
        return History(
            Position(epoch.decode(), int(top)),
            [Entry(int(place.partition(b"-")[0]), fields[1]) for place, fields in entries],
        )

    async def tops(self, topics: Sequence[str]) -> Sequence[Position | None]:
        """Reads the newest positions of ``topics``; an epoch from before a failover is none."""
        one_of_each = {self.keys.partition(topic): topic for topic in topics}
        found, primaries = await asyncio.gather(
            asyncio.gather(*(self._top(topic) for topic in topics)),
            asyncio.gather(*(self._primary(topic) for topic in one_of_each.values())),
        )
        current = dict(zip(one_of_each, primaries, strict=True))
        return [
            Position(epoch.decode(), int(top))
            if epoch and replication == current[self.keys.partition(topic)]
            else None
            for topic, (epoch, top, replication) in zip(topics, found, strict=True)
        ]

    async def _primary(self, topic: str) -> Any:
        """Returns the replication id of the server that has ``topic``."""
        return await self.commands.script(REPLICATION, [self.keys.meta(topic)], repeatable=True)

    async def _top(self, topic: str) -> Any:
        fields = ("epoch", "top", "replication")
        return await self.commands.command("HMGET", self.keys.meta(topic), *fields, repeatable=True)

    def _hear(self, topic: str, envelope: bytes) -> None:
        tag = envelope[0]
        if tag == envelopes.MESSAGE:
            epoch, entry = envelopes.message_of(envelope)
            self._listener.message(topic, epoch, entry)
        elif tag == envelopes.SIGNAL:
            sender, key, data = envelopes.signal_of(envelope)
            self._listener.signal(topic, data, sender=sender, key=key)
        elif tag == envelopes.PRESENCE:
            diff = envelopes.diff_of(envelope)
            self.versions.heard(topic, diff.version)
            self._deliver_presence(topic, diff)

    def _suspect(self, topics: Collection[str]) -> None:
        self.versions.suspect(topics)
        self._listener.suspect(topics)

    def _contact_changed(self, is_degraded: bool) -> None:
        self._listener.state(degraded=is_degraded)
