"""The page of connections: processes, topics, and who is connected, with a way to cut them."""

from quart import Blueprint
from quart import redirect
from werkzeug.wrappers import Response

from app.features.administration.frame import section_page
from app.features.administration.realtime import service
from app.resources import current_resources
from app.web import admin_only
from app.web import auditors
from app.web import current_principal
from app.web import guard
from app.web import html
from app.web import limit
from app.web import recently_signed_in

URL = "/administration/realtime"

blueprint = Blueprint("administration_realtime_pages", __name__)


@blueprint.get(URL)
@guard(auditors)
@limit("30/minute")
@html
async def realtime_page() -> str:
    """Shows what is open in every process."""
    overview = await service.overview(current_principal(), current_resources().realtime)
    return await section_page(URL, "realtime.html", overview=overview)


@blueprint.post(f"{URL}/connections/<connection_id>/cut")
@guard(admin_only)
@recently_signed_in
@limit("60/minute")
@html
async def cut_connection(connection_id: str) -> Response:
    """Cuts one connection and shows the others."""
    resources = current_resources()
    await service.cut(current_principal(), resources.realtime, resources.database, connection_id)
    return redirect(URL, 303)
