"""The people of the tests, signed in: Ada and Grace who belong, and Mallory who does not."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from argon2 import PasswordHasher
from quart import Quart
from quart.testing import QuartClient
from sqlalchemy import update

from app.identity import User
from app.identity import users
from app.identity.tables import SessionRow
from app.principal import Principal
from app.resources import resources_of

PASSWORD = "correct horse battery staple"


class Browser(QuartClient):
    """A test client that says where its requests come from, as a page of the service does."""

    async def open(self, *args: Any, headers: Any = None, **options: Any) -> Any:
        origin = self.app.extensions["resources"].settings.public_url
        return await super().open(*args, headers={"Origin": origin, **(headers or {})}, **options)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account, and the browser in which they are signed in."""

    user: User
    client: Browser
    principal: Principal

    @property
    def cookie(self) -> str:
        """The header ``Cookie`` of their browser, for clients that are not test clients."""
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.client.cookie_jar or ())


@cache
def password_hash() -> str:
    """Returns a hash of `PASSWORD`, made once: a hash takes longer than most tests."""
    return PasswordHasher(time_cost=2, memory_cost=19 * 1_024, parallelism=1).hash(PASSWORD)


async def join(app: Quart, name: str, *, is_admin: bool = False) -> Person:
    """Returns a new person whose address is made of their name, with `PASSWORD`."""
    resources = resources_of(app)
    async with resources.database.transaction() as work:
        user = await users.create_user(
            work,
            email=f"{name.lower()}@example.com",
            name=name,
            password_hash=password_hash(),
            is_admin=is_admin,
        )
    return await sign_in(app, user)


async def sign_in(app: Quart, user: User) -> Person:
    """Returns the person in one more browser."""
    identity = resources_of(app).identity
    token = await identity.sessions.begin(user, "Firefox on Linux")
    client = Browser(app)
    client.set_cookie("localhost", identity.cookie_name, token)
    return Person(user, client, await identity.principal({identity.cookie_name: token}))


@pytest.fixture
async def ada(app: Quart) -> Person:
    """Returns Ada, signed in."""
    return await join(app, "Ada")


@pytest.fixture
async def grace(app: Quart) -> Person:
    """Returns Grace, signed in."""
    return await join(app, "Grace")


@pytest.fixture
async def mallory(app: Quart) -> Person:
    """Returns Mallory, signed in, who is in nothing that Ada and Grace share."""
    return await join(app, "Mallory")


async def let_proof_grow_old(app: Quart, person: Person, *, seconds: float = 901.0) -> None:
    """Has the person have proved who they are that long ago."""
    resources = resources_of(app)
    async with resources.database.transaction() as work:
        await work.session.execute(
            update(SessionRow)
            .where(SessionRow.id == person.principal.session_id)
            .values(authenticated_at=SessionRow.authenticated_at - timedelta(seconds=seconds))
        )
    resources.identity.forget(session=person.principal.session_id)
