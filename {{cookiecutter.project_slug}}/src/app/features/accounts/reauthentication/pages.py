"""The page on which people prove again who they are."""

from quart import Blueprint
from quart import redirect
from quart import render_template
from quart import request
from werkzeug.wrappers import Response

from app.errors import TooMany
from app.errors import Unauthenticated
from app.features.accounts.next_page import safe_next
from app.features.accounts.reauthentication import service
from app.features.accounts.reauthentication.attempts import spend_proof
from app.features.accounts.reauthentication.ways import adopt_proof
from app.features.accounts.reauthentication.ways import ways_of
from app.features.accounts.words import WRONG_CODE
from app.features.accounts.words import waiting_words
from app.identity.factors.service import WrongCode
from app.resources import current_resources
from app.web import also_enrolling
from app.web import current_principal
from app.web import guard
from app.web import html
from app.web import limit
from app.web.guards import CONFIRM_PATH

SEE_OTHER = 303

blueprint = Blueprint("account_confirm", __name__)


@blueprint.get(CONFIRM_PATH)
@guard(also_enrolling)
@limit("120/minute")
@html
async def confirm_page() -> str | Response:
    """Shows the form, or moves on when there is a recent proof already."""
    goal = safe_next(request.args.get("next"))
    if current_resources().identity.is_recent(current_principal()):
        return redirect(goal, SEE_OTHER)
    return await _form(goal)


@blueprint.post(CONFIRM_PATH)
@guard(also_enrolling)
@limit("20/3minutes", only_shared=True)
@html
async def confirm() -> tuple[str, int] | Response:
    """Takes the proof and goes on, or shows the form with what is wrong."""
    form = await request.form
    goal = safe_next(form.get("next"))
    try:
        await spend_proof()
        await service.prove(
            current_principal(),
            current_resources().identity,
            password=form.get("password", ""),
            code=form.get("code", ""),
        )
    except WrongCode:
        return await _form(goal, {"code": WRONG_CODE}), 401
    except Unauthenticated:
        return await _form(goal, {"password": "This is not your password."}), 401
    except TooMany as error:
        return await _form(goal, {"form": waiting_words(error)}), 429
    await adopt_proof()
    return redirect(goal, SEE_OTHER)


async def _form(goal: str, errors: dict[str, str] | None = None) -> str:
    who, identity = current_principal(), current_resources().identity
    return await render_template(
        "accounts/reauthentication/confirm.html",
        next=goal,
        errors=errors or {},
        proofs=await service.proofs_of(who, identity),
        ways=await ways_of(who),
    )
