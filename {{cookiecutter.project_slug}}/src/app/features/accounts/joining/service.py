"""How somebody becomes a user; nothing here tells whether an address has an account."""

from app.features.accounts.next_page import HOME
from app.features.accounts.service import Browser
from app.features.accounts.service import Welcome
from app.identity.users import clean_email
from app.principal import Principal
from app.resources import Resources

SEND_CONFIRMATION = "accounts.send_confirmation"


async def sign_up(
    who: Principal,
    resources: Resources,
    *,
    email: str,
    name: str,
    password: str,
    goal: str = HOME,
) -> None:
    """Takes a wish to join down and has a letter sent; which letter, the job decides.

    ``goal`` is the path where they go once they have confirmed the address.
    For a free and for a taken address it is the same work: one hash, two rows.

    Raises:
        Invalid: the address, the name or the password will not do.
        Unavailable: PostgreSQL is away, or too many passwords wait to be hashed.
    """
    joining = resources.identity.joining
    sign_up = await joining.prepare(email, name, password, goal=goal)
    async with resources.database.transaction() as work:
        await joining.add(work, sign_up)
        payload = {"sign_up_id": str(sign_up.id)}
        await resources.jobs.enqueue(work, SEND_CONFIRMATION, payload=dict(payload))


async def send_again(who: Principal, resources: Resources, *, email: str) -> None:
    """Has the letter of the newest sign-up with an address sent again, if there is one.

    Raises:
        Invalid: it is no address.
        Unavailable: PostgreSQL is away.
    """
    address = clean_email(email)
    async with resources.database.transaction() as work:
        await resources.jobs.enqueue(work, SEND_CONFIRMATION, payload={"email": address})


async def confirm(
    who: Principal, resources: Resources, *, token: str, password: str, browser: Browser
) -> tuple[Welcome, str]:
    """Makes a user of whoever has the link and knows the password, and signs them in.

    Returns also where they were heading.

    Raises:
        DeadLink: the link is no longer good.
        Unauthenticated: it is not the password that was chosen; the link stays good.
        Unavailable: PostgreSQL is away, or too many passwords wait to be checked.
    """
    joined = await resources.identity.joining.confirm(token, password)
    session = await resources.identity.sessions.begin(
        joined.user, browser.device, replacing=browser.session_id
    )
    return Welcome(joined.user, session), joined.goal
