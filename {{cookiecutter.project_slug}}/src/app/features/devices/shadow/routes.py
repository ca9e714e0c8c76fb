"""Shadows over REST: for owners of devices, and for their programs."""

from uuid import UUID

from quart import Blueprint
from quart_schema import validate_request
from quart_schema import validate_response

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
from app.web.problem_types import INVALID

from . import service
from .schemas import Desired
from .schemas import DeviceState

READS = "300/minute"
WRITES = "120/minute"

Versioned = tuple[DeviceState, int, dict[str, str]]

blueprint = Blueprint("device_state", __name__, url_prefix="/api/v1/devices/<uuid:device_id>/state")


@blueprint.get("")
@guard(signed_in)
@scope("devices:read")
@limit(READS)
@conditional
@validate_response(DeviceState)
async def read_state(device_id: UUID) -> DeviceState:
    """Returns what is desired of a device, what it reports, and what it has yet to become."""
    return await service.read(
        current_principal(), current_resources().database, device_id=device_id
    )


@blueprint.get("/desired")
@guard(signed_in)
@scope("devices:read")
@limit(READS)
@conditional
@validate_response(Desired)
async def read_desired(device_id: UUID) -> tuple[Desired, int, dict[str, str]]:
    """Returns what is desired of a device; its ETag is for changing it."""
    state = await service.read(
        current_principal(), current_resources().database, device_id=device_id
    )
    return Desired(desired=state.desired), 200, {"ETag": version_tag(state.desired_version)}


@blueprint.put("/desired")
@guard(signed_in)
@scope("devices:write")
@limit(WRITES)
@fails_with(INVALID)
@writes_conditionally(required=True)
@validate_request(Desired)
@validate_response(DeviceState)
async def wish(device_id: UUID, data: Desired) -> Versioned:
    """Replaces what is desired, unless it has changed since the version in If-Match."""
    state = await service.wish(
        current_principal(),
        current_resources().database,
        device_id=device_id,
        desired=data.desired,
        expected_version=expected_version(),
    )
    return state, 200, {"ETag": version_tag(state.desired_version)}
