"""The sessions in the account: plain forms, which work without any script."""

from datetime import UTC
from datetime import datetime
from uuid import UUID

from quart import Blueprint
from quart import redirect
from werkzeug.wrappers import Response

from app.features.accounts.account import section_page
from app.features.accounts.ages import ago
from app.identity import LISTED_SESSIONS
from app.principal import SessionId
from app.resources import current_resources
from app.web import current_principal
from app.web import guard
from app.web import html
from app.web import limit
from app.web import signed_in

URL = "/account/sessions"
# Where the list was before the account had sections; people may have kept it.
OLD_URL = "/accounts/sessions"
MOVED = 301
SEE_OTHER = 303

blueprint = Blueprint("account_sessions", __name__)


@blueprint.get(URL)
@guard(signed_in)
@limit("120/minute")
@html
async def sessions_page() -> str:
    """Shows where the person is signed in, this browser first."""
    sessions = await current_resources().identity.sessions.list(current_principal())
    now = datetime.now(UTC)
    return await section_page(
        URL,
        "accounts/sessions/sessions.html",
        sessions=sorted(sessions, key=lambda session: not session.is_current),
        listed_at_most=LISTED_SESSIONS,
        ago=lambda moment: ago(moment, now=now),
    )


@blueprint.post(f"{URL}/<uuid:session_id>/end")
@guard(signed_in)
@limit("60/minute")
@html
async def end_session(session_id: UUID) -> Response:
    """Ends one session and shows the others."""
    await current_resources().identity.sessions.endings.revoke(
        current_principal(), SessionId(session_id)
    )
    return redirect(URL, SEE_OTHER)


@blueprint.post(f"{URL}/end-others")
@guard(signed_in)
@limit("60/minute")
@html
async def end_other_sessions() -> Response:
    """Ends all sessions but the one in use."""
    await current_resources().identity.sessions.endings.revoke_others(current_principal())
    return redirect(URL, SEE_OTHER)


@blueprint.get(OLD_URL)
@guard(signed_in)
@limit("120/minute")
@html
async def old_sessions_page() -> Response:
    """Leads to the list."""
    return redirect(URL, MOVED)
