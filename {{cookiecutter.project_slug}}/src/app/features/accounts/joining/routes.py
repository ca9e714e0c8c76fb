"""Joining over REST."""

from quart import Blueprint
from quart_schema import validate_request
from quart_schema import validate_response

from app.features.accounts.attempts import ATTEMPTS
from app.features.accounts.attempts import spend_attempt
from app.features.accounts.attempts import spend_letter
from app.features.accounts.attempts import this_browser
from app.features.accounts.coming_in import come_in
from app.features.accounts.joining import service
from app.features.accounts.joining.schemas import AddressGiven
from app.features.accounts.joining.schemas import Confirmation
from app.features.accounts.joining.schemas import LetterOnItsWay
from app.features.accounts.joining.schemas import SignUp
from app.features.accounts.schemas import SignedIn
from app.features.accounts.schemas import UserShape
from app.resources import current_resources
from app.web import current_principal
from app.web import fails_with
from app.web import guard
from app.web import limit
from app.web import public
from app.web.problem_types import INVALID
from app.web.problem_types import UNAUTHENTICATED

blueprint = Blueprint("joining", __name__, url_prefix="/api/v1/accounts/sign-up")


@blueprint.post("")
@guard(public)
@limit(ATTEMPTS, only_shared=True)
@fails_with(INVALID)
@validate_request(SignUp)
@validate_response(LetterOnItsWay, 202)
async def sign_up(data: SignUp) -> tuple[LetterOnItsWay, int]:
    """Asks to join; a letter follows, and the answer is the same for a taken address."""
    await spend_letter(data.email)
    await service.sign_up(
        current_principal(),
        current_resources(),
        email=data.email,
        name=data.name,
        password=data.password.get_secret_value(),
    )
    return LetterOnItsWay(), 202


@blueprint.post("/again")
@guard(public)
@limit(ATTEMPTS, only_shared=True)
@fails_with(INVALID)
@validate_request(AddressGiven)
@validate_response(LetterOnItsWay, 202)
async def send_again(data: AddressGiven) -> tuple[LetterOnItsWay, int]:
    """Sends the letter once more, if somebody waits for one at the address."""
    await spend_letter(data.email)
    await service.send_again(current_principal(), current_resources(), email=data.email)
    return LetterOnItsWay(), 202


@blueprint.post("/confirm")
@guard(public)
@limit(ATTEMPTS, only_shared=True)
@fails_with(INVALID, UNAUTHENTICATED)
@validate_request(Confirmation)
@validate_response(SignedIn, 201)
async def confirm(data: Confirmation) -> tuple[SignedIn, int]:
    """Confirms the address with the token of the link; the person joins and is signed in."""
    await spend_attempt(data.token)
    welcome, _ = await service.confirm(
        current_principal(),
        current_resources(),
        token=data.token,
        password=data.password.get_secret_value(),
        browser=this_browser(),
    )
    await come_in(welcome)
    return SignedIn(user=UserShape.of(welcome.user)), 201
