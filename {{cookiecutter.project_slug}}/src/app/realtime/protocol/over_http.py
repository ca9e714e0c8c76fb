"""A command as the body of a request: the same object, and the connection it may name."""

from dataclasses import dataclass
from typing import Annotated
from typing import cast

import msgspec

from app.realtime.protocol.messages import Call
from app.realtime.protocol.messages import History
from app.realtime.protocol.messages import Presence
from app.realtime.protocol.messages import Publish
from app.realtime.protocol.messages import Refusal
from app.realtime.protocol.messages import Signal
from app.realtime.protocol.messages import read_command
from app.realtime.protocol.messages import read_envelope

# What needs no connection.
Asked = Publish | Signal | Call | History | Presence
ASKED = frozenset({"publish", "signal", "call", "history", "presence"})


class Naming(msgspec.Struct):
    """The member that a command has over HTTP alone: whom a signal is not to come back to."""

    connection: Annotated[str, msgspec.Meta(max_length=100)] | None = None


@dataclass(frozen=True, slots=True)
class OverHttp:
    """What a request said, or why it is no command; without an ``id`` only a signal is one.

    ``namespace`` is that of its topic, whose rate may be its own.
    """

    id: int | None
    command: Asked | Refusal
    namespace: str = ""
    connection: str | None = None


_naming = msgspec.json.Decoder(Naming)


def read_over_http(body: bytes) -> OverHttp | None:
    """Returns the command of a body, or None when nobody could be told what is wrong with it."""
    try:
        body.decode()
    except UnicodeDecodeError:
        return None
    envelope = read_envelope(body)
    if envelope is None:
        return None
    command_id = envelope.id if isinstance(envelope.id, int) else None
    command, namespace = _read(body, envelope.type), envelope.namespace
    if isinstance(command, Refusal):
        return OverHttp(command_id, command, namespace) if command_id is not None else None
    try:
        connection = _naming.decode(body).connection
    except msgspec.DecodeError as fault:
        return OverHttp(command_id, Refusal("invalid", str(fault)), namespace)
    return OverHttp(command_id, command, namespace, connection)


def _read(body: bytes, kind: str) -> Asked | Refusal:
    if kind not in ASKED:
        return Refusal("unknown_type", f"there is no command {kind[:40]!r} over HTTP")
    return cast("Asked | Refusal", read_command(body, kind))  # by the names looked at above
