"""What chat announces: small facts in the past tense, each encoded once.

Every event names its ``type`` and a ``version``: that of the message for ``message_*``, that of the
room for all others. Of two events about one thing the higher version holds.
"""

from typing import Literal
from uuid import UUID

from .policy import Role
from .schemas import Member
from .schemas import Message
from .schemas import RoomSummary
from .schemas import Shape


class Event(Shape):
    """Anything that chat announces."""

    version: int

    def encoded(self) -> bytes:
        """Returns the JSON text that every subscriber gets."""
        return self.model_dump_json().encode()


class MessagePosted(Event):
    """Somebody wrote something."""

    type: Literal["message_posted"] = "message_posted"
    message: Message


class MessageEdited(Event):
    """An author changed a message."""

    type: Literal["message_edited"] = "message_edited"
    message: Message


class MessageDeleted(Event):
    """A message lost its text."""

    type: Literal["message_deleted"] = "message_deleted"
    message: Message


class MemberJoined(Event):
    """Somebody came into the room."""

    type: Literal["member_joined"] = "member_joined"
    member: Member


class MemberLeft(Event):
    """Somebody left the room or was removed."""

    type: Literal["member_left"] = "member_left"
    user_id: UUID


class RoleChanged(Event):
    """Somebody has another role in the room."""

    type: Literal["role_changed"] = "role_changed"
    user_id: UUID
    role: Role


class RoomRenamed(Event):
    """The room has another name."""

    type: Literal["room_renamed"] = "room_renamed"
    name: str


class RoomDeleted(Event):
    """The room is gone; nothing follows on its topic."""

    type: Literal["room_deleted"] = "room_deleted"


class RoomEntered(Event):
    """To a person's inbox: they belong to a room from now on."""

    type: Literal["room_entered"] = "room_entered"
    room: RoomSummary


class RoomLeft(Event):
    """To a person's inbox: they no longer belong to a room."""

    type: Literal["room_left"] = "room_left"
    room_id: UUID


class RoomRead(Event):
    """To a person's inbox: they have read a room up to a message, on whatever device."""

    type: Literal["room_read"] = "room_read"
    room_id: UUID
    last_read_message_id: int
