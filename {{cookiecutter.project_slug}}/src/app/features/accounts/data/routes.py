"""Your data over REST."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel
from quart import Blueprint
from quart import Response
from quart_schema import document_response
from quart_schema import validate_response

from app.features.accounts.data import service
from app.features.accounts.data.pages import zip_answer
from app.identity.browsers.interface import adopt_session
from app.identity.personal_data.exports import DataExport
from app.resources import current_resources
from app.web import current_principal
from app.web import fails_with
from app.web import guard
from app.web import limit
from app.web import recently_signed_in
from app.web import signed_in
from app.web.paging import short_list
from app.web.problem_types import CONFLICT

blueprint = Blueprint("account_data_routes", __name__, url_prefix="/api/v1/accounts")


class ExportShape(BaseModel):
    """A copy of what is held of the caller."""

    id: UUID
    requested_at: datetime
    expires_at: datetime
    is_ready: bool

    @classmethod
    def of(cls, export: DataExport) -> "ExportShape":
        """Returns the shape of a copy."""
        return cls.model_validate(export, from_attributes=True)


class ExportList(BaseModel):
    """The caller's copies."""

    items: list[ExportShape]


@blueprint.get("/exports")
@guard(signed_in)
@limit("120/minute")
@short_list("the last few of one person")
@validate_response(ExportList)
async def list_exports() -> ExportList:
    """Lists the caller's copies."""
    return await _listed()


@blueprint.post("/exports")
@guard(signed_in)
@recently_signed_in
@limit("10/hour")
@fails_with(CONFLICT)  # one is being made already
@validate_response(ExportList, 202)
async def ask_for_export() -> tuple[ExportList, int]:
    """Has a copy made; it is ready in a while."""
    resources = current_resources()
    await service.ask_for_export(current_principal(), resources.database, resources.jobs)
    return await _listed(), 202


@blueprint.get("/exports/<uuid:export_id>")
@guard(signed_in)
@recently_signed_in
@limit("20/hour")
@document_response(None, 200)
async def download(export_id: UUID) -> Response:
    """Returns a copy, to its owner alone."""
    database = current_resources().database
    return zip_answer(await service.download(current_principal(), database, export_id))


@blueprint.delete("/me")
@guard(signed_in)
@recently_signed_in
@limit("10/hour")
@fails_with(CONFLICT)
@document_response(None, 204)
async def delete_account() -> tuple[str, int]:
    """Deletes the caller's account."""
    resources = current_resources()
    await service.delete_account(current_principal(), resources.database, resources.identity)
    await adopt_session(None)
    return "", 204


async def _listed() -> ExportList:
    found = await service.list_exports(current_principal(), current_resources().database)
    return ExportList(items=[ExportShape.of(one) for one in found])
