"""The topics of chat, and who may listen to them.

``chat:<room id>`` carries what happens in a room, to its members. ``inbox:<user id>`` carries what
happens to one person: rooms they came into or left, and what they read on another device.
"""

from uuid import UUID

from app.database import Database
from app.principal import Principal
from app.principal import UserId
from app.realtime.topics import Action
from app.realtime.topics import TopicNamespace
from app.realtime.topics import Window

from .settings import ChatSettings
from .standing import is_member


def room_topic(room_id: UUID) -> str:
    """Returns the topic of a room."""
    return f"chat:{room_id}"


def inbox_topic(user_id: UserId) -> str:
    """Returns the topic of a person."""
    return f"inbox:{user_id}"


def rooms_namespace(database: Database, settings: ChatSettings) -> TopicNamespace:
    """Returns what holds for the topics of rooms: members only, public rooms too."""

    async def authorise(who: Principal, key: str, action: Action) -> bool:
        room_id = _uuid(key)
        if room_id is None or not who.is_signed_in or action == "publish":
            return False
        async with database.reading() as session:
            return await is_member(who, session, room_id=room_id)

    return TopicNamespace(
        "chat",
        kind=Window(messages=settings.window_messages, seconds=settings.window_seconds),
        authorise=authorise,
        signals=True,
        presence=True,
        data_max_bytes=settings.event_max_bytes,
        scope="chat:read",
    )


def inbox_namespace(settings: ChatSettings) -> TopicNamespace:
    """Returns what holds for the topics of people: nobody but the person."""

    async def authorise(who: Principal, key: str, action: Action) -> bool:
        return who.is_signed_in and key == str(who.user_id) and action != "publish"

    return TopicNamespace(
        "inbox",
        kind=Window(messages=settings.window_messages, seconds=settings.window_seconds),
        authorise=authorise,
        data_max_bytes=settings.event_max_bytes,
        scope="chat:read",
    )


def _uuid(key: str) -> UUID | None:
    try:
        found = UUID(key)
    except ValueError:
        return None
    # One room, one topic: other spellings of the same id would be topics of their own.
    return found if str(found) == key else None
