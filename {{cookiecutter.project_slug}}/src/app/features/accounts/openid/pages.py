"""The way to a provider and back, and the page of connected accounts."""

from quart import Blueprint
from quart import make_response
from quart import redirect
from quart import render_template
from quart import request
from werkzeug.wrappers import Response

from app.errors import Conflict
from app.errors import Forbidden
from app.errors import SecondFactorNeeded
from app.errors import Unauthenticated
from app.features.accounts.account import section_page
from app.features.accounts.attempts import ATTEMPTS
from app.features.accounts.attempts import this_browser
from app.features.accounts.coming_in import come_in
from app.features.accounts.coming_in import onward
from app.features.accounts.next_page import safe_next
from app.features.accounts.openid import cookie
from app.features.accounts.openid.proving import proof_form
from app.features.accounts.openid.refusing import message_of
from app.features.accounts.openid.refusing import note_refusal
from app.features.accounts.openid.refusing import said_no
from app.features.accounts.openid.refusing import status_of
from app.features.accounts.openid.service import Returned
from app.features.accounts.openid.service import current_openid
from app.features.accounts.reauthentication import adopt_proof
from app.features.accounts.second_factor.sign_in import code_form
from app.resources import current_resources
from app.web import current_principal
from app.web import guard
from app.web import html
from app.web import limit
from app.web import public
from app.web import recently_signed_in
from app.web import signed_in

URL = "/account/providers"
SECURITY = "/account/security"
SEE_OTHER = 303
VALUE_MAX_CHARACTERS = 4_096

blueprint = Blueprint("account_providers", __name__)


@blueprint.get("/sign-in/with/<provider>")
@guard(public)
@limit(ATTEMPTS, only_shared=True)
@html
async def leave(provider: str) -> Response:
    """Sends the browser to the provider."""
    goal = safe_next(request.args.get("next"))
    who = current_principal()
    if who.is_signed_in:
        return redirect(goal, SEE_OTHER)
    url, begun = await current_openid().leave(who, provider, "sign_in", goal=goal)
    response = redirect(url, SEE_OTHER)
    cookie.keep(response, begun.browser)
    return response


@blueprint.get("/sign-in/with/<provider>/callback")
@guard(public)
@limit("30/3minutes")
@html
async def come_back(provider: str) -> Response | tuple[str, int]:
    """Takes the browser back and does what it left for; every failure is told the same way."""
    returned: Returned | None = None
    try:
        returned = await current_openid().come_back(
            current_principal(),
            provider,
            state=_argument("state"),
            browser=cookie.browser_secret(),
            code=_code(),
        )
        response = redirect(await _finish(provider, returned), SEE_OTHER)
    except SecondFactorNeeded as half:
        return await _second_step(returned, half.half_sign_in), 200
    except (Conflict, Forbidden, Unauthenticated) as error:
        database = current_resources().database
        await note_refusal(current_principal(), database, provider, error, returned)
        page = await render_template("accounts/openid/failed.html", message=message_of(error))
        return page, status_of(error)
    cookie.drop(response)
    return response


@blueprint.get(URL)
@guard(signed_in)
@limit("120/minute")
@html
async def providers_page() -> str:
    """Shows what is connected."""
    return await _providers()


@blueprint.post(f"{URL}/<provider>/link")
@guard(signed_in)
@recently_signed_in
@limit("20/minute")
@html
async def link(provider: str) -> Response:
    """Shows the way to the provider; back from there, the two accounts are connected."""
    openid = current_openid()
    url, begun = await openid.leave(current_principal(), provider, "link", goal=URL)
    page = await section_page(
        SECURITY, "accounts/openid/leave.html", provider=openid.provider(provider), url=url
    )
    response = await make_response(page)
    cookie.keep(response, begun.browser)
    return response  # type: ignore[return-value]  # Quart's own kind of response


@blueprint.post(f"{URL}/<provider>/unlink")
@guard(signed_in)
@recently_signed_in
@limit("20/minute")
@html
async def unlink(provider: str) -> Response | tuple[str, int]:
    """Disconnects a provider and shows what is left."""
    try:
        await current_openid().connections.unlink(current_principal(), provider)
    except Conflict as error:
        return await _providers(error.detail), 409
    return redirect(URL, SEE_OTHER)


async def _finish(provider: str, returned: Returned) -> str:
    openid, who = current_openid(), current_principal()
    flow, claims = returned.flow, returned.claims
    match flow.purpose:
        case "sign_in":
            welcome = await openid.sign_in(provider, claims, browser=this_browser())
            await come_in(welcome)
            return onward(safe_next(flow.goal))
        case "link":
            await openid.connections.link(who, provider, claims)
        case "prove":
            await openid.prove(who, provider, claims)
            await adopt_proof()
    return safe_next(flow.goal)


async def _second_step(returned: Returned | None, half_sign_in: str) -> str:
    if returned is not None and returned.flow.purpose == "prove":
        return await proof_form(safe_next(returned.flow.goal), half_sign_in)
    return await code_form(safe_next(returned.flow.goal if returned else None), half_sign_in)


def _argument(name: str) -> str:
    return request.args.get(name, "")[:VALUE_MAX_CHARACTERS]


def _code() -> str:
    if request.args.get("error"):
        raise said_no(_argument("error"))
    return _argument("code")


async def _providers(problem: str = "") -> str:
    links = await current_openid().connections.list(current_principal())
    return await section_page(
        SECURITY, "accounts/openid/providers.html", links=links, problem=problem
    )
