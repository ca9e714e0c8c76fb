"""The pages of joining: the form, "look into your mail", and what the link opens."""

from collections.abc import Mapping

from quart import Blueprint
from quart import redirect
from quart import render_template
from quart import request
from quart.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from app.errors import Invalid
from app.errors import TooMany
from app.errors import Unauthenticated
from app.features.accounts.attempts import ATTEMPTS
from app.features.accounts.attempts import spend_attempt
from app.features.accounts.attempts import spend_letter
from app.features.accounts.attempts import this_browser
from app.features.accounts.coming_in import come_in
from app.features.accounts.coming_in import onward
from app.features.accounts.guidance import password_guidance
from app.features.accounts.joining import service
from app.features.accounts.letters import CONFIRM_PATH
from app.features.accounts.link_pages import dead_link
from app.features.accounts.link_pages import link_page
from app.features.accounts.next_page import safe_next
from app.features.accounts.words import waiting_words
from app.identity import DeadLink
from app.resources import current_resources
from app.web import current_principal
from app.web import guard
from app.web import html
from app.web import limit
from app.web import public

SEE_OTHER = 303
NOTHING: Mapping[str, str] = {}

blueprint = Blueprint("joining_pages", __name__)


@blueprint.get("/sign-up")
@guard(public)
@limit("120/minute")
@html
async def sign_up_page() -> str | Response:
    """Shows the form, or moves on when somebody is signed in already."""
    goal = safe_next(request.args.get("next"))
    if current_principal().is_signed_in:
        return redirect(goal, SEE_OTHER)
    return await _form(goal)


@blueprint.post("/sign-up")
@guard(public)
@limit(ATTEMPTS, only_shared=True)
@html
async def sign_up() -> str | tuple[str, int]:
    """Has a letter sent, or shows the form with what is wrong."""
    form = await request.form
    goal = safe_next(form.get("next"))
    try:
        await spend_letter(form.get("email", ""))
        await service.sign_up(
            current_principal(),
            current_resources(),
            email=form.get("email", ""),
            name=form.get("name", ""),
            password=form.get("password", ""),
            goal=goal,
        )
    except Invalid as error:
        return await _form(goal, form, error.fields), 422
    except TooMany as error:
        return await _form(goal, form, {"form": waiting_words(error)}), 429
    return await _sent(form.get("email", ""), goal)


@blueprint.post("/sign-up/again")
@guard(public)
@limit(ATTEMPTS, only_shared=True)
@html
async def send_again() -> str | tuple[str, int]:
    """Sends the letter once more."""
    form = await request.form
    email, goal = form.get("email", ""), safe_next(form.get("next"))
    try:
        await spend_letter(email)
        await service.send_again(current_principal(), current_resources(), email=email)
    except Invalid as error:
        return await _form(goal, form, error.fields), 422
    except TooMany as error:
        return await _sent(email, goal, error=waiting_words(error)), 429
    return await _sent(email, goal, again=True)


@blueprint.get(CONFIRM_PATH)
@guard(public)
@limit("120/minute")
@html
async def confirm_page() -> ResponseReturnValue:
    """Shows what the link is for; looking at it confirms nothing."""
    return await _confirm_form(request.args.get("token", ""))


@blueprint.post(CONFIRM_PATH)
@guard(public)
@limit(ATTEMPTS, only_shared=True)
@html
async def confirm() -> ResponseReturnValue:
    """Confirms the address and goes on, or says what is wrong."""
    form = await request.form
    token = form.get("token", "")
    try:
        await spend_attempt(token)
        welcome, goal = await service.confirm(
            current_principal(),
            current_resources(),
            token=token,
            password=form.get("password", ""),
            browser=this_browser(),
        )
    except Unauthenticated:
        wrong = {"password": "This is not the password that you chose when you signed up."}
        return await _confirm_form(token, wrong, status=401)
    except TooMany as error:
        return await _confirm_form(token, {"form": waiting_words(error)}, status=429)
    except DeadLink:
        return await dead_link("/sign-up", "Sign up again")
    await come_in(welcome)
    return redirect(onward(safe_next(goal)), SEE_OTHER)


async def _confirm_form(
    token: str, errors: Mapping[str, str] = NOTHING, *, status: int = 200
) -> ResponseReturnValue:
    try:
        link = await current_resources().identity.links.look(token, "confirm")
    except DeadLink:
        return await dead_link("/sign-up", "Sign up again")
    return await link_page(
        "accounts/joining/confirm.html", status, token=token, email=link.email, errors=errors
    )


async def _sent(email: str, goal: str, *, again: bool = False, error: str = "") -> str:
    return await render_template(
        "accounts/joining/sent.html", email=email.strip(), next=goal, again=again, error=error
    )


async def _form(
    goal: str, form: Mapping[str, str] = NOTHING, errors: Mapping[str, str] = NOTHING
) -> str:
    return await render_template(
        "accounts/joining/sign_up.html",
        next=goal,
        values={name: form.get(name, "") for name in ("email", "name")},
        errors=errors,
        **password_guidance(),
    )
