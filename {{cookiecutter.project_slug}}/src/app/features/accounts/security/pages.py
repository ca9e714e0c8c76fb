"""The security section in the account: a line for each thing that signs a person in."""

from quart import Blueprint

from app.features.accounts.account import current_account
from app.features.accounts.account import section_page
from app.web import current_principal
from app.web import guard
from app.web import html
from app.web import limit
from app.web import signed_in

URL = "/account/security"

blueprint = Blueprint("account_security", __name__)


@blueprint.get(URL)
@guard(signed_in)
@limit("120/minute")
@html
async def security_page() -> str:
    """Shows how things stand, and where to change them."""
    lines = await current_account().lines(URL, current_principal())
    return await section_page(URL, "accounts/security/security.html", lines=lines)
