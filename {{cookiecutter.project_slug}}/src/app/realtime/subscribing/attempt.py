"""One subscription on its way, from the wish to going live."""

from collections.abc import Coroutine
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import structlog

from app.errors import AppError
from app.realtime.access import FORBIDDEN
from app.realtime.access import UNKNOWN_TOPIC
from app.realtime.backplane import NOWHERE
from app.realtime.backplane import History
from app.realtime.backplane import Position
from app.realtime.connections.connection import Connection
from app.realtime.core import Core
from app.realtime.hub.latest_log import LatestLog
from app.realtime.hub.topic_log import Reading
from app.realtime.hub.topic_log import TopicLog
from app.realtime.hub.topic_state import TopicState
from app.realtime.presence_store import Snapshot
from app.realtime.protocol.batch import Push
from app.realtime.protocol.messages import Refusal
from app.realtime.protocol.messages import refusal_of
from app.realtime.subscribing.departing import end_subscription
from app.realtime.subscribing.departing import member_of
from app.realtime.subscribing.log_reading import ABOVE_EVERY_OFFSET
from app.realtime.subscribing.log_reading import read_log
from app.realtime.subscribing.recovery import Allowance
from app.realtime.subscribing.recovery import Budget
from app.realtime.subscribing.recovery import Lost
from app.realtime.subscribing.recovery import Recovered
from app.realtime.subscribing.recovery import latest
from app.realtime.subscribing.recovery import recover
from app.realtime.subscribing.subscription import Outcome
from app.realtime.subscribing.subscription import Refused
from app.realtime.subscribing.subscription import Subscribed
from app.realtime.subscribing.subscription import Wanted
from app.realtime.topics import TopicNamespace

log = structlog.get_logger()

SUBSCRIBED_ALREADY = Refusal("invalid", "subscribed already")
TOO_MANY_TOPICS = Refusal("invalid", "too many topics on this connection")
CRASHED = Refusal("internal", "something went wrong", retry=True)


class Attempt:
    """Subscribes one connection to one topic. A refusal at any step undoes the steps before it."""

    __slots__ = ("_budget", "_connection", "_core", "_is_too_much", "_kept_bytes", "_reading",
                 "_refusal", "_state", "_wanted", "_who")  # fmt: skip

    def __init__(self, core: Core, connection: Connection, wanted: Wanted, budget: Budget) -> None:
        self._core = core
        self._connection = connection
        self._wanted = wanted
        self._budget = budget
        self._kept_bytes = 0
        self._refusal: Refusal | None = None
        self._state: TopicState | None = None
        self._reading: Reading | None = None
        self._is_too_much = False
        self._who: Snapshot | None = None

    async def prepare(self) -> None:
        """Asks for permission, listens, joins presence and reads the log where that is needed."""
        topic = self._wanted.topic
        namespace = self._core.access.namespace(topic)
        self._refusal = UNKNOWN_TOPIC if namespace is None else self._begin(namespace)
        if self._refusal is not None:
            return
        # Asked after the subscription was begun: a membership that ends meanwhile ends it too.
        refusal = await self._core.access.refuse(self._connection.principal, topic, "subscribe")
        if refusal is not None:
            self._give_up(refusal)
        else:
            await self._trying(self._listen())

    async def read(self) -> None:
        """Reads the log, from the older of what the subscriber and the topic have."""
        await self._trying(self._read())

    def judge(self, *, max_bytes: int | None = None) -> Recovered | Lost | None:
        """Says what the subscriber gets as things are now; None when the log must be read again."""
        state, since = self._state, self._wanted.since
        if self._refusal is not None or state is None:
            return Recovered(())
        if state.log is None:
            return Recovered(()) if since is None else Lost("epoch")
        accepted = state.absorb(self._reading)
        self._core.hub.follow_up(state)
        if not accepted:
            return None
        if isinstance(state.log, LatestLog):
            return latest(since, top=state.log.position, newest=state.log.newest)
        if since is None:
            return Recovered(())
        top = state.log.position
        is_here = since.epoch == top.epoch and since.offset <= top.offset
        if is_here and (self._is_too_much or state.joining.has_overflowed(self._connection.id)):
            return Lost("too_many")
        settings = self._core.settings
        if max_bytes is None:
            max_bytes = settings.recovery_hello_max_bytes
        return recover(
            since,
            top=state.log.position,
            history=self._reading.history if self._reading else History(since, ()),
            buffered=state.joining.messages,
            allowance=Allowance(
                settings.recovery_messages,
                min(settings.recovery_topic_max_bytes, max_bytes),
                self._connection.overhead_bytes(self._wanted.topic),
            ),
        )

    def settle(self, *, max_bytes: int) -> tuple[Outcome, int]:
        """Goes live; returns the outcome and the bytes that its messages take."""
        topic, state = self._wanted.topic, self._state
        if self._refusal is None and (state is None or self._connection not in state.subscribers):
            self._refusal = FORBIDDEN
        if self._refusal is not None or state is None:
            return Refused(topic, self._refusal or FORBIDDEN), 0
        judged = self.judge(max_bytes=max_bytes) or Lost("too_many")
        version = self._who.version if self._who else None
        missed = state.go_live(self._connection, presence_version=version)
        self._core.hub.follow_up(state)
        if state.namespace.one_connection_per_user:
            self._core.take_place(self._connection, topic)
        return self._outcome(state, judged, missed), getattr(judged, "size_bytes", 0)

    def _outcome(
        self, state: TopicState, judged: Recovered | Lost, missed: Sequence[Push]
    ) -> Outcome:
        wanted = self._wanted
        position = state.log.position if state.log else NOWHERE
        begun = Subscribed(wanted.topic, position, who=self._who, missed=missed)
        if wanted.has_foreign_cursor:
            judged = Lost("cursor")
        if isinstance(judged, Lost):
            self._core.meters.resumed(recovered=False, reason=judged.reason)
            return begun.anew(judged.reason, state.newest())
        if wanted.since is None:
            return replace(begun, messages=judged.messages)
        self._core.meters.resumed(recovered=True, reason=None)
        return replace(begun, recovered=True, messages=judged.messages)

    def _begin(self, namespace: TopicNamespace) -> Refusal | None:
        connection, topic = self._connection, self._wanted.topic
        if topic in connection.subscriptions:
            return SUBSCRIBED_ALREADY
        if len(connection.subscriptions) >= self._core.settings.topics_per_connection:
            return TOO_MANY_TOPICS
        self._state = self._core.hub.begin(connection, topic, namespace)
        return None

    async def _trying(self, steps: Coroutine[Any, Any, None]) -> None:
        try:
            await steps
        except AppError as failure:
            self._give_up(refusal_of(failure))
        except Exception:
            log.exception("realtime.subscribe_failed", topic=self._wanted.topic)
            self._give_up(CRASHED)

    def _give_up(self, refusal: Refusal) -> None:
        self._refusal = refusal
        end_subscription(self._core, self._connection, self._wanted.topic)

    async def _listen(self) -> None:
        topic = self._wanted.topic
        await self._core.interest.confirm(topic)
        if self._wanted.presence and self._state and self._state.namespace.presence:
            if topic not in self._connection.presence_topics:
                self._connection.presence_topics += (topic,)
            member = member_of(self._connection.principal)
            self._who = await self._core.presence.join(topic, self._connection.id, member)
        await self._read()

    async def _read(self) -> None:
        state, since = self._state, self._wanted.since
        after = self._read_after(state.log, since) if state and state.log else None
        if state is not None and after is not None:
            limit = self._core.settings.recovery_messages + 1
            # A reading may be large and a hello may ask for many: a few at a time are in memory,
            # and what nobody is going to be given is not kept.
            async with self._core.readings:
                reading = await read_log(self._core.backplane, state, after=after, limit=limit)
                self._keep(reading)

    def _keep(self, reading: Reading | None) -> None:
        """Keeps a reading, of one that is too large only where the log is at.

        Readings wait for the last of the request: together they fit into what it may recover.
        """
        entries = reading.history.entries if reading is not None else ()
        size_bytes = sum(len(entry.data) for entry in entries)
        self._budget.take(-self._kept_bytes)
        self._is_too_much = size_bytes > self._core.settings.recovery_topic_max_bytes or (
            not self._budget.take(size_bytes)
        )
        self._kept_bytes = 0 if self._is_too_much else size_bytes
        if reading is not None and self._is_too_much:
            reading = replace(reading, history=History(reading.history.top, ()))
        self._reading = reading

    @staticmethod
    def _read_after(topic_log: TopicLog, since: Position | None) -> int | None:
        """Returns the offset to read from, None when the topic itself knows enough.

        The reading begins at the topic's own position when the subscriber is ahead of it (it comes
        from a process that heard more), so that it can be used for everybody.
        """
        if topic_log.state == "idle" and isinstance(topic_log, LatestLog):
            return 0
        if topic_log.state == "idle":
            return ABOVE_EVERY_OFFSET if since is None else since.offset
        if since is None or since == topic_log.position:
            return None
        return min(since.offset, topic_log.position.offset)
