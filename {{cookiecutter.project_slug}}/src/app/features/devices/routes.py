"""Devices over REST: for their owners, and for programs with a token of an owner."""

from uuid import UUID

from quart import Blueprint
from quart_schema import document_response
from quart_schema import validate_querystring
from quart_schema import validate_request
from quart_schema import validate_response

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
from app.web.paging import Page
from app.web.paging import link_next
from app.web.problem_types import CONFLICT
from app.web.problem_types import INVALID

from .schemas import Device
from .schemas import DeviceChange
from .schemas import DevicesQuery
from .schemas import NewDevice
from .schemas import RegisteredDevice
from .service import current_devices

READS = "300/minute"
WRITES = "60/minute"
REGISTRATIONS = "600/minute"  # a fleet is registered by a program

Nothing = tuple[str, int]
NOTHING: Nothing = ("", 204)
Versioned = tuple[Device, int, dict[str, str]]

blueprint = Blueprint("devices", __name__, url_prefix="/api/v1/devices")


@blueprint.get("")
@guard(signed_in)
@scope("devices:read")
@limit(READS)
@fails_with(INVALID)
@validate_querystring(DevicesQuery)
@validate_response(Page[Device])
async def list_devices(query_args: DevicesQuery) -> tuple[Page[Device], int, dict[str, str]]:
    """Lists the caller's devices that are asked for, those registered last first."""
    page = await current_devices().page(current_principal(), query_args)
    return page, 200, link_next(page.next)


@blueprint.post("")
@guard(signed_in)
@scope("devices:write")
@limit(REGISTRATIONS)
@fails_with(CONFLICT, INVALID)
@validate_request(NewDevice)
@validate_response(RegisteredDevice, 201)
async def register_device(data: NewDevice) -> tuple[RegisteredDevice, int, dict[str, str]]:
    """Registers a device; its token is in this answer and nowhere else."""
    made = await current_devices().register(current_principal(), data)
    return made, 201, {"Location": f"{blueprint.url_prefix}/{made.device.id}"}


@blueprint.get("/<uuid:device_id>")
@guard(signed_in)
@scope("devices:read")
@limit(READS)
@conditional
@validate_response(Device)
async def find_device(device_id: UUID) -> Device:
    """Returns one of the caller's devices, with the newest reading of each metric."""
    return await current_devices().find(current_principal(), device_id)


@blueprint.patch("/<uuid:device_id>")
@guard(signed_in)
@scope("devices:write")
@limit(WRITES)
@writes_conditionally()
@validate_request(DeviceChange)
@validate_response(Device)
async def change_device(device_id: UUID, data: DeviceChange) -> Versioned:
    """Gives a device another name or other metrics."""
    device = await current_devices().change(
        current_principal(), device_id, data, expected_version=expected_version()
    )
    return device, 200, {"ETag": version_tag(device.version)}


@blueprint.delete("/<uuid:device_id>")
@guard(signed_in)
@scope("devices:write")
@limit(WRITES)
@document_response(None, 204)
async def delete_device(device_id: UUID) -> Nothing:
    """Removes a device with everything that it measured; its socket closes at once."""
    await current_devices().delete(current_principal(), device_id)
    return NOTHING


@blueprint.post("/<uuid:device_id>/token")
@guard(signed_in)
@scope("devices:write")
@limit(WRITES)
@validate_response(RegisteredDevice, 201)
async def replace_token(device_id: UUID) -> tuple[RegisteredDevice, int]:
    """Gives a device another token, shown this once; the one before is void at once."""
    return await current_devices().replace_token(current_principal(), device_id), 201


@blueprint.delete("/<uuid:device_id>/token")
@guard(signed_in)
@scope("devices:write")
@limit(WRITES)
@document_response(None, 204)
async def revoke_token(device_id: UUID) -> Nothing:
    """Ends the token of a device; its socket closes at once, and it stays out."""
    await current_devices().revoke(current_principal(), device_id)
    return NOTHING
