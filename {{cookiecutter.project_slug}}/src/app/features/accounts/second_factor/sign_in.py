"""The second step of signing in, on a page."""

from quart import Blueprint
from quart import redirect
from quart import render_template
from quart import request
from quart import url_for
from werkzeug.wrappers import Response

from app.errors import TooMany
from app.errors import Unauthenticated
from app.features.accounts import service
from app.features.accounts.attempts import ATTEMPTS
from app.features.accounts.attempts import spend_code
from app.features.accounts.attempts import this_browser
from app.features.accounts.coming_in import come_in
from app.features.accounts.next_page import safe_next
from app.features.accounts.words import WRONG_CODE
from app.features.accounts.words import waiting_words
from app.identity.factors.service import WrongCode
from app.resources import current_resources
from app.web import current_principal
from app.web import guard
from app.web import html
from app.web import limit
from app.web import public

SEE_OTHER = 303

blueprint = Blueprint("second_step", __name__)


async def code_form(
    goal: str,
    half_sign_in: str,
    errors: dict[str, str] | None = None,
    *,
    proves: bool = False,
    begin_anew: str = "",
) -> str:
    """Returns the form that asks for the code; what it holds opens nothing by itself.

    It signs in, or proves again who somebody is who has signed in.
    """
    return await render_template(
        "accounts/second_factor/code.html",
        next=goal,
        half_sign_in=half_sign_in,
        errors=errors or {},
        proves=proves,
        begin_anew=begin_anew or url_for("accounts_pages.sign_in_page", next=goal),
    )


@blueprint.post("/sign-in/code")
@guard(public)
@limit(ATTEMPTS, only_shared=True)
@html
async def second_step() -> tuple[str, int] | Response:
    """Signs in and goes where the person was heading, or asks once more."""
    form = await request.form
    goal, half_sign_in = safe_next(form.get("next")), form.get("half_sign_in", "")
    identity = current_resources().identity
    try:
        user = await identity.half_sign_ins.claim(half_sign_in)
        await spend_code(user)
        welcome = await service.finish_sign_in(
            current_principal(),
            identity,
            half_sign_in=half_sign_in,
            user=user,
            code=form.get("code", ""),
            browser=this_browser(),
        )
    except WrongCode:
        return await code_form(goal, half_sign_in, {"code": WRONG_CODE}), 401
    except TooMany as error:
        return await code_form(goal, half_sign_in, {"form": waiting_words(error)}), 429
    except Unauthenticated:
        return redirect(url_for("accounts_pages.sign_in_page", next=goal), SEE_OTHER)
    await come_in(welcome)
    return redirect(goal, SEE_OTHER)
