"""People over REST, for auditors to read and for administrators to change."""

from uuid import UUID

from quart import Blueprint
from quart_schema import document_response
from quart_schema import validate_querystring
from quart_schema import validate_request
from quart_schema import validate_response

from app.features.administration.people.schemas import PersonPage
from app.features.administration.people.schemas import PersonQuery
from app.features.administration.people.schemas import PersonSession
from app.features.administration.people.schemas import PersonSessions
from app.features.administration.people.schemas import PersonShape
from app.features.administration.people.schemas import RoleName
from app.features.administration.people.service import page_of_people
from app.identity.people.service import People
from app.principal import SessionId
from app.principal import UserId
from app.resources import current_resources
from app.web import admin_only
from app.web import auditors
from app.web import current_principal
from app.web import fails_with
from app.web import guard
from app.web import limit
from app.web import recently_signed_in
from app.web.paging import link_next
from app.web.paging import short_list
from app.web.problem_types import CONFLICT
from app.web.problem_types import INVALID

NOTHING = ("", 204)

blueprint = Blueprint("administration_people", __name__, url_prefix="/api/v1/administration/people")


@blueprint.get("")
@guard(auditors)
@limit("120/minute")
@validate_querystring(PersonQuery)
@validate_response(PersonPage)
async def list_people(query_args: PersonQuery) -> tuple[PersonPage, int, dict[str, str]]:
    """Lists people, those who joined last first."""
    page = await page_of_people(
        current_principal(),
        _people(),
        matching=query_args.q,
        cursor=query_args.cursor,
        count=query_args.count,
    )
    return page, 200, link_next(page.next)


@blueprint.get("/<uuid:user_id>")
@guard(auditors)
@limit("120/minute")
@validate_response(PersonShape)
async def find_person(user_id: UUID) -> PersonShape:
    """Returns one account."""
    return PersonShape.of(await _people().find(current_principal(), UserId(user_id)))


@blueprint.post("/<uuid:user_id>/disable")
@guard(admin_only)
@recently_signed_in
@limit("60/minute")
@fails_with(CONFLICT)
@document_response(None, 204)
async def disable_person(user_id: UUID) -> tuple[str, int]:
    """Shuts a person out; all that they have open ends."""
    await _people().disable(current_principal(), UserId(user_id))
    return NOTHING


@blueprint.post("/<uuid:user_id>/enable")
@guard(admin_only)
@recently_signed_in
@limit("60/minute")
@document_response(None, 204)
async def enable_person(user_id: UUID) -> tuple[str, int]:
    """Lets a person in again."""
    await _people().enable(current_principal(), UserId(user_id))
    return NOTHING


@blueprint.post("/<uuid:user_id>/roles")
@guard(admin_only)
@recently_signed_in
@limit("60/minute")
@fails_with(INVALID, CONFLICT)  # roles have names, but not any name
@validate_request(RoleName)
@document_response(None, 204)
async def give_role(user_id: UUID, data: RoleName) -> tuple[str, int]:
    """Gives a person a role; they have to sign in again."""
    await _people().give_role(current_principal(), UserId(user_id), data.role)
    return NOTHING


@blueprint.delete("/<uuid:user_id>/roles/<role>")
@guard(admin_only)
@recently_signed_in
@limit("60/minute")
@fails_with(CONFLICT)
@document_response(None, 204)
async def take_role(user_id: UUID, role: str) -> tuple[str, int]:
    """Takes a role from a person."""
    await _people().take_role(current_principal(), UserId(user_id), role)
    return NOTHING


@blueprint.get("/<uuid:user_id>/sessions")
@guard(auditors)
@limit("120/minute")
@short_list("the 100 that were used last")
@validate_response(PersonSessions)
async def list_sessions(user_id: UUID) -> PersonSessions:
    """Returns where a person is signed in."""
    sessions = await _people().sessions(current_principal(), UserId(user_id))
    return PersonSessions(items=[PersonSession.of(session) for session in sessions])


@blueprint.delete("/<uuid:user_id>/sessions")
@guard(admin_only)
@recently_signed_in
@limit("60/minute")
@document_response(None, 204)
async def end_sessions(user_id: UUID) -> tuple[str, int]:
    """Signs a person out everywhere."""
    await _people().end_sessions(current_principal(), UserId(user_id))
    return NOTHING


@blueprint.delete("/<uuid:user_id>/sessions/<uuid:session_id>")
@guard(admin_only)
@recently_signed_in
@limit("60/minute")
@document_response(None, 204)
async def end_session(user_id: UUID, session_id: UUID) -> tuple[str, int]:
    """Ends one session of a person."""
    who = current_principal()
    await _people().end_sessions(who, UserId(user_id), only=SessionId(session_id))
    return NOTHING


def _people() -> People:
    return current_resources().identity.people
