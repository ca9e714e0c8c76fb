"""The topics of one client: asking for them, and giving each what is its own."""

import asyncio
from collections.abc import Iterable
from typing import Any

from msgspec import structs

from app.realtime.client.backoff import Backoff
from app.realtime.client.frames import Answer
from app.realtime.client.frames import Fault
from app.realtime.client.frames import Frame
from app.realtime.client.frames import Position
from app.realtime.client.frames import read_answer
from app.realtime.client.frames import read_snapshot
from app.realtime.client.link import Link
from app.realtime.client.listener import TopicStatus
from app.realtime.client.topic import Topic


class Subscriptions:
    """One listener a topic: a second one replaces the first."""

    __slots__ = ("_backoff", "_link", "_topics")

    def __init__(self, backoff: Backoff) -> None:
        self._backoff = backoff
        self._topics: dict[str, Topic] = {}
        self._link: Link | None = None  # once hello was answered

    def add(self, topic: Topic) -> None:
        """Listens to a topic, now or with the next hello."""
        self._forget(topic.name)
        self._topics[topic.name] = topic
        self._ask(topic)

    def remove(self, name: str) -> None:
        """Listens no more."""
        if self._forget(name) is not None and self._link is not None:
            self._link.command({"type": "unsubscribe", "topic": name}, _ignore)

    def asked(self) -> list[Topic]:
        """Returns what goes into a hello."""
        return list(self._topics.values())

    def begin(self, link: Link, asked: list[Topic], answers: Iterable[Answer]) -> None:
        """Takes the answers to a hello, then asks for what changed while it was on its way."""
        self._link = link
        for topic, answer in zip(asked, answers, strict=False):
            self._admit(topic, answer)
        for topic in [one for one in self._topics.values() if one not in asked]:
            self._ask(topic)
        for topic in asked:
            if topic.name not in self._topics and topic.status.state != "ended":
                link.command({"type": "unsubscribe", "topic": topic.name}, _ignore)

    def welcome(self, answers: Iterable[Answer]) -> None:
        """Takes the first event of a stream.

        It resumes a stream only: what a socket saw last is compared, and a difference is told.
        """
        for answer in answers:
            topic = self._topics.get(answer.topic)
            if topic is None:
                continue
            if topic.is_behind(answer):
                reason = answer.reason or "lost"
                told = structs.replace(answer, recovered=False, reason=reason)
                self._admit(topic, told)
            else:
                self._admit(topic, answer)

    def leave(self) -> None:
        """Takes the end of the connection."""
        self._link = None
        for topic in self.asked():
            _stop_retry(topic)
            topic.tell_status(TopicStatus(topic.name, "waiting"))

    def take(self, frame: Frame) -> None:
        """Gives a push to its topic; one of a topic that was left meanwhile is dropped."""
        topic = self._topics.get(frame.topic)
        if topic is None:
            return
        match frame.type:
            case "message":
                topic.deliver(frame.offset, frame.data)
            case "gap":
                topic.gap(frame.reason, Position(frame.epoch, frame.offset or 0))
            case "presence" if not topic.diff(frame):
                self._ask_presence(topic)
            case "unsubscribed":
                self._refuse(topic, Fault(str(frame.code), retry=frame.retry))

    def _ask(self, topic: Topic) -> None:
        link = self._link
        if link is None or self._topics.get(topic.name) is not topic:
            return

        def take_reply(reply: Frame | None) -> None:
            if reply is not None and reply.error is not None:
                self._admit(topic, Answer(topic.name, error=reply.error))
            elif reply is not None:
                self._admit(topic, read_answer(reply.result))

        link.command({"type": "subscribe", **topic.wish()}, take_reply)

    def _ask_presence(self, topic: Topic) -> None:
        def take_reply(reply: Frame | None) -> None:
            if reply is not None and reply.error is None:
                topic.snapshot(read_snapshot(reply.result))

        if self._link is not None:
            self._link.command({"type": "presence", "topic": topic.name}, take_reply)

    def _admit(self, topic: Topic, answer: Answer) -> None:
        if self._topics.get(topic.name) is not topic:
            return
        if answer.error is not None:
            self._refuse(topic, answer.error)
        else:
            topic.admit(answer)

    def _refuse(self, topic: Topic, fault: Fault) -> None:
        _stop_retry(topic)
        if fault.retry:
            pause = self._backoff.pause_seconds(fault.after_ms)
            loop = asyncio.get_running_loop()
            topic.retry = loop.call_later(pause, self._ask, topic)
        else:
            del self._topics[topic.name]
        state: Any = "waiting" if fault.retry else "ended"
        topic.tell_status(TopicStatus(topic.name, state, fault.code))

    def _forget(self, name: str) -> Topic | None:
        topic = self._topics.pop(name, None)
        if topic is not None:
            _stop_retry(topic)
        return topic


def _stop_retry(topic: Topic) -> None:
    if topic.retry is not None:
        topic.retry.cancel()
        topic.retry = None


def _ignore(_reply: Frame | None) -> None:
    pass
