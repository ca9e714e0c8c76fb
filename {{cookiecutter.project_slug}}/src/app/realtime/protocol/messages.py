"""What a client may say: the commands of ``realtime.v1.json`` and the codes that refuse them."""

from dataclasses import dataclass
from typing import Annotated
from typing import Final
from typing import Literal

import msgspec
from msgspec import UNSET
from msgspec import UnsetType

from app.errors import AppError
from app.errors import Invalid
from app.errors import TooLarge
from app.errors import TooMany
from app.errors import Unavailable
from app.realtime.backplane import Position
from app.realtime.topics import split_topic

SUBPROTOCOL: Final = "realtime.v1.json"
TOPIC_MAX_CHARACTERS: Final = 200
HISTORY_MAX_MESSAGES: Final = 500
CALL_DEADLINE_MAX_MS: Final = 60_000

ErrorCode = Literal[
    "invalid",
    "unknown_type",
    "unknown_topic",
    "forbidden",
    "not_subscribed",
    "too_large",
    "rate_limited",
    "deadline",
    "unavailable",
    "internal",
]
CommandId = Annotated[int, msgspec.Meta(ge=1, le=2**53 - 1)]
TopicName = Annotated[str, msgspec.Meta(min_length=1, max_length=TOPIC_MAX_CHARACTERS)]
EpochName = Annotated[str, msgspec.Meta(max_length=64)]
Offset = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
Key = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Ticket = Annotated[str, msgspec.Meta(max_length=200)]
MethodName = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
Limit = Annotated[int, msgspec.Meta(ge=1, le=HISTORY_MAX_MESSAGES)]
DeadlineMs = Annotated[int, msgspec.Meta(ge=1, le=CALL_DEADLINE_MAX_MS)]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a command or a subscription was refused; ``retry`` says that trying again may help."""

    code: ErrorCode
    message: str
    retry: bool = False
    after_ms: int | None = None


class Envelope(msgspec.Struct):
    """What is read of every line first, so that a refusal can name its command."""

    type: str
    id: CommandId | UnsetType = UNSET
    topic: msgspec.Raw = msgspec.Raw(b"")

    @property
    def namespace(self) -> str:
        """The namespace of the topic that the command is about; empty when there is none."""
        try:
            return split_topic(_text.decode(self.topic))[0]
        except msgspec.DecodeError:
            return ""


_text = msgspec.json.Decoder(str)


class Since(msgspec.Struct):
    """The last message of a topic that the client has."""

    epoch: EpochName
    offset: Offset

    @property
    def position(self) -> Position:
        """The same as a place in the log."""
        return Position(self.epoch, self.offset)


class Wish(msgspec.Struct):
    """A topic that the client wants, and what it has of it already."""

    topic: TopicName
    since: Since | None = None
    presence: bool = False


class Hello(msgspec.Struct):
    """The first command: who connects, and the topics to begin with.

    A ``ticket`` goes before the credentials of the handshake.
    """

    id: CommandId
    ticket: Ticket | None = None
    client: Annotated[str, msgspec.Meta(max_length=200)] = ""
    subscriptions: list[Wish] = []


class Subscribe(Wish, kw_only=True):
    """Begins one subscription."""

    id: CommandId


class Unsubscribe(msgspec.Struct):
    """Ends one subscription."""

    id: CommandId
    topic: TopicName


class Publish(msgspec.Struct):
    """Puts a message on a topic whose namespace lets clients do that.

    Again with the same ``key`` within 5 minutes it changes nothing; keys are each user's own.
    """

    id: CommandId
    topic: TopicName
    data: msgspec.Raw
    key: Key | None = None


class Signal(msgspec.Struct):
    """Tells the other subscribers something that nobody keeps.

    Of those with the same ``key`` a slow reader may get only the newest.
    """

    topic: TopicName
    data: msgspec.Raw
    id: CommandId | None = None
    key: Annotated[str, msgspec.Meta(max_length=64)] | None = None


class Call(msgspec.Struct):
    """Has a method of a feature run, for ``deadline_ms`` at most."""

    id: CommandId
    method: MethodName
    data: msgspec.Raw
    deadline_ms: DeadlineMs | None = None


class History(msgspec.Struct):
    """Asks for messages of a topic that keeps them.

    From the oldest kept, or after ``since``; with ``reverse`` from the newest, or before ``since``.
    """

    id: CommandId
    topic: TopicName
    limit: Limit
    since: Since | None = None
    reverse: bool = False


class Presence(msgspec.Struct):
    """Asks who is on a topic."""

    id: CommandId
    topic: TopicName


class Refresh(msgspec.Struct):
    """Prolongs the connection with a new ticket of the same user."""

    id: CommandId
    ticket: Ticket


class Pong(msgspec.Struct):
    """Answers ``ping``; any other frame does as well. It has no ``id`` and no reply."""


Command = Hello | Subscribe | Unsubscribe | Publish | Signal | Call | History | Presence | Refresh

_envelope = msgspec.json.Decoder(Envelope)
# By their names on the wire. ``Pong`` is none of them: there is nothing to answer.
COMMANDS: Final[dict[str, type[Command]]] = {
    "hello": Hello,
    "subscribe": Subscribe,
    "unsubscribe": Unsubscribe,
    "publish": Publish,
    "signal": Signal,
    "call": Call,
    "history": History,
    "presence": Presence,
    "refresh": Refresh,
}
_decoders = {name: msgspec.json.Decoder(kind) for name, kind in COMMANDS.items()}


def read_envelope(line: bytes) -> Envelope | None:
    """Returns the type and the id of a line, or None when it is no frame of ours."""
    try:
        return _envelope.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def read_command(line: bytes, kind: str) -> Command | Refusal:
    """Returns the command in a line whose envelope names ``kind``, or why it is none."""
    decoder = _decoders.get(kind)
    if decoder is None:
        return Refusal("unknown_type", f"there is no command {kind[:40]!r}")
    try:
        return decoder.decode(line)
    except (msgspec.DecodeError, RecursionError) as fault:
        return Refusal("invalid", str(fault))


def refusal_of(failure: AppError) -> Refusal:
    """Returns what a client is told of a failed action.

    What is not found is forbidden here: whether a topic exists is nobody's business.
    """
    match failure:
        case Invalid():
            return Refusal("invalid", failure.detail)
        case TooLarge():
            return Refusal("too_large", f"over the limit of {failure.limit_bytes} bytes")
        case TooMany(after_seconds=after):
            return Refusal("rate_limited", failure.detail, True, round(after * 1000))
        case Unavailable(after_seconds=after):
            return Refusal("unavailable", "try again", True, round(after * 1000))
        case _:
            return Refusal("forbidden", "not allowed")
