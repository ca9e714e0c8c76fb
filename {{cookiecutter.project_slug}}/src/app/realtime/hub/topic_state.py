"""One topic in one process: its subscribers, what it has to tell them, and its log.

All methods are synchronous: between a check and a change nothing else runs.
"""

from app.realtime.backplane import Entry
from app.realtime.backplane import Position
from app.realtime.connections.socket_connection import SocketConnection
from app.realtime.hub.joining import JoiningBuffer
from app.realtime.hub.latest_log import LatestLog
from app.realtime.hub.sweep import Sweep
from app.realtime.hub.topic_log import GapReason
from app.realtime.hub.topic_log import Reading
from app.realtime.hub.topic_log import TopicLog
from app.realtime.hub.untold import PACED_FROM_SUBSCRIBERS
from app.realtime.hub.untold import Untold
from app.realtime.metrics import Meters
from app.realtime.presence_store import Diff
from app.realtime.protocol import frames
from app.realtime.protocol.batch import Batch
from app.realtime.protocol.batch import Listening
from app.realtime.protocol.batch import Push
from app.realtime.protocol.batch import Receiver
from app.realtime.topics import Latest
from app.realtime.topics import TopicNamespace
from app.settings import RealtimeSettings


class TopicState:
    """A topic with subscribers in this process; ``log`` is None when nothing of it is kept."""

    __slots__ = ("_droppable", "_meters", "_pending", "_policy", "_prefix", "_presence",
                 "_sequence", "_settings", "_sweep", "joining", "log", "name", "namespace",
                 "quiet_turns", "subscribers", "untold")  # fmt: skip

    def __init__(
        self,
        name: str,
        namespace: TopicNamespace,
        settings: RealtimeSettings,
        *,
        meters: Meters | None = None,
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
        self._meters = meters or Meters()
        self._prefix = frames.message_prefix(name)
        self._pending: list[Push] = []
        self._presence: Push | None = None
        self._sequence = 0
        self.untold = Untold()
        self._sweep: Sweep | None = None

    @property
    def has_news(self) -> bool:
        """Whether something waits to be fanned out."""
        return bool(self._pending) or self._sweep is not None

    def begin(self, receiver: Receiver) -> Listening:
        """Adds a subscriber that hears nothing yet: it is about to read the log."""
        listening = Listening(self.name, receiver)
        if isinstance(receiver, SocketConnection):
            listening.outbound = receiver.outbound
            listening.path = receiver.outbound.writer.path
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
        if len(self.subscribers) > 1:  # of a crowd; most topics have one subscriber, and thousands
            self._presence = push
        self._push(push)

    def sweep(self, writes_max: int) -> int:
        """Hands its news to up to ``writes_max`` subscribers; returns how many those were.

        A batch that has more subscribers goes on with the next call, before anything newer.
        """
        if self._sweep is None:
            pending, self._pending = self._pending, []
            self._sweep = Sweep(Batch(pending), self.subscribers.values(), self._meters)
        reached = self._sweep.go_on(writes_max)
        if self._sweep.is_over:
            self._sweep = None
        return reached

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

    def tell_untold(self, most: int) -> int:
        """Tells up to ``most`` of those who wait for it of the gap; returns how many.

        They go on from where the topic is now: what was said since the gap is part of theirs.
        """
        if self.log is None:
            return 0
        newest = self.newest()
        top = self.log.position
        position = Position(top.epoch, top.offset - len(newest))
        pushes = [self._gap(position, self.untold.reason), *newest]
        if self._presence is not None:  # a step too far ahead has a client ask who is there
            pushes.append(Push("presence", self._presence.line, version=self._presence.version))
        before = self._sequence
        for push in pushes:
            self._number(push)
        batch = Batch(pushes)
        waiting = self.untold.take(most)
        for receiver, listening in waiting:
            if self.subscribers.get(receiver) is listening:
                listening.heard_sequence = before
                receiver.deliver(batch, listening)
                listening.heard_sequence = self._sequence
        return len(waiting)

    def _gapped(self, position: Position, reason: GapReason) -> None:
        self._meters.gapped(reason)
        self.joining.forget_messages()
        live = {one: hears for one, hears in self.subscribers.items() if hears.is_live}
        if len(live) > PACED_FROM_SUBSCRIBERS and self._settings.retry_window_seconds > 0:
            self.untold.add(live, reason)
        else:
            self._push(self._gap(position, reason))

    def _gap(self, position: Position, reason: GapReason) -> Push:
        return Push("gap", frames.gap(self.name, reason, position), position=position)

    def _push(self, push: Push) -> None:
        self._number(push)
        self._pending.append(push)

    def _number(self, push: Push) -> None:
        self._sequence += 1
        push.sequence = self._sequence
