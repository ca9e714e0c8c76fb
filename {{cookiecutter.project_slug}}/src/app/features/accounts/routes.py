"""Accounts over REST: sign up, sign in, sign out, and who is signed in."""

from quart import Blueprint
from quart_schema import document_response
from quart_schema import validate_request
from quart_schema import validate_response

from app.features.accounts import service
from app.features.accounts.attempts import ATTEMPTS
from app.features.accounts.attempts import spend_attempt
from app.features.accounts.attempts import this_browser
from app.features.accounts.coming_in import come_in
from app.features.accounts.schemas import SignedIn
from app.features.accounts.schemas import SignIn
from app.features.accounts.schemas import UserShape
from app.identity.browsers.interface import adopt_session
from app.resources import current_resources
from app.web import current_principal
from app.web import fails_with
from app.web import guard
from app.web import limit
from app.web import public
from app.web import scope
from app.web import signed_in
from app.web.problem_types import UNAUTHENTICATED

blueprint = Blueprint("accounts", __name__, url_prefix="/api/v1/accounts")


@blueprint.post("/sign-in")
@guard(public)
@limit(ATTEMPTS, only_shared=True)
@fails_with(UNAUTHENTICATED)
@validate_request(SignIn)
@validate_response(SignedIn)
async def sign_in(data: SignIn) -> SignedIn:
    """Signs in; the answer is the same whether the address or the password is wrong."""
    await spend_attempt(data.email)
    welcome = await service.sign_in(
        current_principal(),
        current_resources().identity,
        email=data.email,
        password=data.password.get_secret_value(),
        browser=this_browser(),
    )
    await come_in(welcome)
    return SignedIn(user=UserShape.of(welcome.user))


@blueprint.post("/sign-out")
@guard(public)
@limit("60/minute")
@document_response(None, 204)
async def sign_out() -> tuple[str, int]:
    """Ends the session that came with the request, if any."""
    await service.sign_out(current_principal(), current_resources().identity)
    await adopt_session(None)
    return "", 204


@blueprint.get("/me")
@guard(signed_in)
@scope("account:read")
@limit("120/minute")
@validate_response(SignedIn)
async def me() -> SignedIn:
    """Returns who is signed in."""
    user = await service.own_account(current_principal(), current_resources().identity)
    return SignedIn(user=UserShape.of(user))
