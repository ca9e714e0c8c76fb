"""A password changes while somebody signs in with the one before."""

import asyncio
from collections.abc import AsyncIterator
from collections.abc import Awaitable
from collections.abc import Callable

import pytest
from argon2 import PasswordHasher

from app.database import Database
from app.errors import Unauthenticated
from app.identity import Identity
from app.identity import User
from app.identity import users
from app.settings import IdentitySettings
from tests.identity.locks import all_wait

OLD, NEW = "correct horse battery staple", "another horse battery staple"
WEAKER = PasswordHasher(time_cost=1, memory_cost=1_024, parallelism=1)


@pytest.fixture
async def identity(database: Database) -> AsyncIterator[Identity]:
    made = Identity(IdentitySettings.model_construct(), database, secure=True)
    yield made
    made.close()


async def add_ada(database: Database, password_hash: str) -> User:
    async with database.transaction() as work:
        return await users.create_user(
            work, email="ada@example.com", name="Ada", password_hash=password_hash
        )


async def while_changing(
    identity: Identity, database: Database, user: User, step: Callable[[], Awaitable[None]]
) -> BaseException | None:
    """Returns what becomes of a step that begins before a new password is committed."""
    password_hash = await identity.keys.prepare(NEW)

    async def run() -> None:
        await step()

    async with database.transaction() as work:
        await users.set_password_hash(work, user.id, password_hash)
        task = asyncio.create_task(run())
        await all_wait(database, task)
    [outcome] = await asyncio.gather(task, return_exceptions=True)
    return outcome


async def test_no_session_begins_with_the_password_of_before(
    identity: Identity, database: Database
) -> None:
    await add_ada(database, await identity.keys.prepare(OLD))
    ada = await identity.authenticate("ada@example.com", OLD)

    async def signs_in() -> None:
        await identity.sessions.begin(ada, "Firefox on Linux")

    assert isinstance(await while_changing(identity, database, ada, signs_in), Unauthenticated)


async def test_nor_does_a_sign_in_in_two_steps(identity: Identity, database: Database) -> None:
    await add_ada(database, await identity.keys.prepare(OLD))
    ada = await identity.authenticate("ada@example.com", OLD)

    await identity.set_password(ada.id, NEW)
    half = await identity.half_sign_ins.begin(ada)

    with pytest.raises(Unauthenticated):
        await identity.half_sign_ins.claim(half)


async def test_hashing_it_anew_does_not_bring_the_password_of_before_back(
    identity: Identity, database: Database
) -> None:
    ada = await add_ada(database, WEAKER.hash(OLD))

    async def signs_in() -> None:
        await identity.authenticate("ada@example.com", OLD)

    assert isinstance(await while_changing(identity, database, ada, signs_in), Unauthenticated)
    assert await identity.authenticate("ada@example.com", NEW) == ada


async def test_many_who_have_it_hashed_anew_at_once_come_in(
    identity: Identity, database: Database
) -> None:
    await add_ada(database, WEAKER.hash(OLD))

    async def sign_in() -> str:
        user = await identity.authenticate("ada@example.com", OLD)
        return await identity.sessions.begin(user, "Firefox on Linux")

    tokens = await asyncio.gather(*(sign_in() for _ in range(4)))

    assert len(set(tokens)) == 4
