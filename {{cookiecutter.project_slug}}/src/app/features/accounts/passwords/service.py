"""New passwords: with a link from a letter, or with the present one."""

from app.features.accounts.letters import tell
from app.identity.users import clean_email
from app.principal import Principal
from app.resources import Resources


async def send_reset(who: Principal, resources: Resources, *, email: str) -> None:
    """Has a letter with a link sent, if the address has an account: nobody is told whether.

    Nothing is looked up here, so known and unknown addresses cost the same.

    Raises:
        Invalid: it is no address.
        Unavailable: PostgreSQL is away.
    """
    address = clean_email(email)
    async with resources.database.transaction() as work:
        await resources.jobs.enqueue(work, "accounts.send_reset", payload={"email": address})


async def reset(who: Principal, resources: Resources, *, token: str, password: str) -> None:
    """Stores a new password for whoever has the link, and ends all of their sessions and tokens.

    It signs nobody in: whoever has a second factor still needs it.

    Raises:
        DeadLink: the link is no longer good.
        Invalid: the password will not do; the link stays good.
        Unavailable: PostgreSQL is away, or too many passwords wait to be hashed.
    """
    keys = resources.identity.keys
    await resources.identity.links.look(token, "reset")  # before the work of a hash
    password_hash = await keys.prepare(password)
    async with resources.database.transaction() as work:
        user, ended = await keys.reset_password(work, token, password_hash)
        await tell(resources.jobs, work, "password.reset", user)
    await keys.announce(ended)
    await resources.identity.tokens.revoke_all(who, user.id)


async def change(who: Principal, resources: Resources, *, present: str, new: str) -> None:
    """Replaces the caller's password and ends their other sessions and their tokens.

    Raises:
        Invalid: the new password will not do.
        Unauthenticated: the present one is wrong, or the session has ended meanwhile.
        Unavailable: PostgreSQL is away, or too many passwords wait to be hashed.
    """
    identity = resources.identity
    await identity.keys.check(who, present)
    password_hash = await identity.keys.prepare(new)
    async with resources.database.transaction() as work:
        ended = await identity.keys.change_password(work, who, password_hash)
        user = await identity.find_by_id(work, who.own_id)
        await tell(resources.jobs, work, "password.changed", user)
    await identity.keys.announce(ended)
    await identity.tokens.revoke_all(who, user.id)
