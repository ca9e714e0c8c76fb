"""The pages of passwords: forgotten, chosen anew with a link, and changed."""

from collections.abc import Mapping

from quart import Blueprint
from quart import render_template
from quart import request
from quart.wrappers import Response

from app.errors import Invalid
from app.errors import TooMany
from app.errors import Unauthenticated
from app.features.accounts.account import section_page
from app.features.accounts.attempts import ATTEMPTS
from app.features.accounts.attempts import spend_letter
from app.features.accounts.guidance import password_guidance
from app.features.accounts.letters import RESET_PATH
from app.features.accounts.link_pages import dead_link
from app.features.accounts.link_pages import link_page
from app.features.accounts.passwords import service
from app.features.accounts.reauthentication.attempts import spend_proof
from app.features.accounts.reauthentication.ways import adopt_password
from app.features.accounts.security.pages import URL as SECURITY
from app.features.accounts.words import waiting_words
from app.identity import DeadLink
from app.resources import current_resources
from app.web import current_principal
from app.web import guard
from app.web import html
from app.web import limit
from app.web import public
from app.web import signed_in

URL = "/account/password"
FORGOT_PATH = "/forgot-password"
NOTHING: Mapping[str, str] = {}

blueprint = Blueprint("password_pages", __name__)


@blueprint.get(FORGOT_PATH)
@guard(public)
@limit("120/minute")
@html
async def forgot_page() -> str:
    """Asks for the address."""
    return await _forgot_form()


@blueprint.post(FORGOT_PATH)
@guard(public)
@limit(ATTEMPTS, only_shared=True)
@html
async def forgot() -> str | tuple[str, int]:
    """Has the letter sent, if the address has an account: the page is the same if it has none."""
    email = (await request.form).get("email", "")
    try:
        await spend_letter(email)
        await service.send_reset(current_principal(), current_resources(), email=email)
    except Invalid as error:
        return await _forgot_form(email, error.fields), 422
    except TooMany as error:
        return await _forgot_form(email, {"form": waiting_words(error)}), 429
    return await render_template("accounts/passwords/sent.html", email=email.strip())


@blueprint.get(RESET_PATH)
@guard(public)
@limit("120/minute")
@html
async def reset_page() -> Response:
    """Asks for the new password; looking at the page uses nothing up."""
    return await _reset_form(request.args.get("token", ""))


@blueprint.post(RESET_PATH)
@guard(public)
@limit(ATTEMPTS, only_shared=True)
@html
async def reset() -> Response:
    """Stores the new password and leads to the sign-in."""
    form = await request.form
    token = form.get("token", "")
    try:
        await service.reset(
            current_principal(),
            current_resources(),
            token=token,
            password=form.get("password", ""),
        )
    except DeadLink:
        return await dead_link(FORGOT_PATH, "Ask for another")
    except Invalid as error:
        return await _reset_form(token, error.fields, status=422)
    return await link_page("accounts/passwords/done.html")


@blueprint.get(URL)
@guard(signed_in)
@limit("120/minute")
@html
async def change_page() -> str:
    """Asks for the present password and the new one."""
    return await _change_form()


@blueprint.post(URL)
@guard(signed_in)
@limit("20/3minutes", only_shared=True)
@html
async def change() -> str | tuple[str, int]:
    """Changes the password, or shows the form with what is wrong."""
    form = await request.form
    try:
        await spend_proof()
        await service.change(
            current_principal(),
            current_resources(),
            present=form.get("present_password", ""),
            new=form.get("password", ""),
        )
    except Unauthenticated:
        return await _change_form({"present_password": "This is not your present password."}), 422
    except Invalid as error:
        return await _change_form(error.fields), 422
    except TooMany as error:
        return await _change_form({"form": waiting_words(error)}), 429
    await adopt_password()
    return await _change_form(done=True)


async def _forgot_form(email: str = "", errors: Mapping[str, str] = NOTHING) -> str:
    return await render_template("accounts/passwords/forgot.html", email=email, errors=errors)


async def _reset_form(
    token: str, errors: Mapping[str, str] = NOTHING, *, status: int = 200
) -> Response:
    try:
        link = await current_resources().identity.links.look(token, "reset")
    except DeadLink:
        return await dead_link(FORGOT_PATH, "Ask for another")
    return await link_page(
        "accounts/passwords/reset.html", status, token=token, email=link.email, errors=errors
    )


async def _change_form(errors: Mapping[str, str] = NOTHING, *, done: bool = False) -> str:
    who = current_principal()
    identity = current_resources().identity
    user = await identity.find_user(who.own_id)
    return await section_page(
        SECURITY,
        "accounts/passwords/change.html",
        email=user.email if user else "",
        errors=errors,
        done=done,
        has_password=await identity.keys.has_password(who),
        **password_guidance(),
    )
