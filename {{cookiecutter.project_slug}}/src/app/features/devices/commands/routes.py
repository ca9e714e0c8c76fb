"""Commands over REST: for owners of devices, and for their programs."""

from uuid import UUID

from quart import Blueprint
from quart_schema import validate_querystring
from quart_schema import validate_request
from quart_schema import validate_response

from app.resources import current_resources
from app.web import current_principal
from app.web import fails_with
from app.web import guard
from app.web import limit
from app.web import scope
from app.web import signed_in
from app.web.idempotency import idempotent
from app.web.paging import Page
from app.web.paging import link_next
from app.web.problem_types import CONFLICT
from app.web.problem_types import INVALID

from . import service
from .schemas import Command
from .schemas import CommandsQuery
from .schemas import NewCommand

READS = "300/minute"
SENDS = "120/minute"

blueprint = Blueprint(
    "device_commands", __name__, url_prefix="/api/v1/devices/<uuid:device_id>/commands"
)


@blueprint.get("")
@guard(signed_in)
@scope("devices:read")
@limit(READS)
@fails_with(INVALID)
@validate_querystring(CommandsQuery)
@validate_response(Page[Command])
async def list_commands(
    device_id: UUID, query_args: CommandsQuery
) -> tuple[Page[Command], int, dict[str, str]]:
    """Lists the commands of a device, the newest first."""
    page = await service.page_of_commands(
        current_principal(),
        current_resources().database,
        device_id=device_id,
        cursor=query_args.cursor,
        count=query_args.count,
    )
    return page, 200, link_next(page.next)


@blueprint.post("")
@guard(signed_in)
@scope("devices:write")
@limit(SENDS)
@fails_with(CONFLICT, INVALID)
@idempotent
@validate_request(NewCommand)
@validate_response(Command, 201)
async def send_command(device_id: UUID, data: NewCommand) -> tuple[Command, int, dict[str, str]]:
    """Sends a command; with an Idempotency-Key once only, however often it is asked for."""
    resources = current_resources()
    command = await service.send(
        current_principal(), resources.database, resources.jobs, device_id=device_id, new=data
    )
    return command, 201, {"Location": f"/api/v1/devices/{device_id}/commands/{command.id}"}


@blueprint.get("/<uuid:command_id>")
@guard(signed_in)
@scope("devices:read")
@limit(READS)
@validate_response(Command)
async def find_command(device_id: UUID, command_id: UUID) -> Command:
    """Returns one command, as it stands."""
    return await service.find(
        current_principal(),
        current_resources().database,
        device_id=device_id,
        command_id=command_id,
    )
