"""How commands look on the wire, over REST and over the socket of a device."""

from datetime import datetime
from typing import Annotated
from typing import Any
from typing import Literal
from uuid import UUID

import msgspec
from pydantic import Field
from pydantic import StringConstraints

from app.features.devices.documents import Document
from app.features.devices.schemas import Shape
from app.web.paging import CURSOR_MAX_CHARACTERS
from app.web.values import WholeNumber

from .life import State

NAME_PATTERN = r"^[a-z][a-z0-9_.-]{0,63}$"
OPEN_MAX = 100
PAGE_COMMANDS = 20
PAGE_MAX_COMMANDS = 100
TIMEOUT_SECONDS = 30
TIMEOUT_MAX_SECONDS = 3_600
EXPIRY_SECONDS = 300
EXPIRY_MAX_SECONDS = 7 * 86_400


class NewCommand(Shape):
    """What a device is to do; ``arguments`` are for the device to understand.

    It may be fetched for ``expires_in_seconds``, and answered for ``timeout_seconds`` after that.
    """

    name: Annotated[str, StringConstraints(pattern=NAME_PATTERN)]
    arguments: Document = Field(default_factory=dict)
    timeout_seconds: WholeNumber = Field(default=TIMEOUT_SECONDS, ge=1, le=TIMEOUT_MAX_SECONDS)
    expires_in_seconds: WholeNumber = Field(default=EXPIRY_SECONDS, ge=1, le=EXPIRY_MAX_SECONDS)


class Command(Shape):
    """A command as its sender sees it; of two shapes with one id the higher ``version`` holds.

    ``deliveries`` counts how often the device was given it, ``result`` is what it answered.
    ``ends_at`` is when it ends by itself, or has ended.
    """

    id: UUID
    device_id: UUID
    name: str
    arguments: Document
    state: State
    version: int
    deliveries: int
    result: Document | None
    created_at: datetime
    expires_at: datetime
    sent_at: datetime | None
    ended_at: datetime | None
    ends_at: datetime


class CommandsQuery(Shape):
    """Which page of the commands of a device, the newest first."""

    cursor: Annotated[str, StringConstraints(max_length=CURSOR_MAX_CHARACTERS)] = ""
    count: int = Field(default=PAGE_COMMANDS, ge=1, le=PAGE_MAX_COMMANDS)


class CommandChanged(Shape):
    """To the owner: a command has taken a step."""

    type: Literal["command_changed"] = "command_changed"
    command: Command


class CommandQueued(Shape):
    """To the device: there is something to fetch."""

    type: Literal["command_queued"] = "command_queued"
    command_id: UUID


class Fetch(msgspec.Struct):
    """A device asks for everything that it has not answered yet."""


class Order(msgspec.Struct, frozen=True):
    """A command as the device gets it, perhaps not for the first time: ``id`` says so."""

    id: UUID
    name: str
    arguments: dict[str, Any]
    delivery: int
    answer_within_ms: int


class Fetched(msgspec.Struct, frozen=True):
    """What waits for an answer, in the order in which it was sent."""

    commands: list[Order]


class Answer(msgspec.Struct, frozen=True):
    """What became of a command on the device."""

    id: UUID
    outcome: Literal["acknowledged", "failed"]
    result: dict[str, Any] | None = None


class Answered(msgspec.Struct, frozen=True):
    """Where the command stands now: not as answered, if the answer came too late."""

    state: State
