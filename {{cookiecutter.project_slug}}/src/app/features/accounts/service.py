"""What people do with their accounts; the edge files only translate to and from it."""

from dataclasses import dataclass

from app.errors import Conflict
from app.errors import SecondFactorNeeded
from app.errors import Unauthenticated
from app.identity import Identity
from app.identity import SessionToken
from app.identity import User
from app.principal import SYSTEM
from app.principal import Principal
from app.principal import SessionId


@dataclass(frozen=True, slots=True)
class Browser:
    """What a person acts with: its description, and the session that it came with, if any."""

    device: str
    session_id: SessionId | None = None


@dataclass(frozen=True, slots=True)
class Welcome:
    """A person who has just come in, and the token that their browser is to hold."""

    user: User
    token: SessionToken


async def sign_in(
    who: Principal, identity: Identity, *, email: str, password: str, browser: Browser
) -> Welcome:
    """Signs a person in; the session that the browser came with ends.

    Raises:
        SecondFactorNeeded: both are right, and the person has a second factor.
        Unauthenticated: the address or the password is wrong; which of them is not told.
    """
    user = await identity.authenticate(email, password)
    return await welcome(identity, user, browser)


async def finish_sign_in(
    who: Principal,
    identity: Identity,
    *,
    half_sign_in: str,
    user: User,
    code: str,
    browser: Browser,
) -> Welcome:
    """Signs in a person who has a second factor, with a code of it.

    Raises:
        Unauthenticated: the code is wrong, or the sign-in has to begin anew.
    """
    await identity.half_sign_ins.finish(half_sign_in, user, code)
    return await _begin(identity, user, browser)


async def sign_out(who: Principal, identity: Identity) -> None:
    """Ends the caller's session; without one there is nothing to do."""
    if who.is_person:
        await identity.sessions.endings.end(who)


async def own_account(who: Principal, identity: Identity) -> User:
    """Returns the caller's own account.

    Raises:
        Unauthenticated: the account was disabled a moment ago.
    """
    user = await identity.find_user(who.own_id)
    if user is None:
        raise Unauthenticated("this account is not in use")
    return user


async def rename(who: Principal, identity: Identity, *, name: str) -> None:
    """Changes the caller's own name, as others see it.

    Raises:
        Invalid: the name will not do.
        Unauthenticated: the session has ended meanwhile.
    """
    await identity.profiles.rename(who, name)


async def add_person_once(
    identity: Identity, *, email: str, name: str, password: str, is_admin: bool = False
) -> None:
    """Adds a person unless somebody has the address."""
    try:
        await identity.create_user(email, name, password, is_admin=is_admin, by=SYSTEM)
    except Conflict:
        return


async def welcome(
    identity: Identity, user: User, browser: Browser, *, factor_provider: str | None = None
) -> Welcome:
    """Begins a session for a person who has shown one thing that proves who they are.

    Every way in that is no second factor itself goes through here. ``factor_provider`` has seen
    one of its own: then none is owed here, but one that there is is asked for all the same.

    Raises:
        SecondFactorNeeded: they have a second factor.
    """
    if (await identity.factors.state(user.id)).is_on:
        half_sign_in = await identity.half_sign_ins.begin(user)
        raise SecondFactorNeeded("a code is still to come", half_sign_in=half_sign_in)
    return await _begin(identity, user, browser, factor_provider=factor_provider)


async def _begin(
    identity: Identity, user: User, browser: Browser, *, factor_provider: str | None = None
) -> Welcome:
    token = await identity.sessions.begin(
        user,
        browser.device,
        replacing=browser.session_id,
        factor_provider=factor_provider,
    )
    return Welcome(user, token)
