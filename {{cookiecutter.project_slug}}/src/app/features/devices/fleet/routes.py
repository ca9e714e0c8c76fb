"""Groups, tags and counts over REST."""

from uuid import UUID

from quart import Blueprint
from quart_schema import document_response
from quart_schema import validate_querystring
from quart_schema import validate_request
from quart_schema import validate_response

from app.features.devices import finding
from app.features.devices.schemas import DevicesFilter
from app.resources import current_resources
from app.web import current_principal
from app.web import fails_with
from app.web import guard
from app.web import limit
from app.web import scope
from app.web import signed_in
from app.web.paging import short_list
from app.web.problem_types import CONFLICT
from app.web.problem_types import INVALID

from . import groups
from . import membership
from .counting import FleetCounts
from .counting import counted
from .schemas import GROUPS_MAX
from .schemas import Group
from .schemas import GroupList
from .schemas import NewGroup
from .schemas import Tags

READS = "300/minute"
WRITES = "300/minute"

Nothing = tuple[str, int]
NOTHING: Nothing = ("", 204)

blueprint = Blueprint("device_groups", __name__, url_prefix="/api/v1/devices")


@blueprint.get("/counts")
@guard(signed_in)
@scope("devices:read")
@limit(READS)
@fails_with(INVALID)
@validate_querystring(DevicesFilter)
@validate_response(FleetCounts)
async def count_devices(query_args: DevicesFilter) -> FleetCounts:
    """Counts the caller's devices: all, those that are online, and those that are asked for."""
    who = current_principal()
    async with current_resources().database.reading() as session:
        counts = (await counted(session, [who.own_id]))[who.own_id]
        matching = counts.registered
        if not query_args.is_everything:
            matching = await finding.count_matching(who, session, query_args)
    return FleetCounts(**counts.model_dump(), matching=matching)


@blueprint.get("/groups")
@guard(signed_in)
@scope("devices:read")
@limit(READS)
@short_list(f"a person has {GROUPS_MAX} groups at most")
@validate_response(GroupList)
async def list_groups() -> GroupList:
    """Lists the caller's groups with the number of devices in each."""
    found = await groups.list_groups(current_principal(), current_resources().database)
    return GroupList(items=found)


@blueprint.post("/groups")
@guard(signed_in)
@scope("devices:write")
@limit(WRITES)
@fails_with(CONFLICT)
@validate_request(NewGroup)
@validate_response(Group, 201)
async def create_group(data: NewGroup) -> tuple[Group, int]:
    """Makes a group, empty at first."""
    made = await groups.create(current_principal(), current_resources().database, name=data.name)
    return made, 201


@blueprint.patch("/groups/<uuid:group_id>")
@guard(signed_in)
@scope("devices:write")
@limit(WRITES)
@fails_with(CONFLICT)
@validate_request(NewGroup)
@validate_response(Group)
async def rename_group(group_id: UUID, data: NewGroup) -> Group:
    """Gives a group another name."""
    return await groups.rename(
        current_principal(), current_resources().database, group_id=group_id, name=data.name
    )


@blueprint.delete("/groups/<uuid:group_id>")
@guard(signed_in)
@scope("devices:write")
@limit(WRITES)
@document_response(None, 204)
async def delete_group(group_id: UUID) -> Nothing:
    """Removes a group; its devices stay."""
    await groups.remove(current_principal(), current_resources().database, group_id=group_id)
    return NOTHING


@blueprint.put("/groups/<uuid:group_id>/devices/<uuid:device_id>")
@guard(signed_in)
@scope("devices:write")
@limit(WRITES)
@document_response(None, 204)
async def add_to_group(group_id: UUID, device_id: UUID) -> Nothing:
    """Puts a device into a group; twice changes nothing."""
    await membership.put_in(
        current_principal(), current_resources().database, group_id=group_id, device_ids=[device_id]
    )
    return NOTHING


@blueprint.delete("/groups/<uuid:group_id>/devices/<uuid:device_id>")
@guard(signed_in)
@scope("devices:write")
@limit(WRITES)
@document_response(None, 204)
async def take_out_of_group(group_id: UUID, device_id: UUID) -> Nothing:
    """Takes a device out of a group; twice changes nothing."""
    await membership.take_out(
        current_principal(), current_resources().database, group_id=group_id, device_ids=[device_id]
    )
    return NOTHING


@blueprint.put("/<uuid:device_id>/tags")
@guard(signed_in)
@scope("devices:write")
@limit(WRITES)
@validate_request(Tags)
@validate_response(Tags)
async def set_tags(device_id: UUID, data: Tags) -> Tags:
    """Replaces the tags of a device."""
    tags = await groups.set_tags(
        current_principal(), current_resources().database, device_id=device_id, tags=data.tags
    )
    return Tags(tags=tags)
