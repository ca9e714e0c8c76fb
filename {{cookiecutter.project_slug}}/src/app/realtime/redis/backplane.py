"""The backplane of several processes, over one Redis or Valkey server.

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
from app.realtime.redis.contact import RedisContact
from app.realtime.redis.contact import address_of
from app.realtime.redis.eviction import warn_of_eviction
from app.realtime.redis.keys import RedisKeys
from app.realtime.redis.pipeline import RedisPipeline
from app.realtime.redis.pipeline import Seen
from app.realtime.redis.scripts import HISTORY
from app.realtime.redis.scripts import PUBLISH
from app.realtime.redis.scripts import REPLICATION
from app.realtime.redis.subscriber import Probe
from app.realtime.redis.subscriber import RedisSubscriber
from app.realtime.redis.versions import HeardVersions
from app.realtime.supervise import Supervisor
from app.realtime.topics import Window
from app.settings import RealtimeSettings
from app.settings import RedisSettings


def fresh_epoch() -> str:
    """Returns a name for an epoch that has never been used and never will be again."""
    return secrets.token_hex(8)


class RedisBackplane:
    """Two connections: one for commands, one that listens."""

    def __init__(
        self,
        settings: RealtimeSettings,
        redis: RedisSettings,
        *,
        node: str,
        meters: Meters | None = None,
    ) -> None:
        self.meters = meters or Meters()
        self.keys = RedisKeys(redis.key_prefix)
        self._listener: Listener  # since open
        self._deliver_presence: Callable[[str, Diff], None] = lambda _topic, _diff: None
        self.versions = HeardVersions()
        self._supervisor = Supervisor()
        contact = RedisContact(address_of(redis.url), self._contact_changed, meters=self.meters)
        self.pipeline = RedisPipeline(
            redis, contact, deadline_seconds=settings.publish_deadline_seconds
        )
        channel = self.keys.probe(node)
        self._subscriber = RedisSubscriber(
            redis,
            contact,
            channel_of=self.keys.channel,
            probe=Probe(
                channel,
                settings.probe_seconds,
                lambda: self.pipeline.command("PUBLISH", channel, b""),
            ),
            deadline_seconds=settings.publish_deadline_seconds,
            unsubscribe_delay_seconds=settings.unsubscribe_delay_seconds,
            hear=self._hear,
            suspect=self._suspect,
        )

    async def open(self, listener: Listener) -> None:
        """Starts both connections, and returns whether or not they can be made."""
        self._listener = listener
        self._supervisor.keep("redis commands", self.pipeline.link.run)
        self._supervisor.keep("redis subscriber", self._subscriber.link.run)
        self._supervisor.start("eviction policy", warn_of_eviction(self.pipeline))

    async def close(self) -> None:
        """Ends both connections."""
        await self._supervisor.close()
        self.pipeline.close()
        self._subscriber.close()

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
        epoch, offset, is_duplicate, _ = await self.pipeline.script(
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
        await self.pipeline.command("PUBLISH", self.keys.channel(topic), envelope)

    async def subscribe(self, topic: str) -> None:
        """Returns once announcements of ``topic`` reach this process."""
        await self._subscriber.subscribe(topic)

    def unsubscribe(self, topic: str) -> None:
        """Ends the interest after a while, unless it comes back before."""
        self.versions.forget(topic)
        self._subscriber.unsubscribe(topic)

    async def history(self, topic: str, *, window: Window, after: int, limit: int) -> History:
        """Reads the log after offset ``after``."""
        epoch, top, entries, _ = await self.pipeline.script(
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
        replication, *found = await asyncio.gather(
            self.pipeline.script(REPLICATION, [], repeatable=True),
            *(self._top(topic) for topic in topics),
        )
        return [
            Position(epoch.decode(), int(top)) if epoch and known == replication else None
            for epoch, top, known in found
        ]

    async def _top(self, topic: str) -> tuple[Any, Any, Any]:
        fields = ("epoch", "top", "replication")
        epoch, top, known = await self.pipeline.command(
            "HMGET", self.keys.meta(topic), *fields, repeatable=True
        )
        return epoch, top, known

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
