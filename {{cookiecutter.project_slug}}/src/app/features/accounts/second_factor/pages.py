"""Setting up, renewing and taking away the second factor."""

from quart import Blueprint
from quart import redirect
from quart import render_template
from quart import request
from quart.wrappers import Response as QuartResponse
from werkzeug.wrappers import Response

from app.errors import Conflict
from app.errors import TooMany
from app.features.accounts.account import section_page
from app.features.accounts.next_page import safe_next
from app.features.accounts.second_factor.changing import switch_off
from app.features.accounts.second_factor.changing import switch_on
from app.features.accounts.second_factor.showing import NO_STORE
from app.features.accounts.second_factor.showing import codes_page
from app.features.accounts.second_factor.showing import in_groups
from app.features.accounts.second_factor.showing import picture_of
from app.features.accounts.security.pages import URL as SECURITY_URL
from app.features.accounts.words import waiting_words
from app.identity.browsers.interface import current_session
from app.identity.factors.service import WrongCode
from app.resources import current_resources
from app.web import also_enrolling
from app.web import current_principal
from app.web import go_on_as
from app.web import guard
from app.web import html
from app.web import limit
from app.web import recently_signed_in
from app.web import signed_in
from app.web.guards import FACTOR_PATH

URL = FACTOR_PATH
SEE_OTHER = 303
NOT_OF_THE_APP = "This code is not right. Is the clock of your phone?"

blueprint = Blueprint("account_second_factor", __name__)


@blueprint.get(URL)
@guard(also_enrolling)
@recently_signed_in
@limit("120/minute")
@html
async def factor_page() -> tuple[str, int, dict[str, str]] | Response:
    """Shows how to set up the factor, or how it stands; leads on who has just been let in."""
    who, identity = current_principal(), current_resources().identity
    goal = safe_next(request.args.get("next"))
    if who.is_enrolling and (await identity.factors.state(who.own_id)).is_on:
        identity.forget(session=who.session_id)  # set up in another process a moment ago
        return redirect(goal, SEE_OTHER)
    return await _page(goal=goal), 200, NO_STORE


@blueprint.get(f"{URL}/qr.png")
@guard(also_enrolling)
@recently_signed_in
@limit("120/minute")
@html
async def qr_code() -> QuartResponse:
    """Returns the secret as a picture for the app's camera."""
    return await picture_of(await current_resources().identity.factors.enrol(current_principal()))


@blueprint.post(f"{URL}/confirm")
@guard(also_enrolling)
@recently_signed_in
@limit("20/3minutes", only_shared=True)
@html
async def confirm() -> tuple[str, int, dict[str, str]]:
    """Puts the factor to use and shows the recovery codes; ends all other sessions.

    They began without the factor, and it may be why the person sets one up.
    """
    who = current_principal()
    form = await request.form
    goal = safe_next(form.get("next"))
    try:
        codes = await switch_on(form.get("code", ""))
    except WrongCode:
        return await _page(NOT_OF_THE_APP, goal=goal), 422, NO_STORE
    except TooMany as error:
        return await _page(waiting_words(error), goal=goal), 429, NO_STORE
    go_on_as(current_session().principal)
    return await codes_page(codes, goal=goal if who.is_enrolling else SECURITY_URL)


@blueprint.post(f"{URL}/codes")
@guard(signed_in)
@recently_signed_in
@limit("20/3minutes", only_shared=True)
@html
async def new_codes() -> tuple[str, int, dict[str, str]] | Response:
    """Shows new recovery codes; the old ones are void. Leads back where there is no factor."""
    try:
        codes = await current_resources().identity.factors.new_codes(current_principal())
    except Conflict:
        return redirect(URL, SEE_OTHER)
    return await codes_page(codes)


@blueprint.post(f"{URL}/remove")
@guard(signed_in)
@recently_signed_in
@limit("20/3minutes", only_shared=True)
@html
async def remove() -> Response:
    """Takes the factor away, unless one is required: then the page says so, without a button."""
    try:
        await switch_off()
    except Conflict:
        return redirect(URL, SEE_OTHER)
    return redirect(SECURITY_URL, SEE_OTHER)


async def _page(error: str = "", *, goal: str) -> str:
    who, factors = current_principal(), current_resources().identity.factors
    state = await factors.state(who.own_id)
    folder = "accounts/second_factor"
    if state.is_on:
        is_required = factors.is_required_of(who)
        return await section_page(
            SECURITY_URL, f"{folder}/on.html", state=state, is_required=is_required
        )
    key = in_groups(await factors.enrol(who))
    if who.is_enrolling:
        return await render_template(f"{folder}/required.html", secret=key, error=error, goal=goal)
    return await section_page(SECURITY_URL, f"{folder}/set_up.html", secret=key, error=error)
