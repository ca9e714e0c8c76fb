"""Bytes that are written together, and the forms in which a way to a client wants them."""

from collections.abc import Collection
from collections.abc import Sequence

from app.realtime.backplane import Position
from app.realtime.protocol import frames

# The topic, the sender and the key of what a newer one makes superfluous.
NewestOf = tuple[str, str | None, str | None]
Pieces = Sequence[tuple[NewestOf, bytes]]


class Chunk:
    """Bytes for one connection that are written together: whole lines, or whole stream events.

    ``droppable`` names the topic whose policy lets a slow connection lose it; ``position`` is where
    the subscriber is after it, ``cursor`` the same for a stream. ``gap_of`` names the topic whose
    loss it tells. ``pieces`` are its lines or events when of each only the newest matters.
    """

    __slots__ = ("_frame", "_part", "_text", "cursor", "data", "droppable", "gap_of", "messages",
                 "pieces", "position")  # fmt: skip

    def __init__(
        self,
        data: bytes,
        *,
        messages: int = 1,
        droppable: str | None = None,
        position: Position | None = None,
        cursor: bytes = b"",
        gap_of: str | None = None,
        pieces: Pieces | None = None,
    ) -> None:
        self.data = data
        self.messages = messages
        self.droppable = droppable
        self.position = position
        self.cursor = cursor
        self.gap_of = gap_of
        self.pieces = pieces
        self._text: str | None = None
        self._frame: bytes | None = None
        self._part: bytes | None = None

    @property
    def text(self) -> str:
        """The same as text, decoded once for all sockets that share it."""
        if self._text is None:
            self._text = self.data.decode()
        return self._text

    @property
    def frame(self) -> bytes:
        """The same as a server's WebSocket frame, built once for all sockets that share it."""
        if self._frame is None:
            self._frame = frames.text_frame(self.data)
        return self._frame

    @property
    def part(self) -> bytes:
        """The same as a part of a chunked body, built once for all streams that share it."""
        if self._part is None:
            self._part = b"%x\r\n%b\r\n" % (len(self.data), self.data)
        return self._part

    def newest_only(self) -> "Chunk":
        """Returns the same without pieces that a later piece makes superfluous."""
        pieces = self.pieces or ()
        newest = dict(pieces)
        if len(newest) == len(pieces):
            return self
        return self._with([piece for piece in pieces if newest[piece[0]] is piece[1]])

    def without(self, superseded: Collection[NewestOf]) -> "Chunk | None":
        """Returns what is left when newer pieces make some superfluous; None when nothing is."""
        rest = [piece for piece in self.pieces or () if piece[0] not in superseded]
        return self._with(rest) if rest else None

    def _with(self, pieces: Pieces) -> "Chunk":
        glue = b"" if self.cursor else b"\n"
        return Chunk(
            glue.join(data for _, data in pieces),
            messages=len(pieces),
            droppable=self.droppable,
            position=self.position,
            cursor=self.cursor,
            pieces=pieces,
        )
