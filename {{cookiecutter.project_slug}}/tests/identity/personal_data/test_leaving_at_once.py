"""An account is deleted while its owner changes it in another browser: neither waits for ever.

PostgreSQL ends one of two transactions that wait for each other, which callers would see as 503.
"""

import asyncio
from collections.abc import AsyncIterator
from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import Collection
from dataclasses import dataclass

import pyotp
import pytest
from sqlalchemy import func
from sqlalchemy import select

from app.database import Database
from app.errors import Conflict
from app.errors import Unauthenticated
from app.identity import DeadLink
from app.identity import Identity
from app.identity import MailLink
from app.identity import User
from app.identity.audit import AuditRow
from app.identity.openid import Claims
from app.identity.openid import links
from app.identity.personal_data.leaving import leave
from app.identity.personal_data.leaving import own_tables
from app.identity.tables import UserRow
from app.principal import Principal
from app.principal import UserId
from app.settings import IdentitySettings
from tests.identity.locks import all_wait

PASSWORD = "correct horse battery staple"
SCOPE = "notes:read"
CLAIMS = Claims("ada", "ada@example.com", email_verified=True, name="Ada")
REFUSALS = (Unauthenticated, Conflict, DeadLink)


@dataclass
class Account:
    """Somebody with all that an account may have."""

    identity: Identity
    database: Database
    user: User
    who: Principal
    phone: pyotp.TOTP
    link: str

    async def leave(self) -> None:
        async with self.database.transaction() as work:
            await leave(self.who, work)


@pytest.fixture
async def identity(database: Database) -> AsyncIterator[Identity]:
    settings = IdentitySettings.model_construct(secret_keys="k" * 32)
    made = Identity(settings, database, secure=True)
    made.scopes.add(SCOPE, "Read notes.")
    yield made
    made.close()


async def account_of(identity: Identity, database: Database, user: User) -> Account:
    record = await identity.sessions.find(await identity.sessions.begin(user, "Firefox on Linux"))
    assert record is not None
    phone = pyotp.TOTP(await identity.factors.enrol(record.principal))
    async with database.transaction() as work:
        await links.add(work, "google", CLAIMS, user_id=user.id)
        link = await identity.links.issue(work, MailLink("reset", user.email, user.id))
    return Account(identity, database, user, record.principal, phone, link)


@pytest.fixture
async def ada(identity: Identity, database: Database) -> Account:
    user = await identity.create_user("ada@example.com", "Ada", PASSWORD)
    return await account_of(identity, database, user)


async def makes_a_token(ada: Account) -> None:
    await ada.identity.tokens.issue(ada.who, name="a program", scopes=[SCOPE], days=1)


async def signs_in(ada: Account) -> None:
    assert ada.who.session_id is not None
    await ada.identity.sessions.begin(ada.user, "Firefox", replacing=ada.who.session_id)


async def sets_a_factor_up(ada: Account) -> None:
    await ada.identity.factors.confirm(ada.who, ada.phone.now())


async def removes_it(ada: Account) -> None:
    await ada.identity.factors.remove(ada.who, ada.user.id)


async def changes_the_password(ada: Account) -> None:
    async with ada.database.transaction() as work:
        await ada.identity.keys.change_password(work, ada.who, "another")


async def uses_a_link(ada: Account) -> None:
    async with ada.database.transaction() as work:
        await ada.identity.keys.reset_password(work, ada.link, "another")


async def disconnects_a_provider(ada: Account) -> None:
    async with ada.database.transaction() as work:
        await links.held(work, ada.user.id)
        await links.remove(work, "google", user_id=ada.user.id)


async def at_once(
    database: Database, held: Collection[UserId], *steps: Callable[[], Awaitable[None]]
) -> list[BaseException | None]:
    """Has each step come as far as the rows of people, which are held, one after the other."""

    async def run(step: Callable[[], Awaitable[None]]) -> None:
        await step()

    tasks: list[asyncio.Task[None]] = []
    async with database.transaction() as work:
        rows = select(UserRow.id).where(UserRow.id.in_(held)).with_for_update()
        await work.session.execute(rows)
        for step in steps:
            tasks.append(asyncio.create_task(run(step)))
            await all_wait(database, *tasks)
    return await asyncio.gather(*tasks, return_exceptions=True)


async def left_of(ada: Account) -> set[str]:
    """Returns the tables that still hold something of the person."""
    found = set()
    async with ada.database.reading() as session:
        for table in own_tables():
            mine = select(func.count()).select_from(table).where(table.c.user_id == ada.user.id)
            if await session.scalar(mine):
                found.add(table.name)
    return found


CHANGES = [
    makes_a_token,
    signs_in,
    sets_a_factor_up,
    removes_it,
    changes_the_password,
    uses_a_link,
    disconnects_a_provider,
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
async def test_who_leaves_first_leaves_nothing_and_nobody_waits_for_ever(
    ada: Account, change: Callable[[Account], Awaitable[None]]
) -> None:
    left, changed = await at_once(ada.database, [ada.user.id], ada.leave, lambda: change(ada))

    assert left is None
    assert changed is None or isinstance(changed, REFUSALS)
    assert await left_of(ada) == set()


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
async def test_who_changes_something_first_leaves_nothing_either(
    ada: Account, change: Callable[[Account], Awaitable[None]]
) -> None:
    changed, left = await at_once(ada.database, [ada.user.id], lambda: change(ada), ada.leave)

    assert changed is None
    if left is None:
        assert await left_of(ada) == set()
    else:  # the change has ended the session
        assert isinstance(left, Unauthenticated)
        assert await ada.identity.find_user(ada.user.id) == ada.user


async def test_who_has_left_is_shown_no_secret(ada: Account) -> None:
    await ada.identity.factors.remove(ada.who, ada.user.id)

    async def sees_a_secret() -> None:
        await ada.identity.factors.enrol(ada.who)

    left, seen = await at_once(ada.database, [ada.user.id], ada.leave, sees_a_secret)

    assert left is None
    assert isinstance(seen, Unauthenticated)
    assert await left_of(ada) == set()


async def test_an_account_is_deleted_once(ada: Account) -> None:
    outcomes = await at_once(ada.database, [ada.user.id], ada.leave, ada.leave)

    async with ada.database.reading() as session:
        told = await session.scalars(
            select(AuditRow.event).where(AuditRow.event == "account.deleted")
        )
        assert len(told.all()) == 1
    assert [type(outcome) for outcome in outcomes if outcome] == [Unauthenticated]


async def test_of_two_administrators_who_leave_at_once_one_stays(
    identity: Identity, database: Database
) -> None:
    both = [
        await identity.create_user(f"{name}@example.com", name, PASSWORD, is_admin=True)
        for name in ("root", "other")
    ]
    root, other = [await account_of(identity, database, user) for user in both]

    outcomes = await at_once(database, [user.id for user in both], root.leave, other.leave)

    assert [type(outcome) for outcome in outcomes if outcome] == [Conflict]
