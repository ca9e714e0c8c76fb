"""What the access matrix is to know of accounts: a second browser of the owner's."""

from collections.abc import Awaitable
from collections.abc import Callable
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from itertools import count
from uuid import uuid4

import pyotp
from quart import Quart

from app.identity import MailLink
from app.identity import SignUp
from app.identity.personal_data.exports import DataExportRow
from app.resources import resources_of
from tests.access.scene import Scene
from tests.people import PASSWORD
from tests.people import Person
from tests.people import join
from tests.people import password_hash
from tests.phones import phone_of

OPEN: dict[str, str] = {}
CANARY = "Netscape on Amiga"

NEW_PASSWORD = "four small boats at anchor"

_numbers = count(1)

Ready = Callable[[], Awaitable[dict[str, object]]]


async def scene(app: Quart, owner: Person, guest: Person) -> Scene:
    """Returns what the owner may name and send."""
    sessions = resources_of(app).identity.sessions
    await sessions.begin(owner.user, CANARY)
    listed = await sessions.list(owner.principal)
    [other] = [session for session in listed if session.device == CANARY]
    tokens = resources_of(app).identity.tokens
    issued = await tokens.issue(owner.principal, name="Bot", scopes=["account:read"], days=1)
    database = resources_of(app).database
    async with database.transaction() as work:
        days_ago = datetime.now(UTC) - timedelta(days=2)
        row = DataExportRow(
            user_id=owner.user.id,
            requested_at=days_ago,
            expires_at=days_ago + timedelta(days=7),
            content=CANARY.encode(),
        )
        work.session.add(row)
        await work.session.flush()
    new_token = {"name": "Another", "scopes": ["account:read"]}
    secret = await resources_of(app).identity.factors.enrol(owner.principal)
    half_sign_in, code = await half_way(app, await join(app, f"Half{next(_numbers)}"))
    signing_in = {"email": owner.user.email, "password": PASSWORD}
    newcomer = {
        "email": f"newcomer{next(_numbers)}@example.com",
        "name": "New",
        "password": PASSWORD,
    }
    links = await _links(app, owner, newcomer)
    changed = {"present_password": PASSWORD, "password": NEW_PASSWORD}
    new_address = {"email": f"other-{newcomer['email']}", "password": PASSWORD}
    return Scene(
        ids={"export_id": row.id, "session_id": other.id, "token_id": issued.token.id},
        bodies={
            "account_data.delete_account": {"sure": "yes"},
            "accounts.sign_in": signing_in,
            "joining.sign_up": newcomer,
            "joining.send_again": {"email": newcomer["email"]},
            "joining.confirm": {"token": links["confirm"], "password": PASSWORD},
            "joining_pages.sign_up": newcomer,
            "joining_pages.send_again": {"email": newcomer["email"]},
            "joining_pages.confirm": {"token": links["confirm"], "password": PASSWORD},
            "passwords.forgot": {"email": owner.user.email},
            "passwords.reset": {"token": links["reset"], "password": NEW_PASSWORD},
            "passwords.change": changed,
            "password_pages.forgot": {"email": owner.user.email},
            "password_pages.reset": {"token": links["reset"], "password": NEW_PASSWORD},
            "password_pages.change": changed,
            "address.ask_for": new_address,
            "address.confirm": {"token": links["address"]},
            "address_pages.ask_for": new_address,
            "address_pages.confirm": {"token": links["address"]},
            "accounts_pages.sign_in": signing_in,
            "account_profile.change_name": {"name": "Other"},
            "account_confirm.confirm": {"password": PASSWORD},
            "account_second_factor.confirm": {"code": pyotp.TOTP(secret).now()},
            "account_new_phone.move": {"code": "000000"},
            "second_factor.confirm": {"code": pyotp.TOTP(secret).now()},
            "second_factor.confirm_phone": {"code": "000000"},
            "second_factor.second_step": {"half_sign_in": half_sign_in, "code": code},
            "second_step.second_step": {"half_sign_in": half_sign_in, "code": code},
            "account_tokens.make_token": {"name": "Another", "scopes": "account:read", "days": 7},
            "reauthentication.confirm": {"password": PASSWORD},
            "tokens.make_token": new_token,
        },
        ready=_with_a_phone(app, owner),
        canary=CANARY,
    )


def _with_a_phone(app: Quart, owner: Person) -> dict[str, Ready]:
    """Returns what comes before changing a second factor, which others could not set up then."""

    async def on() -> dict[str, object]:
        await phone_of(app, owner.principal)
        return {}

    async def moving() -> dict[str, object]:
        await on()
        secret = await resources_of(app).identity.new_phones.begin(owner.principal)
        return {"code": pyotp.TOTP(secret).now()}

    return {
        "account_new_phone.move": moving,
        "account_second_factor.new_codes": on,
        "account_second_factor.remove": on,
        "second_factor.confirm_phone": moving,
        "second_factor.new_codes": on,
        "second_factor.new_phone": on,
        "second_factor.remove": on,
    }


async def half_way(app: Quart, person: Person) -> tuple[str, str]:
    """Returns the sign-in of somebody whose second factor is still to come, and its code."""
    identity = resources_of(app).identity
    phone = await phone_of(app, person.principal)
    return await identity.half_sign_ins.begin(person.user), phone.now()


async def _links(app: Quart, owner: Person, newcomer: dict[str, str]) -> dict[str, str]:
    """Returns the tokens of links that letters have brought."""
    resources = resources_of(app)
    issue = resources.identity.links.issue
    sign_up = SignUp(uuid4(), f"new-{newcomer['email']}", "New", password_hash())
    async with resources.database.transaction() as work:
        await resources.identity.joining.add(work, sign_up)
        confirm = MailLink("confirm", sign_up.email, sign_up_id=sign_up.id)
        reset = MailLink("reset", owner.user.email, user_id=owner.user.id)
        address = MailLink("address", f"moved-{newcomer['email']}", user_id=owner.user.id)
        return {link.purpose: await issue(work, link) for link in (confirm, reset, address)}
