"""The pages of chat: the list of rooms, and one room."""

from dataclasses import dataclass
from uuid import UUID

from quart import Blueprint
from quart import render_template

from app.errors import Unavailable
from app.principal import Principal
from app.realtime.backplane import Position
from app.resources import Resources
from app.resources import current_resources
from app.web import current_principal
from app.web import guard
from app.web import html
from app.web import limit
from app.web import signed_in
from app.web.paging import Page

from . import members
from . import messages
from . import rooms
from .message_routes import page_of
from .schemas import BODY_MAX_CHARACTERS
from .schemas import PAGE_MESSAGES
from .schemas import ROOM_NAME_MAX_CHARACTERS
from .schemas import UNREAD_MAX
from .schemas import Member
from .schemas import Message
from .topics import inbox_topic
from .topics import room_topic

VIEWS = "120/minute"

blueprint = Blueprint(
    "chat_pages",
    __name__,
    template_folder="templates",
    static_folder="static",
    static_url_path="/static/chat",
)


@dataclass(frozen=True, slots=True)
class Conversation:
    """What a member sees of a room at first; ``position`` is where the live messages follow."""

    position: Position | None
    page: Page[Message]
    members: list[Member]


@blueprint.get("/chat")
@guard(signed_in)
@limit(VIEWS)
@html
async def rooms_page() -> str:
    """Shows the list of rooms."""
    who = current_principal()
    listed = await rooms.list_rooms(who, current_resources().database)
    return await _page(who, rooms=listed, room=None, conversation=None)


@blueprint.get("/chat/<uuid:room_id>")
@guard(signed_in)
@limit(VIEWS)
@html
async def room_page(room_id: UUID) -> str:
    """Shows a room: to members what was said, to others in a public one the way in."""
    who, resources = current_principal(), current_resources()
    room = await rooms.find_room(who, resources.database, room_id=room_id)
    conversation = await _conversation(who, resources, room_id) if room.role else None
    listed = await rooms.list_rooms(who, resources.database)
    return await _page(who, rooms=listed, room=room, conversation=conversation)


async def _conversation(who: Principal, resources: Resources, room_id: UUID) -> Conversation:
    # The position comes before the rows: a message in between is then shown, told again and known
    # by its id. The other way round it would be missed.
    position = await _position(resources, room_id)
    found = await messages.list_messages(
        who, resources.database, room_id=room_id, limit=PAGE_MESSAGES + 1
    )
    page = page_of(found, PAGE_MESSAGES)
    page.items.reverse()
    people = await members.list_members(who, resources.database, room_id=room_id)
    return Conversation(position, page, people)


async def _position(resources: Resources, room_id: UUID) -> Position | None:
    try:
        return await resources.realtime.position(room_topic(room_id))
    except Unavailable:
        return None  # the page works without Redis, and reloads its messages once it is live


async def _page(who: Principal, **values: object) -> str:
    return await render_template(
        "chat/chat.html",
        **values,
        me=who.own_id,
        inbox=inbox_topic(who.own_id),
        room_topic=room_topic,
        body_max_characters=BODY_MAX_CHARACTERS,
        name_max_characters=ROOM_NAME_MAX_CHARACTERS,
        unread_max=UNREAD_MAX,
    )
