"""Another e-mail address: asked for with a proof, confirmed at the new one."""

from app.features.accounts.letters import Payload
from app.features.accounts.letters import tell
from app.features.accounts.reauthentication.service import prove_now
from app.identity import audit
from app.identity.sessions.hold import hold_session
from app.identity.users import clean_email
from app.principal import Principal
from app.resources import Resources


async def ask_for(
    who: Principal, resources: Resources, *, email: str, password: str, code: str
) -> None:
    """Has a link sent to the new address; nothing changes before it is used.

    A taken address gets a letter too, another one: nobody is told whether it has an account.

    Raises:
        Invalid: it is no address.
        RecentSignInNeeded: they have neither password nor second factor, and no recent proof.
        WrongCode: the code of the second factor is wrong.
        Unauthenticated: the password is wrong, or the session has ended meanwhile.
        Unavailable: PostgreSQL is away, or too many passwords wait to be checked.
    """
    address = clean_email(email)
    await prove_now(who, resources.identity, password=password, code=code)
    async with resources.database.transaction() as work:
        await hold_session(work, who)
        await audit.record(work, "email.change_requested", who=who)
        owner = await resources.identity.find_by_id(work, who.own_id)
        await tell(resources.jobs, work, "email.change_requested", owner)
        payload: Payload = {
            "user_id": str(who.own_id),
            "email": address,
            "password_seal": owner.password_seal.hex(),
        }
        await resources.jobs.enqueue(work, "accounts.send_address_link", payload=payload)


async def confirm(who: Principal, resources: Resources, *, token: str) -> str:
    """Gives the account its new address and tells the old one; returns the new one.

    Raises:
        DeadLink: the link is no longer good, or somebody has the address meanwhile.
        Unavailable: PostgreSQL is away.
    """
    async with resources.database.transaction() as work:
        before, email = await resources.identity.keys.change_email(work, token)
        await tell(resources.jobs, work, "email.changed", before)
    return email
