"""The same bytes for all streams that are at the same place of the same topics."""

from collections.abc import Sequence

from app.realtime.protocol import frames
from app.realtime.protocol.batch import Batch
from app.realtime.protocol.batch import Listening
from app.realtime.protocol.batch import Push
from app.realtime.protocol.batch import alike
from app.realtime.protocol.batch import chunk_of
from app.realtime.protocol.chunk import Chunk
from app.realtime.protocol.cursor import Place


def events_for(batch: Batch, listening: Listening, place: Place) -> tuple[Sequence[Chunk], Place]:
    """Returns the events of ``batch`` for a stream at ``place``, and its place after them.

    Streams that stand at equal places get the same objects: nothing is built or encoded twice,
    and from then on they stand at one place.
    """
    if not batch.is_whole_for(listening):
        return events(listening.topic, batch.pushes_for(listening), place)
    shared = batch.for_streams.get(place)
    if shared is None:
        chunks, end = events(listening.topic, batch.pushes, place)
        shared = chunks, batch.ends.setdefault(end, end)
        batch.for_streams[place] = shared
    return shared


def events(topic: str, pushes: Sequence[Push], place: Place) -> tuple[list[Chunk], Place]:
    """Returns ``pushes`` of ``topic`` as events, each with the cursor after it."""
    chunks = []
    for run in alike(pushes):
        datas = []
        for push in run:
            if push.position is not None:
                place = place.after(topic, push.position)
            datas.append(frames.event(push.event, push.line, place.cursor))
        chunks.append(chunk_of(run, datas, position=place.of(topic), cursor=place.cursor))
    return chunks, place
