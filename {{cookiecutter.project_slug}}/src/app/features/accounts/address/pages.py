"""The pages of the address: the form in the account, and what the link opens."""

from collections.abc import Mapping
from urllib.parse import urlencode

from quart import Blueprint
from quart import redirect
from quart import request
from quart.wrappers import Response
from werkzeug.wrappers import Response as WerkzeugResponse

from app.errors import Invalid
from app.errors import RecentSignInNeeded
from app.errors import TooMany
from app.errors import Unauthenticated
from app.features.accounts.account import section_page
from app.features.accounts.address import service
from app.features.accounts.attempts import ATTEMPTS
from app.features.accounts.attempts import spend_letter
from app.features.accounts.letters import ADDRESS_PATH
from app.features.accounts.link_pages import dead_link
from app.features.accounts.link_pages import link_page
from app.features.accounts.reauthentication.attempts import spend_proof
from app.features.accounts.reauthentication.service import proofs_of
from app.features.accounts.security.pages import URL as SECURITY
from app.features.accounts.words import WRONG_CODE
from app.features.accounts.words import waiting_words
from app.identity import DeadLink
from app.identity.factors.service import WrongCode
from app.resources import current_resources
from app.web import current_principal
from app.web import guard
from app.web import html
from app.web import limit
from app.web import public
from app.web import signed_in
from app.web.guards import CONFIRM_PATH

URL = "/account/address"
PROVE = f"{CONFIRM_PATH}?{urlencode({'next': URL})}"
SEE_OTHER = 303
NOTHING: Mapping[str, str] = {}

blueprint = Blueprint("address_pages", __name__)


@blueprint.get(URL)
@guard(signed_in)
@limit("120/minute")
@html
async def change_page() -> str | WerkzeugResponse:
    """Asks for the new address and a proof; who has nothing to type proves it first."""
    who, identity = current_principal(), current_resources().identity
    if not await proofs_of(who, identity) and not identity.is_recent(who):
        return redirect(PROVE, SEE_OTHER)
    return await _form()


@blueprint.post(URL)
@guard(signed_in)
@limit("20/3minutes", only_shared=True)
@html
async def ask_for() -> str | tuple[str, int] | WerkzeugResponse:
    """Has the letter sent, or shows the form with what is wrong."""
    form = await request.form
    email = form.get("email", "")
    try:
        await spend_proof()
        await spend_letter(email)
        await service.ask_for(
            current_principal(),
            current_resources(),
            email=email,
            password=form.get("password", ""),
            code=form.get("code", ""),
        )
    except RecentSignInNeeded:
        return redirect(PROVE, SEE_OTHER)
    except WrongCode:
        return await _form(email, {"code": WRONG_CODE}), 422
    except Unauthenticated:
        return await _form(email, {"password": "This is not your password."}), 422
    except Invalid as error:
        return await _form(email, error.fields), 422
    except TooMany as error:
        return await _form(email, {"form": waiting_words(error)}), 429
    return await _form(sent_to=email.strip())


@blueprint.get(ADDRESS_PATH)
@guard(public)
@limit("120/minute")
@html
async def confirm_page() -> Response:
    """Shows the button; looking at it changes nothing."""
    token = request.args.get("token", "")
    try:
        link = await current_resources().identity.links.look(token, "address")
    except DeadLink:
        return await dead_link(URL, "Enter the address again")
    return await link_page("accounts/address/confirm.html", token=token, email=link.email)


@blueprint.post(ADDRESS_PATH)
@guard(public)
@limit(ATTEMPTS, only_shared=True)
@html
async def confirm() -> Response:
    """Changes the address."""
    token = (await request.form).get("token", "")
    try:
        email = await service.confirm(current_principal(), current_resources(), token=token)
    except DeadLink:
        return await dead_link(URL, "Enter the address again")
    return await link_page("accounts/address/done.html", email=email)


async def _form(email: str = "", errors: Mapping[str, str] = NOTHING, *, sent_to: str = "") -> str:
    who, identity = current_principal(), current_resources().identity
    user = await identity.find_user(who.own_id)
    return await section_page(
        SECURITY,
        "accounts/address/change.html",
        present=user.email if user else "",
        email=email,
        errors=errors,
        sent_to=sent_to,
        proofs=await proofs_of(who, identity),
    )
