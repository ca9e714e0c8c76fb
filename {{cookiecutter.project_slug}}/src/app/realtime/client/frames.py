"""What the server sends, as the client reads it: unknown fields are ignored."""

from typing import Any

import msgspec


class Position(msgspec.Struct, frozen=True):
    """A place in a topic's log; offsets of different epochs cannot be compared."""

    epoch: str
    offset: int


class Member(msgspec.Struct, frozen=True):
    """Somebody who is there."""

    user: str
    meta: dict[str, Any] = {}


class Fault(msgspec.Struct, frozen=True):
    """Why something was refused."""

    code: str
    message: str = ""
    retry: bool = False
    after_ms: int = 0


class Entry(msgspec.Struct, frozen=True):
    """A message of the past."""

    offset: int
    data: Any


class Snapshot(msgspec.Struct, frozen=True):
    """Who is there; above the server's limit only how many."""

    version: int
    members: list[Member] | None = None
    count: int | None = None


class Answer(msgspec.Struct, frozen=True):
    """What became of the wish for one topic."""

    topic: str
    epoch: str = ""
    offset: int = 0
    recovered: bool | None = None
    reason: str = ""
    messages: list[Entry] = []
    presence: Snapshot | None = None
    error: Fault | None = None


class Greeting(msgspec.Struct, frozen=True):
    """The result of ``hello``."""

    subscriptions: list[Answer]
    connection: str = ""
    ping_ms: int = 20_000
    pong_ms: int = 10_000
    retry_window_ms: int = 5_000


class Published(msgspec.Struct, frozen=True):
    """Where a message went; ``duplicate`` when its key was known already."""

    epoch: str = ""
    offset: int = 0
    duplicate: bool = False


class History(msgspec.Struct, frozen=True):
    """Messages of the past; ``more`` says that there are others behind them."""

    epoch: str
    offset: int
    messages: list[Entry]
    more: bool = False


class Called(msgspec.Struct, frozen=True):
    """The result of a ``call``."""

    data: Any = None


class Frame(msgspec.Struct):
    """One line: a push, or the reply to a command."""

    type: str
    id: int | None = None
    topic: str = ""
    epoch: str = ""
    offset: int | None = None
    data: Any = None
    reason: str = ""
    version: int = 0
    joined: list[Member] = []
    left: list[Member] = []
    count: int | None = None
    code: int | str = 0
    retry: bool = False
    state: str = ""
    in_ms: int = 0
    after_ms: int = 0
    window_ms: int = 0
    result: msgspec.Raw = msgspec.Raw()
    error: Fault | None = None


read_frame = msgspec.json.Decoder(Frame).decode
read_greeting = msgspec.json.Decoder(Greeting).decode
read_answer = msgspec.json.Decoder(Answer).decode
read_snapshot = msgspec.json.Decoder(Snapshot).decode
read_published = msgspec.json.Decoder(Published).decode
read_history = msgspec.json.Decoder(History).decode
read_called = msgspec.json.Decoder(Called).decode
write = msgspec.json.Encoder().encode
