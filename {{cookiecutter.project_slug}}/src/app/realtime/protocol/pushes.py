"""The shapes of what the server sends, for the contract; ``frames`` builds the bytes themselves.

Frames are spliced, so these types are never on the way of a message. A test holds each frame that
``frames`` can build to its type here, and a conversation with a live server as well.
"""

from typing import Annotated
from typing import Any
from typing import Final
from typing import Literal

import msgspec
from msgspec import UNSET
from msgspec import UnsetType

from app.realtime.protocol.close_codes import CATALOGUE
from app.realtime.protocol.messages import ErrorCode
from app.realtime.protocol.messages import Offset

GapReason = Literal["epoch", "lost", "overflow"]
ResumeReason = Literal["epoch", "trimmed", "too_many", "cursor"]
Milliseconds = Annotated[int, msgspec.Meta(ge=0)]
Code = Annotated[
    int, msgspec.Meta(extra_json_schema={"enum": sorted(int(code) for code in CATALOGUE)})
]
Outcome = Annotated[
    msgspec.Raw,
    msgspec.Meta(
        extra_json_schema={
            "anyOf": [
                {"$ref": "#/components/schemas/Subscription"},
                {"$ref": "#/components/schemas/RefusedSubscription"},
            ]
        }
    ),
]


class Refused(msgspec.Struct):
    """Why a command or a topic was refused; ``retry``: trying again, after a while, may help."""

    code: ErrorCode
    message: str
    retry: bool
    after_ms: Milliseconds | UnsetType = UNSET


class Kept(msgspec.Struct):
    """A message as the log has it."""

    offset: Offset
    data: msgspec.Raw


class Member(msgspec.Struct):
    """Somebody on a topic; ``meta`` has the name to show."""

    user: str
    meta: dict[str, Any]


class Who(msgspec.Struct):
    """Who is on a topic; of a large one only how many."""

    version: int
    members: list[Member] | UnsetType = UNSET
    count: int | UnsetType = UNSET


class Subscription(msgspec.Struct):
    """A subscription that began: live after ``offset``, and ``messages`` lead up to it.

    ``recovered`` is there when the client said what it had; false has a ``reason``.
    """

    topic: str
    epoch: str
    offset: Offset
    messages: list[Kept]
    recovered: bool | UnsetType = UNSET
    reason: ResumeReason | UnsetType = UNSET
    presence: Who | UnsetType = UNSET


class RefusedSubscription(msgspec.Struct):
    """A topic that was not subscribed to."""

    topic: str
    error: Refused


class Greeting(msgspec.Struct):
    """What holds on this connection, and what came of each topic asked for."""

    connection: str
    ping_ms: Milliseconds
    pong_ms: Milliseconds
    retry_window_ms: Milliseconds
    max_bytes: int
    subscriptions: list[Outcome]


class Nothing(msgspec.Struct):
    """Done; there is nothing more to say."""


class Landed(msgspec.Struct):
    """Where a message landed; ``duplicate``: its key had been used already."""

    epoch: str
    offset: Offset
    duplicate: bool


class Answer(msgspec.Struct):
    """What a method returned."""

    data: msgspec.Raw


class Page(msgspec.Struct):
    """A part of a topic's log; ``epoch`` and ``offset`` are its top."""

    epoch: str
    offset: Offset
    messages: list[Kept]
    more: bool


class Prolonged(msgspec.Struct):
    """How long the credentials last now; null where no end is known."""

    expires_in_ms: Milliseconds | None


class Welcome(Greeting, tag_field="type", tag="welcome"):
    """The first event of a stream: the greeting. Recovered messages follow as events."""


class Message(msgspec.Struct, tag_field="type", tag="message"):
    """A message of a topic; one without ``offset`` is kept nowhere."""

    topic: str
    data: msgspec.Raw
    offset: Offset | UnsetType = UNSET


class PresenceChange(msgspec.Struct, tag_field="type", tag="presence"):
    """Who came and who left; ``count`` stands for the names on a large topic."""

    topic: str
    version: int
    joined: list[Member]
    left: list[Member]
    count: int | UnsetType = UNSET


class Gap(msgspec.Struct, tag_field="type", tag="gap"):
    """Messages are missing; the subscription is live from here, and the client reloads."""

    topic: str
    reason: GapReason
    epoch: str
    offset: Offset


class Unsubscribed(msgspec.Struct, tag_field="type", tag="unsubscribed"):
    """The server ended a subscription."""

    topic: str
    code: ErrorCode
    retry: bool


class Status(msgspec.Struct, tag_field="type", tag="status"):
    """Whether messages of other processes arrive."""

    state: Literal["ok", "degraded"]


class Expiring(msgspec.Struct, tag_field="type", tag="expiring"):
    """The credentials end soon; ``refresh`` prolongs them."""

    in_ms: Milliseconds


class Drain(msgspec.Struct, tag_field="type", tag="drain"):
    """This process is stopping; closes begin after ``after_ms``, spread over ``window_ms``."""

    after_ms: Milliseconds
    window_ms: Milliseconds


class Ping(msgspec.Struct, tag_field="type", tag="ping"):
    """Asks for a sign of life: ``pong``, or any other frame."""


class Bye(msgspec.Struct, tag_field="type", tag="bye"):
    """The last frame before a close that the server begins."""

    code: Code
    reason: str
    retry: bool
    after_ms: Milliseconds | UnsetType = UNSET


# By the commands they answer. None: no reply.
RESULTS: Final[dict[str, type[msgspec.Struct] | None]] = {
    "hello": Greeting,
    "subscribe": Subscription,
    "unsubscribe": Nothing,
    "publish": Landed,
    "signal": None,
    "call": Answer,
    "history": Page,
    "presence": Who,
    "refresh": Prolonged,
    "pong": None,
}
# By their names on the wire, which are the names of a stream's events as well.
PUSHES: Final[dict[str, type[msgspec.Struct]]] = {
    "message": Message,
    "presence": PresenceChange,
    "gap": Gap,
    "unsubscribed": Unsubscribed,
    "status": Status,
    "expiring": Expiring,
    "drain": Drain,
    "ping": Ping,
    "bye": Bye,
    "welcome": Welcome,
}
