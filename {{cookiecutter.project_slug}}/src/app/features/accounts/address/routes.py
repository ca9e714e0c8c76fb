"""The address over REST."""

from quart import Blueprint
from quart_schema import document_response
from quart_schema import validate_request
from quart_schema import validate_response

from app.errors import Invalid
from app.errors import Unauthenticated
from app.features.accounts.address import service
from app.features.accounts.address.schemas import LinkToken
from app.features.accounts.address.schemas import NewAddress
from app.features.accounts.attempts import ATTEMPTS
from app.features.accounts.attempts import spend_letter
from app.features.accounts.joining.schemas import LetterOnItsWay
from app.features.accounts.reauthentication.attempts import spend_proof
from app.identity.factors.service import WrongCode
from app.resources import current_resources
from app.web import current_principal
from app.web import fails_with
from app.web import guard
from app.web import limit
from app.web import public
from app.web import signed_in
from app.web.problem_types import INVALID

blueprint = Blueprint("address", __name__, url_prefix="/api/v1/accounts/address")


@blueprint.post("")
@guard(signed_in)
@limit("20/3minutes", only_shared=True)
@fails_with(INVALID)
@validate_request(NewAddress)
@validate_response(LetterOnItsWay, 202)
async def ask_for(data: NewAddress) -> tuple[LetterOnItsWay, int]:
    """Sends a link to the new address; the account keeps the old one until it is used."""
    await spend_proof()
    await spend_letter(data.email)
    try:
        await service.ask_for(
            current_principal(),
            current_resources(),
            email=data.email,
            password=data.password.get_secret_value(),
            code=data.code.get_secret_value(),
        )
    except Unauthenticated as error:
        # Not 401: the caller is signed in, and need not do that again.
        field = "code" if isinstance(error, WrongCode) else "password"
        raise Invalid(error.detail, fields={field: error.detail}) from error
    return LetterOnItsWay(), 202


@blueprint.post("/confirm")
@guard(public)
@limit(ATTEMPTS, only_shared=True)
@fails_with(INVALID)
@validate_request(LinkToken)
@document_response(None, 204)
async def confirm(data: LinkToken) -> tuple[str, int]:
    """Gives the account its new address, with the token of the link."""
    await service.confirm(current_principal(), current_resources(), token=data.token)
    return "", 204
