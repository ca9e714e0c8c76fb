"""The bytes that wait for one client, counted; what is being written counts until it is written."""

from app.realtime.backplane import NOWHERE
from app.realtime.protocol import frames
from app.realtime.protocol.batch import Chunk


class OutboundQueue:
    """Chunks in order. Holds no container while it is empty, for most connections are idle."""

    __slots__ = ("_chunks", "_writing", "messages", "size_bytes")

    def __init__(self) -> None:
        self._chunks: list[Chunk] | None = None
        self._writing: list[Chunk] | None = None
        self.messages = 0
        self.size_bytes = 0

    @property
    def has_more(self) -> bool:
        """Whether something waits that is not being written yet."""
        return bool(self._chunks)

    def append(self, chunk: Chunk) -> None:
        """Adds ``chunk`` at the end."""
        if self._chunks is None:
            self._chunks = []
        self._chunks.append(chunk)
        self.messages += chunk.messages
        self.size_bytes += len(chunk.data)

    def take(self, max_bytes: int) -> list[Chunk]:
        """Returns the next chunks to write, at most ``max_bytes`` of them but at least one."""
        chunks = self._chunks or []
        end, total = 0, 0
        while end < len(chunks) and (end == 0 or total + len(chunks[end].data) <= max_bytes):
            total += len(chunks[end].data)
            end += 1
        self._writing = chunks[:end]
        self._chunks = chunks[end:] or None
        return self._writing

    def written(self) -> int:
        """Learns that what was taken has been written; returns its bytes."""
        writing, self._writing = self._writing, None
        return self._forget(writing)

    def drop_oldest(self) -> int:
        """Puts a ``gap`` in the place of the oldest chunk whose topic allows it.

        An earlier gap of the topic is superseded, for nothing of the topic is left between the two.
        Returns the bytes freed, which may be negative, or 0 when there is nothing to drop.
        """
        chunks = self._chunks or []
        found = next((chunk for chunk in chunks if chunk.droppable is not None), None)
        if found is None:
            return 0
        gap = _gap_instead_of(found)
        superseded = [chunk for chunk in chunks if chunk.gap_of == gap.gap_of]
        kept = (gap if chunk is found else chunk for chunk in chunks if chunk not in superseded)
        self._chunks = list(kept)
        self.messages += gap.messages
        self.size_bytes += len(gap.data)
        return self._forget([found, *superseded]) - len(gap.data)

    def clear(self) -> int:
        """Forgets everything that waits and returns its bytes; what is being written counts on."""
        chunks, self._chunks = self._chunks, None
        return self._forget(chunks)

    def abandon(self) -> int:
        """Forgets everything, with what is being written, and returns its bytes."""
        return self.clear() + self.written()

    def _forget(self, chunks: list[Chunk] | None) -> int:
        freed_bytes = sum(len(chunk.data) for chunk in chunks or ())
        self.messages -= sum(chunk.messages for chunk in chunks or ())
        self.size_bytes -= freed_bytes
        return freed_bytes


def _gap_instead_of(chunk: Chunk) -> Chunk:
    topic, position = chunk.droppable or "", chunk.position or NOWHERE
    line = frames.gap(topic, "overflow", position)
    data = frames.event("gap", line, chunk.cursor) if chunk.cursor else line
    return Chunk(data, position=position, cursor=chunk.cursor, gap_of=topic)
