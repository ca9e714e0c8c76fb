"""The caller's own API tokens over REST; a token cannot make, see or end tokens."""

from uuid import UUID

from quart import Blueprint
from quart_schema import document_response
from quart_schema import validate_request
from quart_schema import validate_response

from app.features.accounts.tokens.schemas import MadeToken
from app.features.accounts.tokens.schemas import NewToken
from app.features.accounts.tokens.schemas import TokenList
from app.features.accounts.tokens.schemas import TokenShape
from app.principal import TokenId
from app.resources import current_resources
from app.web import current_principal
from app.web import fails_with
from app.web import guard
from app.web import limit
from app.web import recently_signed_in
from app.web import signed_in
from app.web.paging import short_list
from app.web.problem_types import CONFLICT
from app.web.problem_types import INVALID

blueprint = Blueprint("tokens", __name__, url_prefix="/api/v1/accounts/tokens")


@blueprint.get("")
@guard(signed_in)
@limit("120/minute")
@short_list("a person makes few, by hand")
@validate_response(TokenList)
async def list_tokens() -> TokenList:
    """Returns the caller's tokens, without their secrets."""
    tokens = await current_resources().identity.tokens.list(current_principal())
    return TokenList(items=[TokenShape.of(token) for token in tokens])


@blueprint.post("")
@guard(signed_in)
@recently_signed_in
@limit("20/minute")
@fails_with(INVALID, CONFLICT)  # scopes have names, and days have bounds that a setting may change
@validate_request(NewToken)
@validate_response(MadeToken, 201)
async def make_token(data: NewToken) -> tuple[MadeToken, int]:
    """Makes a token; its secret is in this answer and nowhere else."""
    issued = await current_resources().identity.tokens.issue(
        current_principal(), name=data.name, scopes=set(data.scopes), days=data.days
    )
    return MadeToken.of(issued), 201


@blueprint.delete("/<uuid:token_id>")
@guard(signed_in)
@limit("60/minute")
@document_response(None, 204)
async def revoke_token(token_id: UUID) -> tuple[str, int]:
    """Ends a token at once, everywhere."""
    await current_resources().identity.tokens.revoke(current_principal(), TokenId(token_id))
    return "", 204
