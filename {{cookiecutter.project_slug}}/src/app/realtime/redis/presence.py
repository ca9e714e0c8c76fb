"""Presence over several processes: per-topic hashes in Redis, liveness by node.

Everything that changes or reads a roster is one script, so versions and snapshots agree. What this
process owes (a leave that Redis did not take) is remembered and made up for.
"""

import asyncio
from collections.abc import Coroutine
from collections.abc import Iterable
from functools import partial
from itertools import islice
from typing import Any

import msgspec
import structlog

from app.realtime.backplane import BackplaneUnavailable
from app.realtime.presence_store import Member
from app.realtime.presence_store import PresenceListener
from app.realtime.presence_store import Snapshot
from app.realtime.redis.backplane import RedisBackplane
from app.realtime.redis.entries import EntryName
from app.realtime.redis.janitor import Janitor
from app.realtime.redis.lease import Lease
from app.realtime.redis.lingering import Lingering
from app.realtime.redis.scripts import JOIN
from app.realtime.redis.scripts import LINGER
from app.realtime.redis.scripts import RESYNC
from app.realtime.redis.scripts import SNAPSHOT
from app.realtime.supervise import Supervisor
from app.settings import RealtimeSettings

log = structlog.get_logger()

ENTRIES_AT_ONCE = 500

Place = tuple[str, str]  # topic and connection


class RedisPresence:
    """Presence over the topics of one ``RedisBackplane``, whose connections it uses."""

    def __init__(self, backplane: RedisBackplane, settings: RealtimeSettings, *, node: str) -> None:
        self._backplane = backplane
        self._pipeline = backplane.commands
        self._keys = backplane.keys
        self._members_max = settings.presence_members
        self._linger_seconds = settings.presence_linger_seconds
        self._beat_seconds = settings.node_beat_seconds
        self._supervisor = Supervisor()
        self._own: dict[Place, Member] = {}
        self._owed: dict[Place, float] = {}
        self._lease = Lease(
            self._pipeline, self._keys, node=node, lease_seconds=settings.node_lease_seconds
        )
        self._janitor = Janitor(
            self._pipeline,
            self._keys,
            period_seconds=settings.node_beat_seconds,
            meters=backplane.meters,
        )
        self._lingering = Lingering(partial(self._janitor.end, only_due=True), self._supervisor)

    @property
    def failing(self) -> list[str]:
        """Names the lease or the janitor, when it keeps crashing."""
        return self._supervisor.failing

    async def open(self, listener: PresenceListener) -> None:
        """Starts the lease and the janitor; the backplane carries the diffs."""
        self._backplane.deliver_presence_to(listener.presence)
        self._supervisor.keep("node lease", self._keep_alive)
        self._supervisor.keep("presence janitor", self._keep_tidy)

    async def close(self) -> None:
        """Lets the entries of this node linger, then leave, and gives up the lease.

        Without Redis the lease runs out instead, and other nodes end the entries.
        """
        self._lingering.close()
        await self._supervisor.close()
        try:
            await _in_batches(
                self._linger(place, self._linger_seconds) for place in (*self._own, *self._owed)
            )
            await self._lease.give_up()
        except BackplaneUnavailable as failure:
            log.info("presence.left_to_others", entries=len(self._own), detail=failure.detail)

    async def join(self, topic: str, connection: str, member: Member) -> Snapshot:
        """Counts ``connection`` as there and returns everybody, the newcomer included.

        Raises:
            BackplaneUnavailable: the server is away; the connection is not counted.
        """
        place = topic, connection
        self._own[place] = member
        self._owed.pop(place, None)
        try:
            if not self._lease.is_held:
                await self._renew_lease()
            await self._janitor.hide_dead(topic)
            return await self._join(place, member)
        except (BackplaneUnavailable, asyncio.CancelledError):
            # It may have been counted all the same.
            self._own.pop(place, None)
            self._owed[place] = 0.0
            raise

    async def leave(self, topic: str, connection: str, *, linger_seconds: float) -> None:
        """Ends the presence of ``connection``; made up for later when the server is away."""
        place = topic, connection
        if self._own.pop(place, None) is not None:
            await self._leave_or_owe(place, linger_seconds)

    async def snapshot(self, topic: str) -> Snapshot:
        """Returns who is there now.

        Raises:
            BackplaneUnavailable: the server is away.
        """
        await self._janitor.hide_dead(topic)
        keys = [self._keys.users(topic), self._keys.version(topic)]
        reply = await self._pipeline.script(SNAPSHOT, keys, self._members_max, repeatable=True)
        return _snapshot_of(reply)

    async def _keep_alive(self) -> None:
        while True:
            try:
                await self._beat()
            except BackplaneUnavailable as failure:
                log.debug("presence.beat_missed", detail=failure.detail)
            await asyncio.sleep(self._beat_seconds)

    async def _beat(self) -> None:
        """Renews the lease, and brings Redis up to date with what happened while it was away."""
        await self._renew_lease()
        await _in_batches(self._make_up_for(place) for place in list(self._owed))
        await _in_batches(self._resync(*doubt) for doubt in self._backplane.versions.doubtful())

    async def _renew_lease(self) -> None:
        if not await self._lease.renew():
            log.info("presence.lease_lost", entries=len(self._own))
            await _in_batches(self._join_again(place) for place in list(self._own))

    async def _keep_tidy(self) -> None:
        while True:
            await asyncio.sleep(self._beat_seconds)
            try:
                await self._janitor.take_turn()
            except BackplaneUnavailable as failure:
                log.debug("presence.turn_missed", detail=failure.detail)

    async def _make_up_for(self, place: Place) -> None:
        linger_seconds = self._owed.pop(place, None)
        if linger_seconds is not None:  # it may have joined again meanwhile
            await self._leave_or_owe(place, linger_seconds)

    async def _resync(self, topic: str, version: int) -> None:
        keys = [self._keys.users(topic), self._keys.version(topic)]
        await self._pipeline.script(
            RESYNC, keys, self._keys.channel(topic), version, repeatable=True
        )
        self._backplane.versions.settled(topic)

    async def _join_again(self, place: Place) -> None:
        member = self._own.get(place)
        if member is not None:  # it may have left while others were joining again
            await self._join(place, member)

    async def _join(self, place: Place, member: Member) -> Snapshot:
        topic, connection = place
        reply = await self._pipeline.script(
            JOIN,
            [
                self._keys.connections(topic),
                self._keys.users(topic),
                self._keys.version(topic),
                self._keys.entries(self._lease.holder, self._keys.partition(topic)),
                self._keys.lingering(self._keys.partition(topic)),
            ],
            self._keys.channel(topic),
            self._name(place).encoded(),
            connection,
            self._lease.holder,
            msgspec.json.encode(member.user),
            msgspec.json.encode(member.meta),
            self._members_max,
            repeatable=True,
        )
        snapshot = _snapshot_of(reply)
        self._backplane.versions.shown(topic, snapshot.version)
        return snapshot

    async def _leave_or_owe(self, place: Place, linger_seconds: float) -> None:
        try:
            await self._leave(place, linger_seconds)
        except BackplaneUnavailable:
            if place not in self._own:
                self._owed[place] = linger_seconds

    async def _leave(self, place: Place, linger_seconds: float) -> None:
        if linger_seconds > 0:
            await self._linger(place, linger_seconds)
            self._lingering.add(self._name(place), seconds=linger_seconds)
        else:
            await self._janitor.end([self._name(place)])

    async def _linger(self, place: Place, linger_seconds: float) -> None:
        topic, connection = place
        await self._pipeline.script(
            LINGER,
            [self._keys.connections(topic), self._keys.lingering(self._keys.partition(topic))],
            self._name(place).encoded(),
            connection,
            int(linger_seconds * 1000),
            repeatable=True,
        )

    def _name(self, place: Place) -> EntryName:
        return EntryName(self._lease.holder, *place)


async def _in_batches(calls: Iterable[Coroutine[Any, Any, object]]) -> None:
    """Awaits many calls, some at a time, so that the pipeline's bound is kept."""
    remaining = iter(calls)
    while batch := list(islice(remaining, ENTRIES_AT_ONCE)):
        await asyncio.gather(*batch)


def _snapshot_of(reply: Any) -> Snapshot:
    version, count, found = reply
    if found is None:
        return Snapshot(int(version), count, None)
    users, known = found[::2], found[1::2]
    members = [
        Member(msgspec.json.decode(user), msgspec.json.decode(about.partition(b"\n")[2]))
        for user, about in zip(users, known, strict=True)
    ]
    return Snapshot(int(version), count, members)
