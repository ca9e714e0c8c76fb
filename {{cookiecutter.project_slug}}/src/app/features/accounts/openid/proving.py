"""Proving again who one is where one signs in; whoever has a second factor adds a code of it."""

from urllib.parse import urlencode

from quart import Blueprint
from quart import redirect
from quart import request
from werkzeug.wrappers import Response

from app.errors import TooMany
from app.errors import Unauthenticated
from app.features.accounts.attempts import ATTEMPTS
from app.features.accounts.next_page import safe_next
from app.features.accounts.openid import cookie
from app.features.accounts.openid.service import current_openid
from app.features.accounts.reauthentication import adopt_proof
from app.features.accounts.reauthentication.attempts import spend_proof
from app.features.accounts.second_factor.sign_in import code_form
from app.features.accounts.words import WRONG_CODE
from app.features.accounts.words import waiting_words
from app.identity.factors.service import WrongCode
from app.web import also_enrolling
from app.web import current_principal
from app.web import guard
from app.web import html
from app.web import limit
from app.web.guards import CONFIRM_PATH

SEE_OTHER = 303

blueprint = Blueprint("account_provider_proofs", __name__)


@blueprint.get("/account/providers/<provider>/prove")
@guard(also_enrolling)
@limit(ATTEMPTS, only_shared=True)
@html
async def leave(provider: str) -> Response:
    """Sends somebody who is signed in to the provider, to prove again who they are."""
    goal = safe_next(request.args.get("next"))
    url, begun = await current_openid().leave(current_principal(), provider, "prove", goal=goal)
    response = redirect(url, SEE_OTHER)
    cookie.keep(response, begun.browser)
    return response


@blueprint.post(f"{CONFIRM_PATH}/code")
@guard(also_enrolling)
@limit("20/3minutes", only_shared=True)
@html
async def second_step() -> tuple[str, int] | Response:
    """Takes the code that completes the proof and goes on, or asks once more."""
    form = await request.form
    goal, half_proof = safe_next(form.get("next")), form.get("half_sign_in", "")
    try:
        await spend_proof()
        await current_openid().finish_proof(
            current_principal(), half_proof=half_proof, code=form.get("code", "")
        )
    except WrongCode:
        return await proof_form(goal, half_proof, {"code": WRONG_CODE}), 401
    except TooMany as error:
        return await proof_form(goal, half_proof, {"form": waiting_words(error)}), 429
    except Unauthenticated:
        return redirect(begin_anew(goal), SEE_OTHER)
    await adopt_proof()
    return redirect(goal, SEE_OTHER)


async def proof_form(goal: str, half_proof: str, errors: dict[str, str] | None = None) -> str:
    """Returns the form that asks for the code."""
    return await code_form(goal, half_proof, errors, proves=True, begin_anew=begin_anew(goal))


def begin_anew(goal: str) -> str:
    """Returns where somebody goes whose proof did not come to an end."""
    return f"{CONFIRM_PATH}?{urlencode({'next': goal})}"
