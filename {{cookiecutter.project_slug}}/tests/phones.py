"""Phones with an authenticator app, for people of the tests."""

import pyotp
from quart import Quart
from sqlalchemy import update

from app.identity.tables import FactorRow
from app.principal import Principal
from app.resources import resources_of


async def phone_of(app: Quart, who: Principal) -> pyotp.TOTP:
    """Returns the person's phone, set up so long ago that no code of today was used.

    A code of the step before would do, too, unless the clock turns between the two steps of a test:
    the present one is good for half a minute at least.
    """
    resources = resources_of(app)
    phone = pyotp.TOTP(await resources.identity.factors.enrol(who))
    await resources.identity.factors.confirm(who, phone.now())
    async with resources.database.transaction() as work:
        theirs = update(FactorRow).where(FactorRow.user_id == who.own_id)
        await work.session.execute(theirs.values(last_step=0))
    return phone
