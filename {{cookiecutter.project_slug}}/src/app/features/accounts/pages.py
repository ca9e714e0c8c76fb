"""The pages of accounts: plain forms, which work without any script."""

from collections.abc import Mapping
from datetime import UTC
from datetime import datetime
from uuid import UUID

from quart import Blueprint
from quart import redirect
from quart import render_template
from quart import request
from quart import url_for
from werkzeug.wrappers import Response

from app.errors import AppError
from app.errors import Conflict
from app.errors import Invalid
from app.errors import TooMany
from app.errors import Unauthenticated
from app.features.accounts import service
from app.features.accounts.ages import ago
from app.features.accounts.attempts import ATTEMPTS
from app.features.accounts.attempts import spend_attempt
from app.features.accounts.attempts import this_browser
from app.features.accounts.next_page import safe_next
from app.identity.session_interface import adopt_session
from app.principal import SessionId
from app.resources import current_resources
from app.web import current_principal
from app.web import guard
from app.web import html
from app.web import limit
from app.web import public
from app.web import signed_in

SEE_OTHER = 303
NOTHING: Mapping[str, str] = {}

blueprint = Blueprint(
    "accounts_pages",
    __name__,
    template_folder="templates",
    static_folder="static",
    static_url_path="/static/accounts",
)


@blueprint.get("/sign-in")
@guard(public)
@limit("120/minute")
@html
async def sign_in_page() -> str | Response:
    """Shows the form, or moves on when somebody is signed in already."""
    goal = safe_next(request.args.get("next"))
    if current_principal().is_signed_in:
        return redirect(goal, SEE_OTHER)
    return await _form("accounts/sign_in.html", goal)


@blueprint.post("/sign-in")
@guard(public)
@limit(ATTEMPTS)
@html
async def sign_in() -> tuple[str, int] | Response:
    """Signs in and goes where the person was heading, or shows the form with what is wrong."""
    form = await request.form
    goal = safe_next(form.get("next"))
    try:
        await spend_attempt(form.get("email", ""))
        welcome = await service.sign_in(
            current_principal(),
            current_resources().identity,
            email=form.get("email", ""),
            password=form.get("password", ""),
            browser=this_browser(),
        )
    except (Unauthenticated, TooMany) as error:
        errors, status = _explain(error)
        return await _form("accounts/sign_in.html", goal, form=form, errors=errors), status
    await adopt_session(welcome.token)
    return redirect(goal, SEE_OTHER)


@blueprint.get("/sign-up")
@guard(public)
@limit("120/minute")
@html
async def sign_up_page() -> str | Response:
    """Shows the form, or moves on when somebody is signed in already."""
    goal = safe_next(request.args.get("next"))
    if current_principal().is_signed_in:
        return redirect(goal, SEE_OTHER)
    return await _form("accounts/sign_up.html", goal)


@blueprint.post("/sign-up")
@guard(public)
@limit(ATTEMPTS)
@html
async def sign_up() -> tuple[str, int] | Response:
    """Joins and moves on, or shows the form with what is wrong."""
    form = await request.form
    goal = safe_next(form.get("next"))
    try:
        await spend_attempt(form.get("email", ""))
        welcome = await service.sign_up(
            current_principal(),
            current_resources().identity,
            email=form.get("email", ""),
            name=form.get("name", ""),
            password=form.get("password", ""),
            browser=this_browser(),
        )
    except (Conflict, Invalid, TooMany) as error:
        errors, status = _explain(error)
        return await _form("accounts/sign_up.html", goal, form=form, errors=errors), status
    await adopt_session(welcome.token)
    return redirect(goal, SEE_OTHER)


@blueprint.post("/sign-out")
@guard(public)
@limit("60/minute")
@html
async def sign_out() -> Response:
    """Signs out and shows the home page."""
    await service.sign_out(current_principal(), current_resources().identity)
    await adopt_session(None)
    return redirect("/", SEE_OTHER)


@blueprint.get("/accounts/sessions")
@guard(signed_in)
@limit("120/minute")
@html
async def sessions_page() -> str:
    """Shows where the person is signed in."""
    sessions = await current_resources().identity.sessions.list(current_principal())
    now = datetime.now(UTC)
    return await render_template(
        "accounts/sessions.html",
        sessions=[session for session in sessions if session.is_current]
        + [session for session in sessions if not session.is_current],
        ago=lambda moment: ago(moment, now=now),
    )


@blueprint.post("/accounts/sessions/<uuid:session_id>/end")
@guard(signed_in)
@limit("60/minute")
@html
async def end_session(session_id: UUID) -> Response:
    """Ends one session and shows the others."""
    await current_resources().identity.sessions.revoke(current_principal(), SessionId(session_id))
    return redirect(url_for("accounts_pages.sessions_page"), SEE_OTHER)


@blueprint.post("/accounts/sessions/end-others")
@guard(signed_in)
@limit("60/minute")
@html
async def end_other_sessions() -> Response:
    """Ends all sessions but the one in use."""
    await current_resources().identity.sessions.revoke_others(current_principal())
    return redirect(url_for("accounts_pages.sessions_page"), SEE_OTHER)


async def _form(
    template: str,
    goal: str,
    *,
    form: Mapping[str, str] = NOTHING,
    errors: Mapping[str, str] = NOTHING,
) -> str:
    return await render_template(
        template,
        next=goal,
        values={name: form.get(name, "") for name in ("email", "name")},
        errors=errors,
        password_min_characters=current_resources().settings.identity.password_min_characters,
    )


def _explain(error: AppError) -> tuple[dict[str, str], int]:
    match error:
        case Invalid():
            return error.fields, 422
        case Conflict():
            return {"email": "There is an account with this address already."}, 409
        case TooMany():
            minutes = max(1, round(error.after_seconds / 60))
            wait = "a minute" if minutes == 1 else f"{minutes} minutes"
            return {"form": f"Too many attempts. Try again in {wait}."}, 429
        case _:
            return {"form": "The e-mail address or the password is not right."}, 401
