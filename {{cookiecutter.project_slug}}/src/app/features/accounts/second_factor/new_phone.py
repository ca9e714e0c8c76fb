"""Another phone for the second factor: the present one counts until the new one does."""

from quart import Blueprint
from quart import redirect
from quart import request
from quart.wrappers import Response as QuartResponse
from werkzeug.wrappers import Response

from app.errors import Conflict
from app.errors import TooMany
from app.features.accounts.account import section_page
from app.features.accounts.second_factor.changing import change_phone
from app.features.accounts.second_factor.showing import NO_STORE
from app.features.accounts.second_factor.showing import codes_page
from app.features.accounts.second_factor.showing import in_groups
from app.features.accounts.second_factor.showing import picture_of
from app.features.accounts.security.pages import URL as SECURITY_URL
from app.features.accounts.words import waiting_words
from app.identity.factors.new_phones import NothingWaits
from app.identity.factors.service import WrongCode
from app.resources import current_resources
from app.web import current_principal
from app.web import guard
from app.web import html
from app.web import limit
from app.web import recently_signed_in
from app.web import signed_in
from app.web.guards import FACTOR_PATH

URL = f"{FACTOR_PATH}/phone"
SEE_OTHER = 303
NOT_OF_THE_NEW_ONE = "This is no code of the new phone. Is its clock right?"
TOO_LATE = "That took too long, so here is a new key. Scan it, and enter the code that it gives."
CHANGED = (
    "Your new phone is in use, and all other sessions have ended. Codes of the old one are void."
)

blueprint = Blueprint("account_new_phone", __name__)


@blueprint.get(URL)
@guard(signed_in)
@recently_signed_in
@limit("120/minute")
@html
async def phone_page() -> tuple[str, int, dict[str, str]] | Response:
    """Shows the secret for the new phone; leads back where there is no phone to change."""
    try:
        return await _page(), 200, NO_STORE
    except Conflict:
        return redirect(FACTOR_PATH, SEE_OTHER)


@blueprint.get(f"{URL}/qr.png")
@guard(signed_in)
@recently_signed_in
@limit("120/minute")
@html
async def qr_code() -> QuartResponse:
    """Returns that secret as a picture for the app's camera."""
    return await picture_of(
        await current_resources().identity.new_phones.begin(current_principal())
    )


@blueprint.post(URL)
@guard(signed_in)
@recently_signed_in
@limit("20/3minutes", only_shared=True)
@html
async def move() -> tuple[str, int, dict[str, str]] | Response:
    """Puts the new phone in the place of the old one and shows new recovery codes."""
    code = (await request.form).get("code", "")
    try:
        codes = await change_phone(code)
    except NothingWaits:
        return await _page(TOO_LATE), 422, NO_STORE
    except WrongCode:
        return await _page(NOT_OF_THE_NEW_ONE), 422, NO_STORE
    except TooMany as error:
        return await _page(waiting_words(error)), 429, NO_STORE
    except Conflict:
        return redirect(FACTOR_PATH, SEE_OTHER)
    return await codes_page(codes, done=CHANGED)


async def _page(error: str = "") -> str:
    secret = await current_resources().identity.new_phones.begin(current_principal())
    template = "accounts/second_factor/phone.html"
    return await section_page(SECURITY_URL, template, secret=in_groups(secret), error=error)
