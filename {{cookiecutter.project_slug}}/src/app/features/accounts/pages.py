"""The pages of accounts: plain forms, which work without any script."""

from collections.abc import Mapping

from quart import Blueprint
from quart import redirect
from quart import render_template
from quart import request
from werkzeug.wrappers import Response

from app.errors import AppError
from app.errors import SecondFactorNeeded
from app.errors import TooMany
from app.errors import Unauthenticated
from app.features.accounts import service
from app.features.accounts.account import current_account
from app.features.accounts.attempts import ATTEMPTS
from app.features.accounts.attempts import spend_attempt
from app.features.accounts.attempts import this_browser
from app.features.accounts.coming_in import come_in
from app.features.accounts.coming_in import onward
from app.features.accounts.coming_in import way_of
from app.features.accounts.next_page import safe_next
from app.features.accounts.second_factor.sign_in import code_form
from app.features.accounts.words import waiting_words
from app.identity.browsers.interface import adopt_session
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
    who = current_principal()
    if who.is_person:
        return redirect(way_of(who, goal), SEE_OTHER)
    return await _form("accounts/sign_in.html", goal)


@blueprint.post("/sign-in")
@guard(public)
@limit(ATTEMPTS, only_shared=True)
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
    except SecondFactorNeeded as half:
        return await code_form(goal, half.half_sign_in), 200
    except (Unauthenticated, TooMany) as error:
        errors, status = _explain(error)
        return await _form("accounts/sign_in.html", goal, form=form, errors=errors), status
    await come_in(welcome)
    return redirect(onward(goal), SEE_OTHER)


@blueprint.post("/sign-out")
@guard(public)
@limit("60/minute")
@html
async def sign_out() -> Response:
    """Signs out and shows the home page."""
    await service.sign_out(current_principal(), current_resources().identity)
    await adopt_session(None)
    return redirect("/", SEE_OTHER)


@blueprint.get("/account")
@guard(signed_in)
@limit("120/minute")
@html
async def account_page() -> str:
    """Shows the sections of the account."""
    user = await service.own_account(current_principal(), current_resources().identity)
    sections = current_account().sections
    return await render_template("accounts/overview.html", user=user, sections=sections)


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
        values={name: form.get(name, "") for name in ("email",)},
        errors=errors,
    )


def _explain(error: AppError) -> tuple[dict[str, str], int]:
    match error:
        case TooMany():
            return {"form": waiting_words(error)}, 429
        case _:
            return {"form": "The e-mail address or the password is not right."}, 401
