"""What travels on a topic's channel: one tag byte, then the fields.

    m<offset>|<epoch>|<data>        a message of a recoverable topic     (made by publish.lua)
    s[sender,key]\\n<data>           an ephemeral signal
    p{"version",...}                a presence diff                      (made by roster.lua)

``data`` comes last and is taken as it is: nothing in it can be mistaken for a field.
"""

from typing import Any

import msgspec

from app.realtime.backplane import Entry
from app.realtime.presence_store import Diff
from app.realtime.presence_store import Member

MESSAGE = ord("m")
SIGNAL = ord("s")
PRESENCE = ord("p")


class WireMember(msgspec.Struct):
    """One person in a presence diff."""

    user: str
    meta: dict[str, Any]


class WireDiff(msgspec.Struct):
    """A presence diff."""

    version: int
    count: int
    joined: list[WireMember]
    left: list[WireMember]


_diffs = msgspec.json.Decoder(WireDiff)
_headers = msgspec.json.Decoder(tuple[str | None, str | None])


def message_of(envelope: bytes) -> tuple[str, Entry]:
    """Returns the epoch and the entry in an ``m`` envelope."""
    offset, epoch, data = envelope[1:].split(b"|", 2)
    return epoch.decode(), Entry(int(offset), data)


def signal_envelope(data: bytes, *, sender: str | None, key: str | None) -> bytes:
    """Returns an ``s`` envelope; JSON holds no line break, so the first one ends the header."""
    return b"s" + msgspec.json.encode((sender, key)) + b"\n" + data


def signal_of(envelope: bytes) -> tuple[str | None, str | None, bytes]:
    """Returns sender, key and data of an ``s`` envelope."""
    header, _, data = envelope[1:].partition(b"\n")
    sender, key = _headers.decode(header)
    return sender, key, data


def diff_of(envelope: bytes) -> Diff:
    """Returns the diff in a ``p`` envelope."""
    wire = _diffs.decode(envelope[1:])
    return Diff(
        version=wire.version,
        joined=[Member(one.user, one.meta) for one in wire.joined],
        left=[Member(one.user, one.meta) for one in wire.left],
        count=wire.count,
    )
