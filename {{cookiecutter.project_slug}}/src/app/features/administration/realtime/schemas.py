"""What the REST routes of connections give."""

from uuid import UUID

from pydantic import BaseModel

from app.realtime.inspection import Inspection
from app.realtime.inspection import ProcessReport

CONNECTIONS_SHOWN = 200
TOPICS_SHOWN = 200


class ConnectionShape(BaseModel):
    """One socket or stream; ``process`` tells where it is."""

    id: str
    process: str
    transport: str
    user_id: UUID | None
    name: str
    address: str
    age_seconds: float
    queued_bytes: int
    subscriptions: int


class TopicShape(BaseModel):
    """A topic and how many connections listen to it, in all processes."""

    topic: str
    subscribers: int


class ProcessShape(BaseModel):
    """One process and what is open there."""

    process: str
    connections: int
    topics: int
    queued_bytes: int


class Overview(BaseModel):
    """What is open: the deepest queues and the largest topics first, of each at most 200.

    ``is_whole`` is false while only the process that answers could be asked.
    """

    is_whole: bool
    processes: list[ProcessShape]
    connections: list[ConnectionShape]
    topics: list[TopicShape]

    @classmethod
    def of(cls, seen: Inspection) -> "Overview":
        """Puts the answers of the processes together."""
        connections = [one for each in seen.processes for one in _connections(each)]
        connections.sort(key=lambda one: (-one.queued_bytes, -one.age_seconds))
        counts: dict[str, int] = {}
        for each in seen.processes:
            for topic in each.topics:
                counts[topic.topic] = counts.get(topic.topic, 0) + topic.subscribers
        topics = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        return cls(
            is_whole=seen.is_whole,
            processes=[_process(each) for each in seen.processes],
            connections=connections[:CONNECTIONS_SHOWN],
            topics=[TopicShape(topic=name, subscribers=n) for name, n in topics[:TOPICS_SHOWN]],
        )


def _process(report: ProcessReport) -> ProcessShape:
    return ProcessShape(
        process=_name(report),
        connections=report.connection_count,
        topics=report.topic_count,
        queued_bytes=report.queued_bytes,
    )


def _connections(report: ProcessReport) -> list[ConnectionShape]:
    return [
        ConnectionShape(
            id=one.id,
            process=_name(report),
            transport=one.transport,
            user_id=one.user,
            name=one.name,
            address=one.address,
            age_seconds=one.age_seconds,
            queued_bytes=one.queued_bytes,
            subscriptions=one.subscriptions,
        )
        for one in report.connections
    ]


def _name(report: ProcessReport) -> str:
    return f"{report.host}:{report.pid}"
