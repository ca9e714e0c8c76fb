"""The profile in the account."""

from quart import Blueprint
from quart import redirect
from quart import request
from werkzeug.wrappers import Response

from app.errors import Invalid
from app.features.accounts import service
from app.features.accounts.account import section_page
from app.resources import current_resources
from app.web import current_principal
from app.web import guard
from app.web import html
from app.web import limit
from app.web import signed_in

URL = "/account/profile"
SEE_OTHER = 303

blueprint = Blueprint("account_profile", __name__)


@blueprint.get(URL)
@guard(signed_in)
@limit("120/minute")
@html
async def profile_page() -> str:
    """Shows what others see of the person, to be changed."""
    return await _form()


@blueprint.post(URL)
@guard(signed_in)
@limit("30/minute")
@html
async def change_name() -> tuple[str, int] | Response:
    """Changes the name, or shows the form with what is wrong."""
    name = (await request.form).get("name", "")
    try:
        await service.rename(current_principal(), current_resources().identity, name=name)
    except Invalid as error:
        return await _form(name, error.fields), 422
    return redirect(URL, SEE_OTHER)


async def _form(name: str | None = None, errors: dict[str, str] | None = None) -> str:
    user = await service.own_account(current_principal(), current_resources().identity)
    return await section_page(
        URL,
        "accounts/profile/profile.html",
        user=user,
        name=user.name if name is None else name,
        errors=errors or {},
    )
