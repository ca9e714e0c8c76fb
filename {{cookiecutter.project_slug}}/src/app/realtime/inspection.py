"""What is open in every process: asked by an order, answered on a topic made for the one question.

    seen = await realtime.inspect()
    seen.processes[0].connections[0].queued_bytes

Whoever has not answered within ``ANSWER_SECONDS`` is missing. Answers are bounded: the deepest
queues and the largest topics come first, and the totals are those of everything.
"""

import asyncio
import os
import secrets
import socket
from dataclasses import dataclass
from heapq import nlargest
from uuid import UUID

import msgspec
import structlog

from app.principal import Principal
from app.realtime.asgi import address_of
from app.realtime.backplane import BackplaneUnavailable
from app.realtime.connections.connection import Connection
from app.realtime.control import CONTROL_TOPIC
from app.realtime.control import Control
from app.realtime.control import Inspect
from app.realtime.core import Core
from app.realtime.protocol.batch import Batch
from app.realtime.protocol.batch import Listening
from app.realtime.topics import Action
from app.realtime.topics import Ephemeral
from app.realtime.topics import TopicNamespace

ANSWER_SECONDS = 0.4
CONNECTIONS_SHOWN = 200
TOPICS_SHOWN = 200
PROCESSES_SHOWN = 100

log = structlog.get_logger()


class ConnectionReport(msgspec.Struct, frozen=True):
    """One socket or stream: whose, from where, for how long, and how much waits for it."""

    id: str
    transport: str
    user: UUID | None
    name: str
    address: str
    age_seconds: float
    queued_bytes: int
    subscriptions: int


class TopicReport(msgspec.Struct, frozen=True):
    """A topic and how many connections listen to it."""

    topic: str
    subscribers: int


class ProcessReport(msgspec.Struct, frozen=True):
    """One process: totals, and the connections and topics that fit into an answer."""

    node: str
    host: str
    pid: int
    connection_count: int
    topic_count: int
    queued_bytes: int
    connections: list[ConnectionReport]
    topics: list[TopicReport]


class _Answer(msgspec.Struct):
    data: ProcessReport


_decoder = msgspec.json.Decoder(_Answer)


@dataclass(frozen=True, slots=True)
class Inspection:
    """What the processes said; ``is_whole`` is False while the others cannot be asked."""

    processes: list[ProcessReport]
    is_whole: bool


async def _nobody(who: Principal, key: str, action: Action) -> bool:
    return False


NAMESPACE = TopicNamespace("inspection", kind=Ephemeral(), authorise=_nobody)


class Asking:
    """One question, and the answers so far; a subscriber of its own topic."""

    def __init__(self) -> None:
        self.id = f"inspection:{secrets.token_hex(16)}"
        self.heard: dict[str, ProcessReport] = {}

    def deliver(self, batch: Batch, listening: Listening) -> None:
        """Notes the answers of processes."""
        for push in batch.pushes:
            report = _decoder.decode(push.line).data
            if len(self.heard) < PROCESSES_SHOWN:
                self.heard[report.node] = report


class Inspector:
    """Asks all processes what is open there, and answers for this one."""

    def __init__(self, core: Core, control: Control) -> None:
        self._core = core
        self._control = control
        self._node = secrets.token_hex(4)
        control.on_inspect = self._answer_later

    async def inspect(self) -> Inspection:
        """Returns what every process says; this one alone while the backplane is away."""
        core, asking = self._core, Asking()
        own = self.report()
        topic = core.hub.begin(asking, asking.id, NAMESPACE)
        try:
            await core.interest.confirm(asking.id)
            topic.go_live(asking)
            await self._control.ask(Inspect(topic=asking.id))
            await asyncio.sleep(ANSWER_SECONDS)
        except BackplaneUnavailable:
            return Inspection([own], is_whole=False)
        finally:
            if core.hub.end(asking, asking.id):
                core.interest.end(asking.id)
        others = [report for node, report in sorted(asking.heard.items()) if node != own.node]
        return Inspection([own, *others], is_whole=True)

    def report(self) -> ProcessReport:
        """Returns what is open in this process."""
        hub = self._core.hub
        connections = hub.connections.values()
        deepest = nlargest(
            CONNECTIONS_SHOWN, connections, key=lambda one: (one.outbound.queued_bytes, one.id)
        )
        sizes = [
            TopicReport(name, sum(isinstance(one, Connection) for one in topic.subscribers))
            for name, topic in hub.topics.items()
            if name != CONTROL_TOPIC and not name.startswith(f"{NAMESPACE.name}:")
        ]
        return ProcessReport(
            node=self._node,
            host=socket.gethostname(),
            pid=os.getpid(),
            connection_count=len(connections),
            topic_count=len(sizes),
            queued_bytes=self._core.backlog.queued_bytes,
            connections=[self._describe(one) for one in deepest],
            topics=nlargest(TOPICS_SHOWN, sizes, key=lambda one: (one.subscribers, one.topic)),
        )

    def _describe(self, one: Connection) -> ConnectionReport:
        return ConnectionReport(
            id=one.id,
            transport=one.transport,
            user=one.principal.user_id,
            name=one.principal.name,
            address=address_of(one.scope),
            age_seconds=round(self._core.clock() - one.born_at, 1),
            queued_bytes=one.outbound.queued_bytes,
            subscriptions=len(one.subscriptions),
        )

    def _answer_later(self, topic: str) -> None:
        self._core.supervisor.start("answer inspection", self._answer(topic))

    async def _answer(self, topic: str) -> None:
        try:
            await self._core.backplane.signal(topic, msgspec.json.encode(self.report()))
        except BackplaneUnavailable as failure:
            log.info("realtime.inspection_not_answered", detail=failure.detail)
