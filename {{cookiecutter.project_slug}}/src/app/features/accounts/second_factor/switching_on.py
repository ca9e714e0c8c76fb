"""Switching the second factor on, for the page and for REST."""

from collections.abc import Sequence

from app.features.accounts.attempts import spend_own_code
from app.features.accounts.reauthentication.ways import adopt_change
from app.resources import current_resources
from app.web import current_principal


async def switch_on(code: str) -> Sequence[str]:
    """Switches the caller's factor on with a code of the app; returns the recovery codes.

    All other sessions end, which began without it, and this one gets a new cookie.

    Raises:
        TooMany: too many codes were tried.
        WrongCode: the code is not of the app that was set up.
        Unavailable: PostgreSQL is away.
    """
    who, identity = current_principal(), current_resources().identity
    await spend_own_code()
    codes = await identity.factors.confirm(who, code)
    await identity.sessions.revoke_others(who)
    await adopt_change()
    return codes
