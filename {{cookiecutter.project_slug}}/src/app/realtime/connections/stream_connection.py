"""A stream of server-sent events: the frames of a socket, each with the cursor after it."""

from collections.abc import Mapping
from collections.abc import Sequence

from app.realtime.asgi import Scope
from app.realtime.backplane import Position
from app.realtime.connections.connection import Connection
from app.realtime.connections.outbound import Outbound
from app.realtime.protocol import frames
from app.realtime.protocol.batch import Batch
from app.realtime.protocol.batch import EventName
from app.realtime.protocol.batch import Listening
from app.realtime.protocol.batch import Push
from app.realtime.protocol.chunk import Chunk
from app.realtime.protocol.cursor import Place
from app.realtime.protocol.stream_events import events
from app.realtime.protocol.stream_events import events_for
from app.settings import RealtimeSettings

COMMENT = Chunk(b": \n\n", messages=0)

EVENT_OVERHEAD_BYTES = 120  # names of fields, the frame around the data, the cursor's beginning
PLACE_BYTES = 34  # of one topic in a cursor: a third more than 16 of epoch, 8 of offset, 2 between


class StreamConnection(Connection):
    """A stream over the topics of its request, which change only by opening another one."""

    transport = "stream"

    __slots__ = ("_place", "commented_at")

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
        self._place = Place(topics)

    def place(self, positions: Mapping[str, Position]) -> None:
        """Sets where the stream begins, topic by topic."""
        self._place = self._place.moved(positions)

    def deliver(self, batch: Batch, listening: Listening) -> None:
        """Takes what a topic says."""
        chunks, self._place = events_for(batch, listening, self._place)
        for chunk in chunks:
            self.outbound.put(chunk)

    def tell_topic(self, topic: str, pushes: Sequence[Push]) -> None:
        """Queues frames of ``topic``, moving the cursor with each of them."""
        chunks, self._place = events(topic, pushes, self._place)
        for chunk in chunks:
            self.outbound.put(chunk)

    def tell_history(self, topic: str, pushes: Sequence[Push]) -> None:
        """Queues what ``topic`` recovers: bounded already, so it counts as one message."""
        chunks, self._place = events(topic, pushes, self._place)
        if chunks:
            data = b"".join(chunk.data for chunk in chunks)
            self.outbound.put(Chunk(data, cursor=self._place.cursor))

    def overhead_bytes(self, topic: str) -> int:
        """Returns roughly what an event takes besides its data; the cursor is most of it."""
        return EVENT_OVERHEAD_BYTES + len(topic) + PLACE_BYTES * self._place.topics

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
        return Chunk(frames.event(event, line, self._place.cursor))
