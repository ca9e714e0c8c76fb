"""How chat looks on the wire, in answers and in events alike; services return these shapes."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel
from pydantic import ConfigDict
from pydantic import Field
from pydantic import StrictBool
from pydantic import StringConstraints

from app.web.paging import CURSOR_MAX_CHARACTERS
from app.web.values import Lines
from app.web.values import OneLine
from app.web.values import Storable
from app.web.values import WholeNumber

from .policy import Role

BODY_MAX_CHARACTERS = 4_000
ROOM_NAME_MAX_CHARACTERS = 80
PAGE_MESSAGES = 50
PAGE_MAX_MESSAGES = 100
UNREAD_MAX = 100
PREVIEW_CHARACTERS = 120
PAGE_MEMBERS = 200
ROOM_MAX_MEMBERS = 1_000
PERSON_MAX_ROOMS = 200
OPEN_ROOMS_MAX = 100

Body = Annotated[str, Lines(most=BODY_MAX_CHARACTERS)]
RoomName = Annotated[str, OneLine(most=ROOM_NAME_MAX_CHARACTERS)]


class Shape(BaseModel):
    """A value on the wire that nobody changes."""

    model_config = ConfigDict(frozen=True)


class NewRoom(Shape):
    """What it takes to open a room."""

    name: RoomName
    is_private: StrictBool = False


class RoomChange(Shape):
    """A new name for a room."""

    name: RoomName


class Invitation(Shape):
    """Whom to bring into a room."""

    email: Annotated[str, StringConstraints(strip_whitespace=True, max_length=254), Storable]


class RoleChange(Shape):
    """What somebody is from now on."""

    role: Role


class NewMessage(Shape):
    """What somebody has to say, or says instead."""

    body: Body


class ReadMark(Shape):
    """The newest message that somebody has seen."""

    message_id: WholeNumber = Field(ge=0, lt=2**63)


class MessagesQuery(Shape):
    """Which page of messages: those before or after a cursor, else the newest."""

    before: str | None = None
    after: str | None = None
    limit: int = Field(default=PAGE_MESSAGES, ge=1, le=PAGE_MAX_MESSAGES)


class Person(Shape):
    """Somebody, as others see them."""

    id: UUID
    name: str


class Member(Shape):
    """Somebody in a room."""

    user: Person
    role: Role


class Message(Shape):
    """A message; ``key`` is the idempotency key, by which its sender knows it again.

    A deleted message has an empty body. Of two shapes with one id the higher ``version`` holds.
    """

    id: int
    room_id: UUID
    author: Person
    body: str
    key: str
    version: int
    created_at: datetime
    edited_at: datetime | None = None
    deleted_at: datetime | None = None


class Room(Shape):
    """A room as one person sees it; ``role`` is theirs, None while they only might join."""

    id: UUID
    name: str
    is_private: bool
    role: Role | None
    version: int
    member_count: int


class Preview(Shape):
    """The beginning of the newest message of a room; the body of a deleted one is empty."""

    author_name: str
    body: str
    created_at: datetime


class RoomSummary(Shape):
    """A line in somebody's list of rooms; ``unread`` counts no further than ``UNREAD_MAX``."""

    id: UUID
    name: str
    is_private: bool
    role: Role
    version: int
    unread: int
    last_message_id: int
    last_read_message_id: int
    last_message: Preview | None


class OpenRoom(Shape):
    """A public room that somebody might join."""

    id: UUID
    name: str
    member_count: int


class RoomList(Shape):
    """The rooms of one person, the busiest first, and the public ones that they are not in."""

    mine: list[RoomSummary]
    open: list[OpenRoom]


class MembersQuery(Shape):
    """Which page of the people of a room."""

    cursor: str = Field(default="", max_length=CURSOR_MAX_CHARACTERS)
    count: int = Field(default=PAGE_MEMBERS, ge=1, le=ROOM_MAX_MEMBERS)
