"""A stream of server-sent events: the frames of a socket, each with the cursor after it."""

from collections.abc import Mapping
from collections.abc import Sequence

from app.realtime.asgi import Scope
from app.realtime.backplane import NOWHERE
from app.realtime.backplane import Position
from app.realtime.connections.connection import Connection
from app.realtime.connections.outbound import Outbound
from app.realtime.protocol import frames
from app.realtime.protocol.batch import Batch
from app.realtime.protocol.batch import Chunk
from app.realtime.protocol.batch import EventName
from app.realtime.protocol.batch import Listening
from app.realtime.protocol.batch import Push
from app.realtime.protocol.batch import alike
from app.realtime.protocol.batch import chunk_of
from app.realtime.protocol.cursor import encode_cursor
from app.realtime.protocol.cursor import list_hash
from app.settings import RealtimeSettings

COMMENT = Chunk(b": \n\n", messages=0)

EVENT_OVERHEAD_BYTES = 120  # names of fields, the frame around the data, the cursor's beginning
PLACE_BYTES = 34  # of one topic in a cursor: a third more than 16 of epoch, 8 of offset, 2 between


class StreamConnection(Connection):
    """A stream over the topics of its request, which change only by opening another one."""

    transport = "stream"

    __slots__ = ("_hash", "_places", "_positions", "commented_at")

    def __init__(
        self,
        connection_id: str,
        outbound: Outbound,
        scope: Scope,
        *,
        now: float,
        ends_at: float,
        topics: Sequence[str],
    ) -> None:
        super().__init__(connection_id, outbound, scope, now=now, ends_at=ends_at)
        self.commented_at = now
        self._hash = list_hash(topics)
        self._places = {topic: place for place, topic in enumerate(topics)}
        self._positions = [NOWHERE] * len(topics)

    def place(self, positions: Mapping[str, Position]) -> None:
        """Sets where the stream begins, topic by topic."""
        for topic, position in positions.items():
            self._positions[self._places[topic]] = position

    def deliver(self, batch: Batch, listening: Listening) -> None:
        """Takes what a topic says."""
        self.tell_topic(listening.topic, batch.pushes_for(listening))

    def tell_topic(self, topic: str, pushes: Sequence[Push]) -> None:
        """Queues frames of ``topic``, moving the cursor with each of them."""
        place = self._places[topic]
        for run in alike(pushes):
            events = []
            for push in run:
                if push.position is not None:
                    self._positions[place] = push.position
                events.append(self._event(push.event, push.line))
            self.outbound.put(
                chunk_of(run, events, position=self._positions[place], cursor=self._cursor())
            )

    def tell_history(self, topic: str, pushes: Sequence[Push]) -> None:
        """Queues what ``topic`` recovers: bounded already, so it counts as one message."""
        place = self._places[topic]
        events = []
        for push in pushes:
            self._positions[place] = push.position or self._positions[place]
            events.append(self._event(push.event, push.line))
        if events:
            self.outbound.put(Chunk(b"".join(events), cursor=self._cursor()))

    def overhead_bytes(self, topic: str) -> int:
        """Returns roughly what an event takes besides its data; the cursor is most of it."""
        return EVENT_OVERHEAD_BYTES + len(topic) + PLACE_BYTES * len(self._places)

    def due_at(self, settings: RealtimeSettings) -> float:
        """Returns when ``examine`` has something to do at the earliest."""
        return min(self.commented_at + settings.stream_comment_seconds, self.ends_at)

    def examine(self, now: float, settings: RealtimeSettings) -> None:
        """Comments, so that no proxy takes a quiet stream for a dead one."""
        super().examine(now, settings)
        if now >= self.commented_at + settings.stream_comment_seconds:
            self.commented_at = now
            if not self.outbound.is_busy:
                self.outbound.put(COMMENT)

    def _chunk(self, event: EventName, line: bytes) -> Chunk:
        return Chunk(self._event(event, line))

    def _event(self, event: EventName, line: bytes) -> bytes:
        return frames.event(event, line, self._cursor())

    def _cursor(self) -> bytes:
        return encode_cursor(self._hash, self._positions)
