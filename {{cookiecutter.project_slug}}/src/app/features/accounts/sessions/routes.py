"""The caller's own sessions over REST."""

from uuid import UUID

from quart import Blueprint
from quart_schema import document_response
from quart_schema import validate_response

from app.features.accounts.sessions.schemas import SessionList
from app.features.accounts.sessions.schemas import SessionShape
from app.identity.browsers.interface import adopt_session
from app.principal import SessionId
from app.resources import current_resources
from app.web import current_principal
from app.web import guard
from app.web import limit
from app.web import signed_in
from app.web.paging import short_list

blueprint = Blueprint("sessions", __name__, url_prefix="/api/v1/accounts/sessions")


@blueprint.get("")
@guard(signed_in)
@limit("120/minute")
@short_list("the 100 that were used last")
@validate_response(SessionList)
async def list_sessions() -> SessionList:
    """Returns the browsers in which the caller is signed in."""
    summaries = await current_resources().identity.sessions.list(current_principal())
    return SessionList(items=[SessionShape.of(summary) for summary in summaries])


@blueprint.delete("")
@guard(signed_in)
@limit("60/minute")
@document_response(None, 204)
async def end_other_sessions() -> tuple[str, int]:
    """Ends all of the caller's sessions but the one in use."""
    await current_resources().identity.sessions.endings.revoke_others(current_principal())
    return "", 204


@blueprint.delete("/<uuid:session_id>")
@guard(signed_in)
@limit("60/minute")
@document_response(None, 204)
async def end_session(session_id: UUID) -> tuple[str, int]:
    """Ends one of the caller's sessions, wherever it is."""
    who = current_principal()
    await current_resources().identity.sessions.endings.revoke(who, SessionId(session_id))
    if who.session_id == session_id:
        await adopt_session(None)
    return "", 204
