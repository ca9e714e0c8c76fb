"""One topic in one process: its subscribers, what it has to tell them, and its log.

All methods are synchronous: between a check and a change nothing else runs.
"""

from collections.abc import Callable
from collections.abc import Iterator
from typing import Protocol

from app.realtime.backplane import Entry
from app.realtime.backplane import Position
from app.realtime.hub.joining import JoiningBuffer
from app.realtime.hub.latest_log import LatestLog
from app.realtime.hub.topic_log import GapReason
from app.realtime.hub.topic_log import Reading
from app.realtime.hub.topic_log import TopicLog
from app.realtime.presence_store import Diff
from app.realtime.protocol import frames
from app.realtime.protocol.batch import Batch
from app.realtime.protocol.batch import Listening
from app.realtime.protocol.batch import Push
from app.realtime.topics import Latest
from app.realtime.topics import TopicNamespace
from app.settings import RealtimeSettings


class Receiver(Protocol):
    """Whoever hears a topic: a connection, or a part of ours."""

    @property
    def id(self) -> str:
        """The name that signals and presence know it by."""

    def deliver(self, batch: Batch, listening: Listening) -> None:
        """Takes what the topic says; synchronous, quick, never refuses."""


class TopicState:
    """A topic with subscribers in this process; ``log`` is None when nothing of it is kept."""

    __slots__ = ("_count_gap", "_droppable", "_pending", "_policy", "_prefix", "_sequence",
                 "_settings", "_sweep", "joining", "log", "name", "namespace", "quiet_turns",
                 "subscribers")  # fmt: skip

    def __init__(
        self,
        name: str,
        namespace: TopicNamespace,
        settings: RealtimeSettings,
        *,
        gapped: Callable[[str], None] = lambda _reason: None,
    ) -> None:
        self.name = name
        self.namespace = namespace
        self.subscribers: dict[Receiver, Listening] = {}
        self.joining = JoiningBuffer(
            messages_max=settings.subscribing_buffer_messages,
            max_bytes=settings.recovery_topic_max_bytes,
        )
        self.quiet_turns = 1
        self.log: TopicLog | None = None
        if namespace.window is not None:
            kind = LatestLog if isinstance(namespace.kind, Latest) else TopicLog
            held_max = settings.subscribing_buffer_messages
            self.log = kind(self._advanced, self._gapped, held_max=held_max)
        self._settings = settings
        self._policy = namespace.slow_policy
        self._droppable = name if self._policy == "drop_oldest" else None
        self._count_gap = gapped
        self._prefix = frames.message_prefix(name)
        self._pending: list[Push] = []
        self._sequence = 0
        self._sweep: tuple[Batch, Iterator[tuple[Receiver, Listening]]] | None = None

    @property
    def has_news(self) -> bool:
        """Whether something waits to be fanned out."""
        return bool(self._pending) or self._sweep is not None

    def begin(self, receiver: Receiver) -> Listening:
        """Adds a subscriber that hears nothing yet: it is about to read the log."""
        listening = Listening(self.name, receiver.id)
        self.subscribers[receiver] = listening
        self.joining.enter(receiver.id)
        return listening

    def absorb(self, reading: Reading | None) -> bool:
        """Takes a reading of the log, if there was one to make; see ``TopicLog.absorb``."""
        return reading is None or self.log is None or self.log.absorb(reading)

    def go_live(self, receiver: Receiver, *, presence_version: int | None = None) -> list[Push]:
        """Lets a subscriber hear everything from now on; returns what it missed of presence."""
        listening = self.subscribers[receiver]
        listening.is_live = True
        listening.heard_sequence = self._sequence
        listening.presence_version = presence_version
        missed = self.joining.presence_after(presence_version)
        self.joining.leave(receiver.id)
        return missed

    def newest(self) -> list[Push]:
        """Returns the newest value of a latest topic, if it has one, for one who begins anew."""
        log = self.log
        if not isinstance(log, LatestLog) or log.newest is None:
            return []
        return [self._message(log.position, log.newest)]

    def end(self, receiver: Receiver) -> None:
        """Removes a subscriber."""
        self.joining.leave(receiver.id)
        listening = self.subscribers.pop(receiver, None)
        if listening is not None:
            listening.is_live = False

    def signal(self, data: bytes, *, sender: str | None, key: str | None) -> None:
        """Takes an ephemeral message; in one tick only the newest of a sender's key is kept."""
        newest_of = None
        if key is not None or self._policy == "latest":
            newest_of = (self.name, sender, key)
        if key is not None:
            self._pending = [push for push in self._pending if push.newest_of != newest_of]
        self._push(
            Push(
                "message",
                frames.signal(self._prefix, data),
                sender=sender,
                newest_of=newest_of,
                droppable=self._droppable,
            )
        )

    def presence(self, diff: Diff) -> None:
        """Takes a presence diff."""
        line = frames.presence(self.name, diff, members_max=self._settings.presence_members)
        push = Push("presence", line, version=diff.version)
        self.joining.add_presence(push)
        self._push(push)

    def sweep(self, writes_max: int) -> int:
        """Hands its news to up to ``writes_max`` subscribers; returns how many had it.

        A batch that has more subscribers goes on with the next call, before anything newer.
        """
        if self._sweep is None:
            pending, self._pending = self._pending, []
            self._sweep = (Batch(pending), iter(tuple(self.subscribers.items())))
        batch, receivers = self._sweep
        writes = 0
        for receiver, listening in receivers:
            if listening.is_live:
                receiver.deliver(batch, listening)
                writes += 1
                if writes >= writes_max:
                    return writes
        self._sweep = None
        return writes

    def _advanced(self, position: Position, entry: Entry) -> None:
        self.quiet_turns = 0
        if isinstance(self.log, LatestLog):
            self._pending = [push for push in self._pending if not push.data]
        else:
            self.joining.add_message(entry)
        self._push(self._message(position, entry))

    def _message(self, position: Position, entry: Entry) -> Push:
        return Push(
            "message",
            frames.message(self._prefix, entry),
            position=position,
            newest_of=(self.name, None, None) if self._policy == "latest" else None,
            droppable=self._droppable,
            data=entry.data,
        )

    def _gapped(self, position: Position, reason: GapReason) -> None:
        self._count_gap(reason)
        self.joining.forget_messages()
        self._push(Push("gap", frames.gap(self.name, reason, position), position=position))

    def _push(self, push: Push) -> None:
        self._sequence += 1
        push.sequence = self._sequence
        self._pending.append(push)
