"""One batch on its way to the subscribers of a topic, some of them at a time.

Here a message is multiplied, so what is the same for everybody is asked once, and an idle socket
costs one call to its transport. With thousands of connections each object that is touched is a
miss of the cache, dearer than all instructions: here it is the ``Listening`` and its ``path``.
"""

from collections.abc import Iterable
from collections.abc import Sequence

from app.realtime.metrics import Meters
from app.realtime.protocol.batch import Batch
from app.realtime.protocol.batch import Listening
from app.realtime.protocol.chunk import Chunk


class Sweep:
    """A batch, and those who were subscribed when it was begun."""

    __slots__ = ("_batch", "_everybody", "_meters", "_reached")

    def __init__(self, batch: Batch, everybody: Iterable[Listening], meters: Meters) -> None:
        self._batch = batch
        self._everybody = tuple(everybody)
        self._meters = meters
        self._reached = 0

    @property
    def is_over(self) -> bool:
        """Whether everybody had it."""
        return self._reached >= len(self._everybody)

    def go_on(self, most: int) -> int:
        """Hands the batch to the next ``most`` subscribers; returns how many there were."""
        some = self._everybody[self._reached : self._reached + most]
        self._reached += len(some)
        chunk = self._batch.whole
        if chunk is None:
            for one in some:
                if one.is_live:
                    one.receiver.deliver(self._batch, one)
        else:
            self._share(chunk, some)
        return len(some)

    def _share(self, chunk: Chunk, some: Sequence[Listening]) -> None:
        """Writes the same frame to every socket that hears all of the batch and keeps up."""
        frame, first, senders = chunk.frame, self._batch.first, self._batch.senders
        times = 0
        for one in some:
            if not one.is_live:
                continue
            path = one.path
            if (
                path is None
                or not path.is_free
                or one.heard_sequence >= first
                or (senders and one.connection_id in senders)
            ):
                one.receiver.deliver(self._batch, one)
                continue
            try:
                is_full = path.write(frame)
            except Exception:
                # Nothing was written, nor will it be: the long way knows what follows from that.
                one.receiver.deliver(self._batch, one)
                continue
            times += 1
            if is_full and one.outbound is not None:
                one.outbound.hold(chunk, path.drain)
        self._meters.wrote(times * chunk.messages, times * len(chunk.data))
