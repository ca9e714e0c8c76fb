"""Chat over REST: rooms, the people in them, and the caller's own membership."""

from uuid import UUID

from quart import Blueprint
from quart_schema import document_response
from quart_schema import validate_querystring
from quart_schema import validate_request
from quart_schema import validate_response

from app.principal import UserId
from app.resources import current_resources
from app.web import current_principal
from app.web import fails_with
from app.web import guard
from app.web import limit
from app.web import scope
from app.web import signed_in
from app.web.conditional import conditional
from app.web.conditional import expected_version
from app.web.conditional import version_tag
from app.web.conditional import writes_conditionally
from app.web.idempotency import idempotent
from app.web.paging import Page
from app.web.paging import link_next
from app.web.paging import short_list
from app.web.problem_types import CONFLICT
from app.web.problem_types import FORBIDDEN

from . import joining
from . import members
from . import rooms
from .schemas import Invitation
from .schemas import Member
from .schemas import MembersQuery
from .schemas import NewRoom
from .schemas import RoleChange
from .schemas import Room
from .schemas import RoomChange
from .schemas import RoomList

READS = "300/minute"
WRITES = "60/minute"
INVITATIONS = "20/minute"  # an invitation tells whether an address is known

Nothing = tuple[str, int]
NOTHING: Nothing = ("", 204)
Versioned = tuple[Room, int, dict[str, str]]

blueprint = Blueprint("chat", __name__, url_prefix="/api/v1/chat")


@blueprint.get("/rooms")
@guard(signed_in)
@scope("chat:read")
@limit(READS)
@short_list("200 rooms of one's own and 100 to join")
@validate_response(RoomList)
async def list_rooms() -> RoomList:
    """Lists the caller's rooms with unread counts, and public rooms to join."""
    return await rooms.list_rooms(current_principal(), current_resources().database)


@blueprint.post("/rooms")
@guard(signed_in)
@scope("chat:write")
@limit(WRITES)
@fails_with(CONFLICT)
@idempotent
@validate_request(NewRoom)
@validate_response(Room, 201)
async def create_room(data: NewRoom) -> tuple[Room, int, dict[str, str]]:
    """Opens a room that the caller owns."""
    room = await rooms.create_room(
        current_principal(),
        current_resources().database,
        name=data.name,
        is_private=data.is_private,
    )
    return room, 201, {"Location": f"{blueprint.url_prefix}/rooms/{room.id}"}


@blueprint.get("/rooms/<uuid:room_id>")
@guard(signed_in)
@scope("chat:read")
@limit(READS)
@fails_with(FORBIDDEN)
@conditional
@validate_response(Room)
async def find_room(room_id: UUID) -> Versioned:
    """Returns one room; a private one only to its members."""
    room = await rooms.find_room(current_principal(), current_resources().database, room_id=room_id)
    return versioned(room)


@blueprint.patch("/rooms/<uuid:room_id>")
@guard(signed_in)
@scope("chat:write")
@limit(WRITES)
@fails_with(FORBIDDEN)
@writes_conditionally()
@validate_request(RoomChange)
@validate_response(Room)
async def rename_room(room_id: UUID, data: RoomChange) -> Versioned:
    """Renames a room that the caller owns, unless it has changed since the version in If-Match."""
    room = await rooms.rename_room(
        current_principal(),
        current_resources().database,
        room_id=room_id,
        name=data.name,
        expected_version=expected_version(),
    )
    return versioned(room)


@blueprint.delete("/rooms/<uuid:room_id>")
@guard(signed_in)
@scope("chat:write")
@limit(WRITES)
@fails_with(FORBIDDEN)
@document_response(None, 204)
async def delete_room(room_id: UUID) -> Nothing:
    """Deletes a room that the caller owns, with everything in it."""
    await rooms.delete_room(current_principal(), current_resources().database, room_id=room_id)
    return NOTHING


@blueprint.put("/rooms/<uuid:room_id>/membership")
@guard(signed_in)
@scope("chat:write")
@limit(WRITES)
@fails_with(CONFLICT)
@validate_response(Room)
async def join_room(room_id: UUID) -> Room:
    """Joins a public room; doing it twice changes nothing."""
    return await joining.join_room(
        current_principal(), current_resources().database, room_id=room_id
    )


@blueprint.delete("/rooms/<uuid:room_id>/membership")
@guard(signed_in)
@scope("chat:write")
@limit(WRITES)
@fails_with(FORBIDDEN, CONFLICT)
@document_response(None, 204)
async def leave_room(room_id: UUID) -> Nothing:
    """Leaves a room."""
    resources = current_resources()
    await joining.leave_room(
        current_principal(),
        resources.database,
        room_id=room_id,
        end_subscription=resources.realtime.end_subscription,
    )
    return NOTHING


@blueprint.get("/rooms/<uuid:room_id>/members")
@guard(signed_in)
@scope("chat:read")
@limit(READS)
@fails_with(FORBIDDEN)
@validate_querystring(MembersQuery)
@validate_response(Page[Member])
async def list_members(
    room_id: UUID, query_args: MembersQuery
) -> tuple[Page[Member], int, dict[str, str]]:
    """Lists the people of a room, in the order in which they came."""
    page = await members.page_of_members(
        current_principal(),
        current_resources().database,
        room_id=room_id,
        cursor=query_args.cursor,
        count=query_args.count,
    )
    return page, 200, link_next(page.next)


@blueprint.post("/rooms/<uuid:room_id>/members")
@guard(signed_in)
@scope("chat:write")
@limit(INVITATIONS)
@fails_with(FORBIDDEN, CONFLICT)
@validate_request(Invitation)
@validate_response(Member, 201)
async def invite(room_id: UUID, data: Invitation) -> tuple[Member, int]:
    """Brings the person with an e-mail address into a room."""
    member = await members.invite(
        current_principal(), current_resources().database, room_id=room_id, email=data.email
    )
    return member, 201


@blueprint.patch("/rooms/<uuid:room_id>/members/<uuid:user_id>")
@guard(signed_in)
@scope("chat:write")
@limit(WRITES)
@fails_with(FORBIDDEN, CONFLICT)
@validate_request(RoleChange)
@document_response(None, 204)
async def change_role(room_id: UUID, user_id: UUID, data: RoleChange) -> Nothing:
    """Gives a member another role."""
    await members.change_role(
        current_principal(),
        current_resources().database,
        room_id=room_id,
        user_id=UserId(user_id),
        role=data.role,
    )
    return NOTHING


@blueprint.delete("/rooms/<uuid:room_id>/members/<uuid:user_id>")
@guard(signed_in)
@scope("chat:write")
@limit(WRITES)
@fails_with(FORBIDDEN, CONFLICT)
@document_response(None, 204)
async def remove_member(room_id: UUID, user_id: UUID) -> Nothing:
    """Puts somebody out of a room; their open pages stop hearing of it at once."""
    resources = current_resources()
    await members.remove_member(
        current_principal(),
        resources.database,
        room_id=room_id,
        user_id=UserId(user_id),
        end_subscription=resources.realtime.end_subscription,
    )
    return NOTHING


def versioned(room: Room) -> Versioned:
    """Returns a room with its version as the ETag."""
    return room, 200, {"ETag": version_tag(room.version)}
