"""The section of the account where people get a copy of their data, or end it."""

from uuid import UUID

from quart import Blueprint
from quart import Response
from quart import redirect
from quart import request
from werkzeug.wrappers import Response as Redirect

from app.errors import Conflict
from app.features.accounts.account import section_page
from app.features.accounts.data import service
from app.identity.browsers.interface import adopt_session
from app.identity.personal_data.exports import may_ask
from app.resources import current_resources
from app.web import current_principal
from app.web import guard
from app.web import html
from app.web import limit
from app.web import recently_signed_in
from app.web import signed_in

URL = "/account/data"
SEE_OTHER = 303

blueprint = Blueprint("account_data", __name__)


@blueprint.get(URL)
@guard(signed_in)
@limit("120/minute")
@html
async def data_page() -> str:
    """Shows the copies there are, and the way to the end."""
    return await _page()


@blueprint.post(f"{URL}/exports")
@guard(signed_in)
@recently_signed_in
@limit("10/hour")
@html
async def ask_for_export() -> Redirect | tuple[str, int]:
    """Has a copy made."""
    resources = current_resources()
    try:
        await service.ask_for_export(current_principal(), resources.database, resources.jobs)
    except Conflict as error:
        return await _page(error.detail), 409
    return redirect(URL, SEE_OTHER)


@blueprint.get(f"{URL}/exports/<uuid:export_id>")
@guard(signed_in)
@recently_signed_in
@limit("20/hour")
@html
async def download(export_id: UUID) -> Response:
    """Sends a copy to its owner."""
    database = current_resources().database
    return zip_answer(await service.download(current_principal(), database, export_id))


@blueprint.get(f"{URL}/delete")
@guard(signed_in)
@recently_signed_in
@limit("60/minute")
@html
async def delete_page() -> str:
    """Says what deleting means, and asks once more."""
    return await section_page(URL, "accounts/data/delete.html", problem="")


@blueprint.post(f"{URL}/delete")
@guard(signed_in)
@recently_signed_in
@limit("10/hour")
@html
async def delete_account() -> Redirect | tuple[str, int]:
    """Deletes the account, where the box was ticked."""
    resources, problem = current_resources(), "Tick the box if you mean it."
    if (await request.form).get("sure") == "yes":
        try:
            await service.delete_account(
                current_principal(), resources.database, resources.identity
            )
        except Conflict:
            problem = "You are the last administrator: give somebody else the role first."
        else:
            await adopt_session(None)
            return redirect("/", SEE_OTHER)
    return await section_page(URL, "accounts/data/delete.html", problem=problem), 422


def zip_answer(content: bytes) -> Response:
    """Returns a file that browsers save and never show."""
    headers = {
        "Content-Type": "application/zip",
        "Content-Disposition": 'attachment; filename="your-data.zip"',
        "Cache-Control": "no-store",
    }
    return Response(content, headers=headers)


async def _page(problem: str = "") -> str:
    copies = await service.list_exports(current_principal(), current_resources().database)
    return await section_page(
        URL,
        "accounts/data/data.html",
        copies=copies,
        may_ask=may_ask(copies),
        problem=problem,
    )
