"""What is connected, over REST."""

from quart import Blueprint
from quart_schema import document_response
from quart_schema import validate_response

from app.features.administration.realtime import service
from app.features.administration.realtime.schemas import Overview
from app.resources import current_resources
from app.web import admin_only
from app.web import auditors
from app.web import current_principal
from app.web import guard
from app.web import limit
from app.web import recently_signed_in

blueprint = Blueprint(
    "administration_realtime", __name__, url_prefix="/api/v1/administration/realtime"
)


@blueprint.get("")
@guard(auditors)
@limit("30/minute")
@validate_response(Overview)
async def overview() -> Overview:
    """Asks every process what is open there."""
    return await service.overview(current_principal(), current_resources().realtime)


@blueprint.delete("/connections/<connection_id>")
@guard(admin_only)
@recently_signed_in
@limit("60/minute")
@document_response(None, 204)
async def cut_connection(connection_id: str) -> tuple[str, int]:
    """Ends one connection, in whatever process it is."""
    resources = current_resources()
    await service.cut(current_principal(), resources.realtime, resources.database, connection_id)
    return "", 204
