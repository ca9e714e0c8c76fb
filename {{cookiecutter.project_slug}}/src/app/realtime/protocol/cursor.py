"""The cursor of a stream: one opaque ``Last-Event-ID`` that resumes all topics of a request.

It holds a position for each topic in the order of the request and a hash of that list, so that the
cursor of another list is recognised and never applied to the wrong topics.
"""

import binascii
import hashlib
from base64 import urlsafe_b64decode
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from collections.abc import Sequence

from app.realtime.backplane import NOWHERE
from app.realtime.backplane import Position

VERSION = "1"
CURSOR_MAX_CHARACTERS = 2_048
OFFSET_MAX = 2**53 - 1


class Place:
    """Where a stream is in each topic of its request: a value, to be shared by many streams."""

    __slots__ = ("_cursor", "_hash", "_list_hash", "_positions", "_topics")

    def __init__(self, topics: Sequence[str], positions: Sequence[Position] = ()) -> None:
        self._topics = tuple(topics)
        self._positions = tuple(positions) or (NOWHERE,) * len(self._topics)
        self._list_hash = list_hash(self._topics)
        self._hash = hash((self._topics, self._positions))
        self._cursor = b""

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Place)
            and self._positions == other._positions
            and self._topics == other._topics
        )

    @property
    def cursor(self) -> bytes:
        """The cursor that resumes from here."""
        if not self._cursor:
            self._cursor = encode_cursor(self._list_hash, self._positions)
        return self._cursor

    @property
    def topics(self) -> int:
        """How many topics there are."""
        return len(self._topics)

    def of(self, topic: str) -> Position:
        """Returns where the stream is in ``topic``."""
        return self._positions[self._topics.index(topic)]

    def after(self, topic: str, position: Position) -> "Place":
        """Returns the same with ``position`` in ``topic``."""
        return self.moved({topic: position})

    def moved(self, positions: Mapping[str, Position]) -> "Place":
        """Returns the same with ``positions`` in their topics."""
        pairs = zip(self._topics, self._positions, strict=True)
        return Place(self._topics, [positions.get(topic, at) for topic, at in pairs])


def list_hash(topics: Sequence[str]) -> str:
    """Returns what tells one list of topics, in its order, from another."""
    return hashlib.sha256("\n".join(topics).encode()).hexdigest()[:12]


def encode_cursor(topics_hash: str, positions: Sequence[Position]) -> bytes:
    """Returns the cursor of ``positions``, which are in the order of the list."""
    places = (f"{position.epoch}~{position.offset}" for position in positions)
    return urlsafe_b64encode(".".join((VERSION, topics_hash, *places)).encode()).rstrip(b"=")


def decode_cursor(text: str, topics: Sequence[str]) -> list[Position] | None:
    """Returns the position of each of ``topics``, or None when ``text`` is not of this list."""
    if len(text) > CURSOR_MAX_CHARACTERS:
        return None
    try:
        plain = urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
        version, topics_hash, *places = plain.split(".")
        positions = [_position(place) for place in places]
    except (ValueError, binascii.Error):
        return None
    is_ours = version == VERSION and topics_hash == list_hash(topics)
    return positions if is_ours and len(positions) == len(topics) else None


def _position(place: str) -> Position:
    epoch, _, offset = place.partition("~")
    if not offset.isascii() or not offset.isdigit() or int(offset) > OFFSET_MAX:
        raise ValueError(f"not an offset: {offset!r}")
    return Position(epoch, int(offset))
