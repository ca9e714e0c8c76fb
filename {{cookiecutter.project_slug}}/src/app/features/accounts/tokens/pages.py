"""The API tokens in the account."""

from datetime import UTC
from datetime import datetime
from uuid import UUID

from quart import Blueprint
from quart import redirect
from quart import request
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from app.errors import Conflict
from app.errors import Invalid
from app.features.accounts.account import section_page
from app.features.accounts.ages import ago
from app.features.accounts.tokens.schemas import DEFAULT_DAYS
from app.identity.tokens.service import ApiTokens
from app.principal import TokenId
from app.resources import current_resources
from app.web import current_principal
from app.web import guard
from app.web import html
from app.web import limit
from app.web import recently_signed_in
from app.web import signed_in

URL = "/account/tokens"
NEW_URL = f"{URL}/new"
SEE_OTHER = 303
LIFETIMES_DAYS = (7, 30, DEFAULT_DAYS, 365)
NO_STORE = {"Cache-Control": "no-store"}

blueprint = Blueprint("account_tokens", __name__)


@blueprint.get(URL)
@guard(signed_in)
@limit("120/minute")
@html
async def tokens_page() -> str:
    """Shows the person's tokens."""
    return await _list()


@blueprint.get(NEW_URL)
@guard(signed_in)
@recently_signed_in
@limit("120/minute")
@html
async def new_token_page() -> str:
    """Shows the form for a new token."""
    return await _form(MultiDict(), {})


@blueprint.post(NEW_URL)
@guard(signed_in)
@recently_signed_in
@limit("20/minute")
@html
async def make_token() -> tuple[str, int] | tuple[str, int, dict[str, str]]:
    """Makes a token and shows it, this once; or shows the form with what is wrong."""
    form = await request.form
    days = form.get("days", "")
    try:
        issued = await _tokens().issue(
            current_principal(),
            name=form.get("name", ""),
            scopes=set(form.getlist("scopes")),
            days=int(days) if days.isascii() and days.isdigit() and len(days) <= 4 else 0,
        )
    except Invalid as error:
        return await _form(form, error.fields), 422
    except Conflict as error:
        return await _form(form, {"form": error.detail}), 409
    # Shown by this answer and not after a redirect: the secret is kept nowhere in between.
    page = await section_page(URL, "accounts/tokens/made.html", issued=issued)
    return page, 201, NO_STORE


@blueprint.post(f"{URL}/<uuid:token_id>/revoke")
@guard(signed_in)
@limit("60/minute")
@html
async def revoke_token(token_id: UUID) -> Response:
    """Ends a token and shows the others."""
    await _tokens().revoke(current_principal(), TokenId(token_id))
    return redirect(URL, SEE_OTHER)


def _tokens() -> ApiTokens:
    return current_resources().identity.tokens


async def _list() -> str:
    now = datetime.now(UTC)
    return await section_page(
        URL,
        "accounts/tokens/tokens.html",
        tokens=await _tokens().list(current_principal()),
        now=now,
        ago=lambda moment: ago(moment, now=now),
    )


async def _form(form: MultiDict[str, str], errors: dict[str, str]) -> str:
    max_days = _tokens().max_days
    return await section_page(
        URL,
        "accounts/tokens/new.html",
        scopes=list(current_resources().identity.scopes),
        lifetimes=[days for days in LIFETIMES_DAYS if days <= max_days] or [max_days],
        chosen=form.getlist("scopes"),
        days=form.get("days", str(DEFAULT_DAYS)),
        name=form.get("name", ""),
        errors=errors,
    )
