"""What is shown of a second factor once, to its owner alone: its secret, and recovery codes."""

import io
from collections.abc import Sequence

import pyotp
import segno
from quart.wrappers import Response

from app.features.accounts import service
from app.features.accounts.account import section_page
from app.features.accounts.security.pages import URL as SECURITY_URL
from app.resources import current_resources
from app.web import current_principal

NO_STORE = {"Cache-Control": "no-store"}
PIXELS_PER_DOT = 6
GROUP_CHARACTERS = 4


def in_groups(secret: str) -> str:
    """Returns a secret as somebody can type it."""
    groups = range(0, len(secret), GROUP_CHARACTERS)
    return " ".join(secret[start : start + GROUP_CHARACTERS] for start in groups)


async def picture_of(secret: str) -> Response:
    """Returns a secret of the caller as a picture for the app's camera."""
    picture = io.BytesIO()
    segno.make(await uri_of(secret), micro=False).save(
        picture, kind="png", scale=PIXELS_PER_DOT, border=4
    )
    return Response(picture.getvalue(), content_type="image/png", headers=NO_STORE)


async def uri_of(secret: str) -> str:
    """Returns a secret of the caller as apps take it, with what they show beside its codes."""
    who, resources = current_principal(), current_resources()
    user = await service.own_account(who, resources.identity)
    name, issuer = user.email, resources.settings.app_name
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=issuer)


async def codes_page(
    codes: Sequence[str], *, goal: str = SECURITY_URL, done: str = ""
) -> tuple[str, int, dict[str, str]]:
    """Returns the page that shows recovery codes; it leads on to ``goal``.

    ``done`` says what else has changed with them.
    """
    template = "accounts/second_factor/codes.html"
    page = await section_page(SECURITY_URL, template, codes=codes, goal=goal, done=done)
    return page, 200, NO_STORE
