"""The pages of groups: all of them, the devices in one, and those that might be put into it."""

from uuid import UUID

from pydantic import ValidationError
from quart import Blueprint
from quart import redirect
from quart import render_template
from quart import request
from quart.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from app.errors import Conflict
from app.errors import Invalid
from app.features.devices import finding
from app.features.devices.schemas import NAME_MAX_CHARACTERS
from app.resources import current_resources
from app.web import current_principal
from app.web import guard
from app.web import html
from app.web import limit
from app.web import signed_in

from . import groups
from . import membership
from .ages import seen
from .forms import wrong_fields
from .listing import filter_in
from .listing import listed
from .pages import CHANGES
from .pages import SEE_OTHER
from .pages import VIEWS
from .schemas import Chosen
from .schemas import NewGroup

blueprint = Blueprint("group_pages", __name__)


@blueprint.get("/devices/groups")
@guard(signed_in)
@limit(VIEWS)
@html
async def groups_page() -> str:
    """Lists the caller's groups."""
    return await _groups({})


@blueprint.post("/devices/groups")
@guard(signed_in)
@limit(CHANGES)
@html
async def create_group() -> ResponseReturnValue:
    """Makes a group and shows what may be put into it."""
    name = (await request.form).get("name", "")
    try:
        made = await groups.create(
            current_principal(), current_resources().database, name=NewGroup(name=name).name
        )
    except ValidationError as error:
        return await _groups(wrong_fields(error), name), 422
    except Conflict as error:
        return await _groups({"name": _sentence(error.detail)}, name), 409
    return redirect(f"/devices/groups/{made.id}/add", SEE_OTHER)


@blueprint.get("/devices/groups/<uuid:group_id>")
@guard(signed_in)
@limit(VIEWS)
@html
async def group_page(group_id: UUID) -> str:
    """Lists the devices in a group."""
    return await _group(group_id, {})


@blueprint.get("/devices/groups/<uuid:group_id>/add")
@guard(signed_in)
@limit(VIEWS)
@html
async def add_page(group_id: UUID) -> str:
    """Lists the devices that are not in a group."""
    return await _group(group_id, {}, is_adding=True)


@blueprint.post("/devices/groups/<uuid:group_id>")
@guard(signed_in)
@limit(CHANGES)
@html
async def change_group(group_id: UUID) -> ResponseReturnValue:
    """Renames a group, moves the chosen devices in or out, or removes it: as the button says."""
    form = await request.form
    act = form.get("act", "")
    try:
        await _act(group_id, act, form)
    except ValidationError as error:
        told, name = wrong_fields(error), form.get("name")
        return await _group(group_id, told, name, is_adding=act == "put_in"), 422
    except Conflict as error:
        told = {"name": _sentence(error.detail)}
        return await _group(group_id, told, form.get("name")), 409
    return redirect("/devices/groups" + ("" if act == "remove" else f"/{group_id}"), SEE_OTHER)


async def _act(group_id: UUID, act: str, form: MultiDict[str, str]) -> None:
    who, database = current_principal(), current_resources().database
    ids, is_all = form.getlist("devices"), form.get("all") == "matching"
    if act == "rename":
        name = NewGroup(name=form.get("name", "")).name
        await groups.rename(who, database, group_id=group_id, name=name)
    elif act == "remove":
        await groups.remove(who, database, group_id=group_id)
    elif act == "put_in" and is_all:
        like = filter_in(request.args, outside=group_id)
        await membership.put_in_all(who, database, group_id=group_id, like=like)
    elif act == "put_in":
        device_ids = Chosen.model_validate({"devices": ids}).devices
        await membership.put_in(who, database, group_id=group_id, device_ids=device_ids)
    elif act == "take_out" and is_all:
        like = filter_in(request.args, group=group_id)
        await membership.take_out_all(who, database, group_id=group_id, like=like)
    elif act == "take_out":
        device_ids = Chosen.model_validate({"devices": ids}).devices
        await membership.take_out(who, database, group_id=group_id, device_ids=device_ids)
    else:
        raise Invalid(fields={"act": "no button sends this"})


async def _groups(errors: dict[str, str], name: str = "") -> str:
    return await render_template(
        "devices/groups.html",
        groups=await groups.list_groups(current_principal(), current_resources().database),
        errors=errors,
        name=name,
        name_max_characters=NAME_MAX_CHARACTERS,
    )


async def _group(
    group_id: UUID, errors: dict[str, str], name: str | None = None, *, is_adding: bool = False
) -> str:
    who, database = current_principal(), current_resources().database
    group = await groups.find_group(who, database, group_id)
    fixed = {"outside" if is_adding else "group": group_id}
    async with database.reading() as session:
        listing = await listed(who, session, request.args, **fixed)
        matching = 0  # counted where there are more than are shown
        if listing.more or listing.query.cursor:
            matching = await finding.count_matching(who, session, listing.query)
    return await render_template(
        "devices/add.html" if is_adding else "devices/group.html",
        group=group,
        listing=listing,
        matching=matching,
        errors=errors,
        name=group.name if name is None else name,
        seen=seen,
        name_max_characters=NAME_MAX_CHARACTERS,
    )


def _sentence(detail: str) -> str:
    return f"{detail[:1].upper()}{detail[1:]}."
