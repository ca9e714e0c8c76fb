"""The pages of people: a list to search, and one person with everything that can be changed."""

from collections.abc import Awaitable
from uuid import UUID

from quart import Blueprint
from quart import redirect
from quart import request
from werkzeug.wrappers import Response

from app.errors import Conflict
from app.errors import Forbidden
from app.errors import Invalid
from app.features.administration.frame import section_page
from app.features.administration.people.schemas import PAGE_PEOPLE
from app.features.administration.people.service import page_of_people
from app.identity import LISTED_SESSIONS
from app.identity.people.service import SEARCH_MAX_CHARACTERS
from app.identity.people.service import People
from app.principal import SessionId
from app.principal import UserId
from app.resources import current_resources
from app.roles import ROLES
from app.web import admin_only
from app.web import auditors
from app.web import current_principal
from app.web import guard
from app.web import html
from app.web import limit
from app.web import recently_signed_in

URL = "/administration/people"
SEE_OTHER = 303
Answer = str | Response | tuple[str, int]

blueprint = Blueprint("administration_people_pages", __name__)


@blueprint.get(URL)
@guard(auditors)
@limit("120/minute")
@html
async def people_page() -> str:
    """Shows some people, found by name or address."""
    matching = request.args.get("q", "")[:SEARCH_MAX_CHARACTERS]
    page = await page_of_people(
        current_principal(),
        _people(),
        matching=matching,
        cursor=request.args.get("cursor", ""),
        count=PAGE_PEOPLE,
    )
    return await section_page(URL, "people.html", page=page, q=matching)


@blueprint.get(f"{URL}/<uuid:user_id>")
@guard(auditors)
@limit("120/minute")
@html
async def person_page(user_id: UUID) -> str:
    """Shows one person."""
    return await _person(UserId(user_id))


@blueprint.post(f"{URL}/<uuid:user_id>/disable")
@guard(admin_only)
@recently_signed_in
@limit("60/minute")
@html
async def disable_person(user_id: UUID) -> Answer:
    """Shuts a person out."""
    return await _after(_people().disable(current_principal(), UserId(user_id)), user_id)


@blueprint.post(f"{URL}/<uuid:user_id>/enable")
@guard(admin_only)
@recently_signed_in
@limit("60/minute")
@html
async def enable_person(user_id: UUID) -> Answer:
    """Lets a person in again."""
    return await _after(_people().enable(current_principal(), UserId(user_id)), user_id)


@blueprint.post(f"{URL}/<uuid:user_id>/roles/<role>/give")
@guard(admin_only)
@recently_signed_in
@limit("60/minute")
@html
async def give_role(user_id: UUID, role: str) -> Answer:
    """Gives a person a role."""
    return await _after(_people().give_role(current_principal(), UserId(user_id), role), user_id)


@blueprint.post(f"{URL}/<uuid:user_id>/roles/<role>/take")
@guard(admin_only)
@recently_signed_in
@limit("60/minute")
@html
async def take_role(user_id: UUID, role: str) -> Answer:
    """Takes a role from a person."""
    return await _after(_people().take_role(current_principal(), UserId(user_id), role), user_id)


@blueprint.post(f"{URL}/<uuid:user_id>/sessions/end")
@guard(admin_only)
@recently_signed_in
@limit("60/minute")
@html
async def end_sessions(user_id: UUID) -> Answer:
    """Signs a person out everywhere."""
    return await _after(_people().end_sessions(current_principal(), UserId(user_id)), user_id)


@blueprint.post(f"{URL}/<uuid:user_id>/sessions/<uuid:session_id>/end")
@guard(admin_only)
@recently_signed_in
@limit("60/minute")
@html
async def end_session(user_id: UUID, session_id: UUID) -> Answer:
    """Ends one session of a person."""
    ending = _people().end_sessions(
        current_principal(), UserId(user_id), only=SessionId(session_id)
    )
    return await _after(ending, user_id)


async def _after(change: Awaitable[None], user_id: UUID) -> Answer:
    try:
        await change
    except (Conflict, Forbidden) as error:
        status = 409 if isinstance(error, Conflict) else 403
        return await _person(UserId(user_id), problem=error.detail), status
    except Invalid as error:
        return await _person(UserId(user_id), problem=" ".join(error.fields.values())), 422
    return redirect(f"{URL}/{user_id}", SEE_OTHER)


async def _person(user_id: UserId, *, problem: str = "") -> str:
    who = current_principal()
    return await section_page(
        URL,
        "person.html",
        person=await _people().find(who, user_id),
        sessions=await _people().sessions(who, user_id),
        roles=list(ROLES),
        listed_at_most=LISTED_SESSIONS,
        problem=problem,
    )


def _people() -> People:
    return current_resources().identity.people
