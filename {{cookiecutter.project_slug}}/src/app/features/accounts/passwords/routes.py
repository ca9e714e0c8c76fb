"""Passwords over REST."""

from quart import Blueprint
from quart_schema import document_response
from quart_schema import validate_request
from quart_schema import validate_response

from app.errors import Invalid
from app.errors import Unauthenticated
from app.features.accounts.attempts import ATTEMPTS
from app.features.accounts.attempts import spend_letter
from app.features.accounts.joining.schemas import AddressGiven
from app.features.accounts.joining.schemas import LetterOnItsWay
from app.features.accounts.passwords import service
from app.features.accounts.passwords.schemas import Change
from app.features.accounts.passwords.schemas import Reset
from app.features.accounts.reauthentication.attempts import spend_proof
from app.features.accounts.reauthentication.ways import adopt_password
from app.resources import current_resources
from app.web import current_principal
from app.web import fails_with
from app.web import guard
from app.web import limit
from app.web import public
from app.web import signed_in
from app.web.problem_types import INVALID

blueprint = Blueprint("passwords", __name__, url_prefix="/api/v1/accounts/password")


@blueprint.post("/forgot")
@guard(public)
@limit(ATTEMPTS, only_shared=True)
@fails_with(INVALID)
@validate_request(AddressGiven)
@validate_response(LetterOnItsWay, 202)
async def forgot(data: AddressGiven) -> tuple[LetterOnItsWay, int]:
    """Sends a link to choose a new password; the answer is the same for an unknown address."""
    await spend_letter(data.email)
    await service.send_reset(current_principal(), current_resources(), email=data.email)
    return LetterOnItsWay(), 202


@blueprint.post("/reset")
@guard(public)
@limit(ATTEMPTS, only_shared=True)
@fails_with(INVALID)
@validate_request(Reset)
@document_response(None, 204)
async def reset(data: Reset) -> tuple[str, int]:
    """Stores a new password with the token of the link; all sessions of the person end."""
    await service.reset(
        current_principal(),
        current_resources(),
        token=data.token,
        password=data.password.get_secret_value(),
    )
    return "", 204


@blueprint.put("")
@guard(signed_in)
@limit("20/3minutes", only_shared=True)
@fails_with(INVALID)
@validate_request(Change)
@document_response(None, 204)
async def change(data: Change) -> tuple[str, int]:
    """Replaces the caller's password; their other sessions end, this one has a new cookie."""
    await spend_proof()
    try:
        await service.change(
            current_principal(),
            current_resources(),
            present=data.present_password.get_secret_value(),
            new=data.password.get_secret_value(),
        )
    except Unauthenticated as error:
        # Not 401: the caller is signed in, and need not do that again.
        raise Invalid(error.detail, fields={"present_password": error.detail}) from error
    await adopt_password()
    return "", 204
