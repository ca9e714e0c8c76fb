"""The bytes that wait for one client, counted; what is being written counts until it is written."""

from collections.abc import Iterable

from app.realtime.backplane import NOWHERE
from app.realtime.backplane import Position
from app.realtime.protocol import frames
from app.realtime.protocol.chunk import Chunk
from app.realtime.protocol.chunk import NewestOf

# What a full queue is brought down to when it may drop: a little more than it must, so that a
# reader that stays slow does not cost a look at the whole queue with every message.
DROP_TO = 0.75


class OutboundQueue:
    """Chunks in order. Holds no container while it is empty, for most connections are idle.

    Where a chunk says of a piece that only the newest of its kind matters, an older one that still
    waits is taken out: a slow reader is left with the newest, a quick one is never affected.
    """

    __slots__ = ("_chunks", "_newest", "_writing", "messages", "size_bytes")

    def __init__(self) -> None:
        self._chunks: list[Chunk] | None = None
        self._newest: dict[NewestOf, Chunk] | None = None
        self._writing: list[Chunk] | None = None
        self.messages = 0
        self.size_bytes = 0

    @property
    def has_more(self) -> bool:
        """Whether something waits that is not being written yet."""
        return bool(self._chunks)

    def append(self, chunk: Chunk) -> int:
        """Adds ``chunk`` at the end; returns the bytes by which the queue grew, maybe below 0.

        What ``chunk`` supersedes is forgotten: then ``messages`` rises by less than it holds.
        """
        before_bytes = self.size_bytes
        if chunk.pieces is not None and self._chunks:
            chunk = self._supersede(chunk)
        if self._chunks is None:
            self._chunks = []
        self._chunks.append(chunk)
        self._count(chunk)
        return self.size_bytes - before_bytes

    def take(self, max_bytes: int) -> list[Chunk]:
        """Returns the next chunks to write, at most ``max_bytes`` of them but at least one."""
        chunks = self._chunks or []
        if len(chunks) == 1 and self._newest is None:  # as with almost every client
            self._writing, self._chunks = chunks, None
            return chunks
        end, total = 0, 0
        while end < len(chunks) and (end == 0 or total + len(chunks[end].data) <= max_bytes):
            total += len(chunks[end].data)
            end += 1
        self._writing = chunks[:end]
        self._chunks = chunks[end:] or None
        self._forget_newest(self._writing)
        return self._writing

    def written(self) -> int:
        """Learns that what was taken has been written; returns its bytes."""
        writing, self._writing = self._writing, None
        return self._forget(writing or ())

    def is_within(self, max_bytes: int, messages_max: int) -> bool:
        """Tells whether no more waits, with what is being written."""
        return self.size_bytes <= max_bytes and self.messages <= messages_max

    def drop_oldest(self, *, max_bytes: int, messages_max: int) -> tuple[int, int]:
        """Drops the oldest chunks that may be dropped until the rest is well within the limits.

        In the place of the first of a topic stands one ``gap`` for all of them, so that it comes
        before anything newer; an earlier gap of the topic becomes that one. The newest chunk stays
        unless the limits cannot be kept with it. Returns the bytes freed and the messages dropped.
        """
        before_bytes = self.size_bytes
        dropped = self._choose(DROP_TO * max_bytes, DROP_TO * messages_max, spare=1)
        if not dropped and not self.is_within(max_bytes, messages_max):
            dropped = self._choose(max_bytes, messages_max, spare=0)
        if not dropped:
            return 0, 0
        self._forget_newest(dropped)
        self._put_gaps(dropped)
        return before_bytes - self.size_bytes, sum(chunk.messages for chunk in dropped)

    def clear(self) -> int:
        """Forgets everything that waits and returns its bytes; what is being written counts on."""
        chunks, self._chunks = self._chunks, None
        self._newest = None
        return self._forget(chunks or ())

    def abandon(self) -> int:
        """Forgets everything, with what is being written, and returns its bytes."""
        return self.clear() + self.written()

    def _supersede(self, chunk: Chunk) -> Chunk:
        """Takes out of waiting chunks what ``chunk`` has newer; returns it as it is to wait."""
        if self._newest is None:
            self._newest = {}
            for waiting in self._chunks or ():
                self._remember(waiting)
        chunk, newest = chunk.newest_only(), self._newest
        older: dict[Chunk, set[NewestOf]] = {}
        for what, _ in chunk.pieces or ():
            if what in newest:
                older.setdefault(newest[what], set()).add(what)
        for old, superseded in older.items():
            self._replace(old, old.without(superseded))
        self._remember(chunk)
        return chunk

    def _replace(self, old: Chunk, rest: Chunk | None) -> None:
        chunks = self._chunks or []
        place = chunks.index(old)
        chunks[place : place + 1] = [] if rest is None else [rest]
        self._forget((old,))
        if rest is not None:
            self._count(rest)
            self._remember(rest)

    def _choose(self, down_to_bytes: float, down_to_messages: float, *, spare: int) -> list[Chunk]:
        chunks = self._chunks or []
        size_bytes, messages = self.size_bytes, self.messages
        dropped = []
        for chunk in chunks[: len(chunks) - spare]:
            if size_bytes <= down_to_bytes and messages <= down_to_messages:
                break
            if chunk.droppable is not None:
                dropped.append(chunk)
                size_bytes -= len(chunk.data)
                messages -= chunk.messages
        return dropped

    def _put_gaps(self, dropped: list[Chunk]) -> None:
        last = {chunk.droppable or "": chunk for chunk in dropped}
        gone, told = set(dropped), set[str]()
        kept = []
        for chunk in self._chunks or ():
            topic = chunk.droppable if chunk in gone else chunk.gap_of
            if topic is None or topic not in last:
                kept.append(chunk)
                continue
            self._forget((chunk,))
            if topic not in told:
                told.add(topic)
                gap = _gap_instead_of(chunk, topic, last[topic].position or NOWHERE)
                self._count(gap)
                kept.append(gap)
        self._chunks = kept

    def _remember(self, chunk: Chunk) -> None:
        if self._newest is not None:
            self._newest.update((what, chunk) for what, _ in chunk.pieces or ())

    def _forget_newest(self, chunks: Iterable[Chunk]) -> None:
        newest = self._newest
        if newest is None:
            return
        for chunk in chunks:
            for what, _ in chunk.pieces or ():
                if newest.get(what) is chunk:
                    del newest[what]
        self._newest = newest or None

    def _count(self, chunk: Chunk) -> None:
        self.messages += chunk.messages
        self.size_bytes += len(chunk.data)

    def _forget(self, chunks: Iterable[Chunk]) -> int:
        freed_bytes = 0
        for chunk in chunks:
            self.messages -= chunk.messages
            freed_bytes += len(chunk.data)
        self.size_bytes -= freed_bytes
        return freed_bytes


def _gap_instead_of(first: Chunk, topic: str, position: Position) -> Chunk:
    # The cursor stays that of the first one: other topics, which the cursor covers too, have told
    # things between the first and the last.
    line = frames.gap(topic, "overflow", position)
    data = frames.event("gap", line, first.cursor) if first.cursor else line
    return Chunk(data, position=position, cursor=first.cursor, gap_of=topic)
