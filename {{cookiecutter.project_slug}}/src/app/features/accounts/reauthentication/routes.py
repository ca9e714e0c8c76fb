"""Proving again who one is, over REST."""

from quart import Blueprint
from quart_schema import document_response
from quart_schema import validate_request

from app.features.accounts.reauthentication import service
from app.features.accounts.reauthentication.attempts import spend_proof
from app.features.accounts.reauthentication.schemas import Proof
from app.features.accounts.reauthentication.ways import adopt_proof
from app.resources import current_resources
from app.web import also_enrolling
from app.web import current_principal
from app.web import fails_with
from app.web import guard
from app.web import limit
from app.web.problem_types import UNAUTHENTICATED

blueprint = Blueprint("reauthentication", __name__, url_prefix="/api/v1/accounts")


@blueprint.post("/confirm")
@guard(also_enrolling)
@limit("20/3minutes", only_shared=True)
@fails_with(UNAUTHENTICATED)
@validate_request(Proof)
@document_response(None, 204)
async def confirm(data: Proof) -> tuple[str, int]:
    """Proves who the caller is: routes that want a recent sign-in take the new cookie."""
    await spend_proof()
    await service.prove(
        current_principal(),
        current_resources().identity,
        password=data.password.get_secret_value(),
        code=data.code.get_secret_value(),
    )
    await adopt_proof()
    return "", 204
