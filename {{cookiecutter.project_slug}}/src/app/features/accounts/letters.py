"""The letters of accounts: those with a link that proves an address, and notices to the owner.

A letter is a job of the transaction that causes it. The job of one with a link makes the link
itself, so that a token is never in the queue; it also decides which letter goes out, or none, so
that whoever asked learns nothing from the answer, nor from the time that it took.
"""

from collections.abc import Awaitable
from collections.abc import Callable
from datetime import UTC
from datetime import datetime
from functools import partial
from pathlib import Path
from urllib.parse import urlencode
from uuid import UUID

from pydantic import JsonValue

from app.database import UnitOfWork
from app.features.accounts.notices import NOTICES
from app.identity import MailLink
from app.identity import SignUp
from app.identity import User
from app.identity.users import find_user
from app.identity.users import hold_open
from app.jobs import Jobs
from app.mail import Message
from app.principal import UserId
from app.resources import Resources

CONFIRM_PATH = "/sign-up/confirm"
RESET_PATH = "/reset-password"
ADDRESS_PATH = "/change-address"
FOLDER = "accounts/letters"
HOURS_FROM_MINUTES = 120

Payload = dict[str, JsonValue]
Send = Callable[[Resources, Payload], Awaitable[None]]


def register(resources: Resources) -> None:
    """Names the tasks that send letters, and says where the templates are."""
    resources.mail.letters.add_folder(Path(__file__).parent / "templates")
    tasks: dict[str, Send] = {
        "accounts.send_confirmation": send_confirmation,
        "accounts.send_reset": send_reset,
        "accounts.send_address_link": send_address_link,
        "accounts.send_notice": send_notice,
    }
    for name, send in tasks.items():
        resources.jobs.task(name, partial(send, resources))
    resources.identity.owner_notices.deliver = partial(tell, resources.jobs)


async def tell(jobs: Jobs, work: UnitOfWork, notice: str, owner: User, **facts: str) -> None:
    """Has the owner told of a change to their account, at the address that they have now.

    ``facts`` are what the words of the notice have in braces.

    Raises:
        LookupError: `app.features.accounts.notices` does not know the notice.
    """
    if notice not in NOTICES:
        raise LookupError(f"{notice!r} is not in app.features.accounts.notices")
    told = NOTICES[notice]
    now = datetime.now(UTC)
    payload: Payload = {
        "headline": told.headline.format_map(facts),
        "what": told.what.format_map(facts),
        "is_farewell": told.is_farewell,
        "to": owner.email,
        "name": owner.name,
        "when": f"{now:%d %B %Y, %H:%M} UTC",
    }
    await jobs.enqueue(work, "accounts.send_notice", payload=payload)


async def send_notice(resources: Resources, payload: Payload) -> None:
    """Sends a notice."""
    facts = {name: str(value) for name, value in payload.items() if name != "is_farewell"}
    letter = "farewell" if payload["is_farewell"] else "notice"
    await resources.mail.send(resources.mail.letters.write(f"{FOLDER}/{letter}", **facts))


async def send_confirmation(resources: Resources, payload: Payload) -> None:
    """Sends the link that confirms an address, or says that it has an account already."""
    joining = resources.identity.joining
    async with resources.database.transaction() as work:
        if "sign_up_id" in payload:
            sign_up = await joining.find(work, UUID(str(payload["sign_up_id"])))
        else:
            sign_up = await joining.find_newest(work, str(payload["email"]))
        if sign_up is None:
            return  # it is confirmed, or too old
        message = await _confirmation(resources, work, sign_up)
    await resources.mail.send(message)


async def _confirmation(resources: Resources, work: UnitOfWork, sign_up: SignUp) -> Message:
    # No word of what a stranger typed: the letter may go to somebody who never asked for one.
    if await resources.identity.find_by_email(work, sign_up.email):
        return taken(resources, sign_up.email)
    link = MailLink("confirm", sign_up.email, sign_up_id=sign_up.id)
    return await _with_link(resources, work, "confirm", CONFIRM_PATH, link)


async def send_reset(resources: Resources, payload: Payload) -> None:
    """Sends the link that lets a new password be chosen; to an unknown address, nothing."""
    async with resources.database.transaction() as work:
        user = await resources.identity.find_by_email(work, str(payload["email"]))
        if user is None:
            return
        link = MailLink("reset", user.email, user_id=user.id)
        message = await _with_link(resources, work, "reset", RESET_PATH, link)
    await resources.mail.send(message)


async def send_address_link(resources: Resources, payload: Payload) -> None:
    """Sends the link that makes an address that of an account, or says that it has one already.

    After a change of the password nothing is sent: whoever asked knew the one before.
    """
    email, user_id = str(payload["email"]), UserId(UUID(str(payload["user_id"])))
    async with resources.database.transaction() as work:
        owner = await find_user(work.session, user_id)
        # Jobs of the version before have no seal.
        if owner is None or payload.get("password_seal", "") not in {"", owner.password_seal.hex()}:
            return
        await hold_open(work, owner)
        if await resources.identity.find_by_email(work, email):
            message = taken(resources, email)
        else:
            link = MailLink("address", email, user_id=user_id)
            message = await _with_link(resources, work, "address", ADDRESS_PATH, link)
    await resources.mail.send(message)


def taken(resources: Resources, email: str) -> Message:
    """Returns the letter to somebody whose address was entered though it has an account."""
    return resources.mail.letters.write(f"{FOLDER}/taken", to=email)


async def _with_link(
    resources: Resources, work: UnitOfWork, letter: str, path: str, link: MailLink
) -> Message:
    token = await resources.identity.links.issue(work, link)
    url = f"{resources.settings.public_url}{path}?{urlencode({'token': token})}"
    good_for = in_words(resources.identity.links.minutes(link.purpose))
    letters = resources.mail.letters
    return letters.write(f"{FOLDER}/{letter}", to=link.email, url=url, good_for=good_for)


def in_words(minutes: int) -> str:
    """Returns a length of time as people say it.

    >>> in_words(15), in_words(1440)
    ('15 minutes', '24 hours')
    """
    if minutes >= HOURS_FROM_MINUTES:
        return f"{round(minutes / 60)} hours"
    return "a minute" if minutes == 1 else f"{minutes} minutes"
