"""The pages of the fleet: the list of devices, a new device, and what is shown of its token."""

from uuid import UUID

from pydantic import ValidationError
from quart import Blueprint
from quart import redirect
from quart import render_template
from quart import request
from werkzeug.wrappers import Response

from app.errors import Conflict
from app.features.devices.schemas import NAME_MAX_CHARACTERS
from app.features.devices.schemas import USUAL_METRICS
from app.features.devices.schemas import NewDevice
from app.features.devices.schemas import RegisteredDevice
from app.features.devices.service import current_devices
from app.resources import current_resources
from app.web import current_principal
from app.web import guard
from app.web import html
from app.web import limit
from app.web import signed_in

from . import groups
from .ages import seen
from .counting import counted
from .counting import fleet_topic
from .forms import names_in
from .forms import wrong_fields
from .listing import listed

VIEWS = "120/minute"
CHANGES = "60/minute"
SEE_OTHER = 303
NO_STORE = {"Cache-Control": "no-store"}

blueprint = Blueprint(
    "fleet",
    __name__,
    template_folder="templates",
    static_folder="static",
    static_url_path="/static/devices",
)


@blueprint.get("/devices")
@guard(signed_in)
@limit(VIEWS)
@html
async def fleet_page() -> str:
    """Lists the caller's devices; searching and paging work by links and a form alone."""
    who, database = current_principal(), current_resources().database
    async with database.reading() as session:
        counts = (await counted(session, [who.own_id]))[who.own_id]
        listing = await listed(who, session, request.args)
    return await render_template(
        "devices/fleet.html",
        listing=listing,
        counts=counts,
        topic=fleet_topic(who.own_id),
        groups=await groups.list_groups(who, database),
        seen=seen,
    )


@blueprint.get("/devices/new")
@guard(signed_in)
@limit(VIEWS)
@html
async def new_device_page() -> str:
    """Shows the form for a new device."""
    return await _form("", " ".join(USUAL_METRICS), {})


@blueprint.post("/devices/new")
@guard(signed_in)
@limit(CHANGES)
@html
async def register_device() -> tuple[str, int] | tuple[str, int, dict[str, str]]:
    """Registers a device and shows its token, this once; or the form with what is wrong."""
    form = await request.form
    name, metrics = form.get("name", ""), form.get("metrics", "")
    try:
        new = NewDevice(name=name, metrics=names_in(metrics))
        made = await current_devices().register(current_principal(), new)
    except ValidationError as error:
        return await _form(name, metrics, wrong_fields(error)), 422
    except Conflict as error:
        return await _form(name, metrics, {"form": error.detail}), 409
    return await _shown_once(made), 201, NO_STORE


@blueprint.post("/devices/<uuid:device_id>/token")
@guard(signed_in)
@limit(CHANGES)
@html
async def replace_token(device_id: UUID) -> tuple[str, int, dict[str, str]]:
    """Gives a device another token and shows it, this once."""
    made = await current_devices().replace_token(current_principal(), device_id)
    return await _shown_once(made), 201, NO_STORE


@blueprint.post("/devices/<uuid:device_id>/revoke")
@guard(signed_in)
@limit(CHANGES)
@html
async def revoke_token(device_id: UUID) -> Response:
    """Shuts a device out; its socket closes at once."""
    await current_devices().revoke(current_principal(), device_id)
    return redirect(f"/devices/{device_id}", SEE_OTHER)


@blueprint.post("/devices/<uuid:device_id>/delete")
@guard(signed_in)
@limit(CHANGES)
@html
async def delete_device(device_id: UUID) -> Response:
    """Removes a device with everything that it measured."""
    await current_devices().delete(current_principal(), device_id)
    return redirect("/devices", SEE_OTHER)


async def _form(name: str, metrics: str, errors: dict[str, str]) -> str:
    return await render_template(
        "devices/new.html",
        name=name,
        metrics=metrics,
        errors=errors,
        name_max_characters=NAME_MAX_CHARACTERS,
    )


async def _shown_once(made: RegisteredDevice) -> str:
    # Shown by this answer and not after a redirect: the secret is kept nowhere in between.
    return await render_template(
        "devices/token.html",
        device=made.device,
        token=made.token,
        url=current_resources().settings.public_url,
    )
