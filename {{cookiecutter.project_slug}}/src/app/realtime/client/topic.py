"""One topic of a client: what it has of it, who is there. No timers and no network."""

import asyncio
from collections.abc import Iterable
from typing import Any

from app.realtime.client.frames import Answer
from app.realtime.client.frames import Entry
from app.realtime.client.frames import Frame
from app.realtime.client.frames import Member
from app.realtime.client.frames import Position
from app.realtime.client.frames import Snapshot
from app.realtime.client.listener import Gap
from app.realtime.client.listener import Listener
from app.realtime.client.listener import Message
from app.realtime.client.listener import Presence
from app.realtime.client.listener import Signal
from app.realtime.client.listener import TopicStatus
from app.realtime.client.listener import tell


class Topic:
    """Hands every message on exactly once and in order, or tells a gap before anything newer."""

    __slots__ = (
        "_members",
        "_version",
        "listener",
        "name",
        "position",
        "retry",
        "status",
        "wants_presence",
    )

    def __init__(
        self, name: str, listener: Listener, *, since: Position | None, presence: bool
    ) -> None:
        self.name = name
        self.listener = listener
        self.position = since
        self.wants_presence = presence
        self.status = TopicStatus(name, "waiting")
        self.retry: asyncio.TimerHandle | None = None
        self._members: dict[str, Member] | None = None
        self._version = 0

    def wish(self) -> dict[str, Any]:
        """Returns what is asked of the server: it resumes after ``since``."""
        wish: dict[str, Any] = {"topic": self.name}
        if self.position is not None:
            wish["since"] = self.position
        if self.wants_presence:
            wish["presence"] = True
        return wish

    def is_behind(self, answer: Answer) -> bool:
        """Whether something is missing between what the app has and where a stream begins."""
        had = self.position
        if had is None or answer.error is not None:
            return False
        return had.epoch != answer.epoch or had.offset < answer.offset

    def admit(self, answer: Answer) -> None:
        """Takes the answer to a subscription: its history first, so that order holds."""
        if answer.recovered is False:
            self.gap(answer.reason, Position(answer.epoch, answer.offset))
        elif self.position is None or self.position.epoch != answer.epoch:
            self.position = Position(answer.epoch, _before(answer.messages, answer.offset))
        for entry in answer.messages:
            self.deliver(entry.offset, entry.data)
        if answer.presence is not None:
            self.snapshot(answer.presence)
        self.tell_status(TopicStatus(self.name, "live"))

    def deliver(self, offset: int | None, data: Any) -> None:
        """Hands a message on, unless the app has it already."""
        if offset is None:
            tell(self.listener.on_signal, Signal(self.name, data))
        elif self.position is not None and offset > self.position.offset:
            self.position = Position(self.position.epoch, offset)
            tell(self.listener.on_message, Message(self.name, data, self.position))

    def gap(self, reason: str, position: Position) -> None:
        """Tells what cannot be told any more, and goes on from there."""
        self.position = position
        tell(self.listener.on_gap, Gap(self.name, reason, position))

    def snapshot(self, who: Snapshot) -> None:
        """Takes everybody who is there."""
        self._version = who.version
        self._members = None if who.members is None else _by_user(who.members)
        self._present(who.count)

    def diff(self, step: Frame) -> bool:
        """Takes one step; false when the one before it is missing, so that a snapshot is due."""
        if step.version <= self._version:
            return True
        if step.version > self._version + 1 or (self._members is None and step.count is None):
            return False
        self._version = step.version
        if step.count is not None:
            self._members = None
        if self._members is not None:
            for member in step.left:
                self._members.pop(member.user, None)
            self._members |= _by_user(step.joined)
        self._present(step.count)
        return True

    def tell_status(self, status: TopicStatus) -> None:
        """Tells what became of the subscription, when it is news."""
        if status != self.status:
            self.status = status
            tell(self.listener.on_status, status)

    def _present(self, count: int | None) -> None:
        members = None if self._members is None else list(self._members.values())
        counted = count if count is not None else len(members or ())
        tell(self.listener.on_presence, Presence(self.name, counted, members))


def _before(messages: list[Entry], offset: int) -> int:
    return messages[0].offset - 1 if messages else offset


def _by_user(members: Iterable[Member]) -> dict[str, Member]:
    return {member.user: member for member in members}
