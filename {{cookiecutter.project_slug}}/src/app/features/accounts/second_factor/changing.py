"""Changing the caller's second factor, for the pages and for REST.

Each of these gives the caller's session a new token, and none counts as a proof of who they are.
"""

from collections.abc import Sequence

from app.features.accounts.attempts import spend_own_code
from app.features.accounts.reauthentication.ways import adopt_change
from app.resources import current_resources
from app.web import current_principal


async def switch_on(code: str) -> Sequence[str]:
    """Switches the caller's factor on with a code of the app; returns the recovery codes.

    All other sessions end, which began without it.

    Raises:
        TooMany: too many codes were tried.
        WrongCode: the code is not of the app that was set up.
        Unavailable: PostgreSQL is away.
    """
    who, identity = current_principal(), current_resources().identity
    await spend_own_code()
    codes = await identity.factors.confirm(who, code)
    await identity.sessions.endings.revoke_others(who)
    await adopt_change()
    return codes


async def change_phone(code: str) -> Sequence[str]:
    """Puts the caller's new phone in the place of the old one; returns new recovery codes.

    All other sessions end: the old phone may be why they are there.

    Raises:
        TooMany: too many codes were tried.
        NothingWaits: there is no secret of this session, or it is too old.
        WrongCode: the code is not of the new phone.
        Conflict: there is no second factor.
        Unavailable: PostgreSQL is away.
    """
    await spend_own_code()
    codes = await current_resources().identity.new_phones.finish(current_principal(), code)
    await adopt_change()
    return codes


async def switch_off() -> None:
    """Takes the caller's factor away; without one nothing happens.

    Raises:
        Conflict: one is required of them.
        Unavailable: PostgreSQL is away.
    """
    who = current_principal()
    await current_resources().identity.factors.remove(who, who.own_id)
    await adopt_change()
