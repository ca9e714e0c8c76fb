"""The page of one device: its charts, its commands, its state; every form works without scripts."""

import json
from collections.abc import Mapping
from functools import partial
from uuid import UUID

from pydantic import ValidationError
from quart import Blueprint
from quart import redirect
from quart import render_template
from quart import request
from quart.typing import ResponseReturnValue

from app.errors import Conflict
from app.errors import Invalid
from app.errors import Stale
from app.features.devices.commands import service as commands
from app.features.devices.commands.schemas import PAGE_COMMANDS
from app.features.devices.commands.schemas import NewCommand
from app.features.devices.schemas import NAME_MAX_CHARACTERS
from app.features.devices.schemas import Device
from app.features.devices.service import current_devices
from app.features.devices.shadow import service as shadow
from app.resources import current_resources
from app.web import current_principal
from app.web import guard
from app.web import html
from app.web import limit
from app.web import signed_in
from app.web import version_in

from . import groups
from .ages import seen
from .describing import describe
from .forms import names_in
from .forms import read_document
from .forms import wrong_fields
from .membership import groups_of
from .pages import CHANGES
from .pages import SEE_OTHER
from .pages import VIEWS
from .schemas import Description

CHANGED_SINCE = "It was changed meanwhile: compare, and save again."

blueprint = Blueprint("device_pages", __name__)


@blueprint.get("/devices/<uuid:device_id>")
@guard(signed_in)
@limit(VIEWS)
@html
async def device_page(device_id: UUID) -> str:
    """Shows a device with its charts, its commands, and what is desired of it."""
    return await _page(device_id)


@blueprint.post("/devices/<uuid:device_id>/commands")
@guard(signed_in)
@limit(CHANGES)
@html
async def send_command(device_id: UUID) -> ResponseReturnValue:
    """Sends a command and shows the device again."""
    form, resources = await request.form, current_resources()
    try:
        new = NewCommand(
            name=form.get("name", ""),
            arguments=read_document(form.get("arguments", ""), "arguments"),
        )
        await commands.send(
            current_principal(), resources.database, resources.jobs, device_id=device_id, new=new
        )
    except ValidationError as error:
        return await _page(device_id, errors=wrong_fields(error), written=dict(form)), 422
    except Invalid as error:
        return await _page(device_id, errors=error.fields, written=dict(form)), 422
    except Conflict as error:
        return await _page(device_id, errors={"name": error.detail}, written=dict(form)), 409
    return _back(device_id, "commands")


@blueprint.post("/devices/<uuid:device_id>/desired")
@guard(signed_in)
@limit(CHANGES)
@html
async def wish(device_id: UUID) -> ResponseReturnValue:
    """Replaces what is desired, unless somebody else did so meanwhile."""
    form = await request.form
    try:
        await shadow.wish(
            current_principal(),
            current_resources().database,
            device_id=device_id,
            desired=read_document(form.get("desired", ""), "desired"),
            expected_version=version_in(form),
        )
    except Invalid as error:
        return await _page(device_id, errors=error.fields, written=dict(form)), 422
    except Stale:
        return await _page(device_id, errors={"desired": CHANGED_SINCE}, written=dict(form)), 409
    return _back(device_id, "state")


@blueprint.post("/devices/<uuid:device_id>")
@guard(signed_in)
@limit(CHANGES)
@html
async def describe_device(device_id: UUID) -> ResponseReturnValue:
    """Changes what the owner says of a device, unless somebody else did so meanwhile."""
    form = await request.form
    written = {name: form.get(name, "") for name in ("name", "metrics", "tags")}
    about: dict[str, object] = {**written, "groups": form.getlist("groups")}
    try:
        description = Description.model_validate(
            about | {name: names_in(written[name]) for name in ("metrics", "tags")}
        )
        await describe(
            current_principal(),
            current_resources().database,
            device_id=device_id,
            description=description,
            expected_version=version_in(form),
        )
    except ValidationError as error:
        return await _page(device_id, about={**about, "errors": wrong_fields(error)}), 422
    except Stale:
        return await _page(device_id, about={**about, "errors": {"form": CHANGED_SINCE}}), 409
    return _back(device_id, "about")


def _back(device_id: UUID, place: str) -> ResponseReturnValue:
    return redirect(f"/devices/{device_id}#{place}", SEE_OTHER)


async def _page(
    device_id: UUID,
    *,
    errors: Mapping[str, str] | None = None,
    written: Mapping[str, str] | None = None,
    about: Mapping[str, object] | None = None,
) -> str:
    who, database = current_principal(), current_resources().database
    device = await current_devices().find(who, device_id)
    sent = await commands.page_of_commands(who, database, device_id=device_id, count=PAGE_COMMANDS)
    async with database.reading() as session:
        inside = await groups_of(who, session, device_id)
    return await render_template(
        "devices/device.html",
        device=device,
        commands=sent.items,
        state=await shadow.read(who, database, device_id=device_id),
        groups=await groups.list_groups(who, database),
        about=about or _about(device, inside),
        errors=errors or {},
        written=written or {},
        name_max_characters=NAME_MAX_CHARACTERS,
        seen=seen,
        shown=partial(json.dumps, ensure_ascii=False),
        pretty=partial(json.dumps, indent=2, ensure_ascii=False, sort_keys=True),
    )


def _about(device: Device, inside: set[UUID]) -> dict[str, object]:
    return {
        "name": device.name,
        "metrics": " ".join(device.metrics),
        "tags": " ".join(device.tags),
        "groups": [str(one) for one in inside],
        "errors": {},
    }
