"""The command runs event loops of its own, so it is called in a thread."""

import asyncio
from collections.abc import AsyncIterator
from collections.abc import Awaitable
from collections.abc import Callable
from functools import partial

import pyotp
import pytest
from click.testing import CliRunner
from click.testing import Result
from quart import Quart
from redis.asyncio import Redis

from app.commands.user import user
from app.database import Database
from app.factory import create_app
from app.identity import users
from app.resources import resources_of
from app.settings import Settings
from tests.people import join

PASSWORD = "correct horse battery staple"
CREATE = ("create", "--email", "lin@example.com", "--name", "Lin")


class Shell:
    """Calls ``app user`` with the variables of a shell."""

    def __init__(self, database_url: str, redis_url: str) -> None:
        self._variables = {"DATABASE_URL": database_url, "REDIS_URL": redis_url}

    async def run(self, *words: str, typed: str = "", **variables: str | None) -> Result:
        environment = {**self._variables, "USER_PASSWORD": None, **variables}
        call = partial(CliRunner().invoke, user, words, input=typed, env=environment)
        return await asyncio.to_thread(call)


@pytest.fixture
def shell(settings: Settings, database: Database) -> Shell:
    return Shell(settings.database.url, settings.redis.url)


async def test_a_person_is_added_with_a_password_that_is_asked_for_twice_and_not_shown(
    shell: Shell, database: Database
) -> None:
    result = await shell.run(*CREATE, typed=f"{PASSWORD}\n{PASSWORD}\n")

    async with database.reading() as session:
        added = await users.find_credentials(session, "lin@example.com")
    assert (result.exit_code, result.stderr) == (0, "")
    assert PASSWORD not in result.output
    assert added is not None
    assert not added.user.is_admin


async def test_an_admin_is_added_with_a_password_from_the_environment(
    shell: Shell, database: Database
) -> None:
    result = await shell.run(*CREATE, "--admin", USER_PASSWORD=PASSWORD)

    async with database.reading() as session:
        added = await users.find_credentials(session, "lin@example.com")
    assert result.exit_code == 0
    assert result.output.startswith("added lin@example.com (admin) ")
    assert added is not None
    assert added.user.is_admin


async def test_whatever_is_wrong_is_told_in_one_line(shell: Shell) -> None:
    short = await shell.run(*CREATE, USER_PASSWORD="short")
    await shell.run(*CREATE, USER_PASSWORD=PASSWORD)
    again = await shell.run(*CREATE, USER_PASSWORD=PASSWORD)
    away = await shell.run(
        *CREATE, USER_PASSWORD=PASSWORD, DATABASE_URL="postgresql://nobody@127.0.0.1:1/none"
    )
    unset = await shell.run(
        *CREATE, USER_PASSWORD=PASSWORD, DATABASE_URL="", ENVIRONMENT="production"
    )

    results = [short, again, away, unset]
    assert [result.exit_code for result in results] == [1, 1, 1, 1]
    assert all(result.stderr.count("\n") == 1 for result in results)
    assert "password" in short.stderr
    assert "127.0.0.1:1" in away.stderr
    assert "DATABASE_URL" in unset.stderr


@pytest.fixture
async def believing(settings: Settings, database: Database, redis: Redis) -> AsyncIterator[Quart]:
    """Yields a process that believes what it knows of a session until it is told."""
    identity = settings.identity.model_copy(update={"session_cache_seconds": 3_600.0})
    created = create_app(settings.model_copy(update={"identity": identity}))
    async with created.test_app():
        yield created


async def test_a_person_who_is_shut_out_from_a_shell_is_signed_out_of_the_running_service(
    believing: Quart, shell: Shell
) -> None:
    lin = await join(believing, "Lin")
    assert (await lin.client.get("/api/v1/accounts/me")).status_code == 200

    result = await shell.run("disable", "--email", "LIN@example.com")

    async def is_out() -> bool:
        return (await lin.client.get("/api/v1/accounts/me")).status_code == 401

    assert (result.exit_code, result.output) == (0, "disabled LIN@example.com\n")
    assert await eventually(is_out, within_seconds=60)
    assert (await shell.run("enable", "--email", "lin@example.com")).exit_code == 0


async def test_roles_are_given_and_taken_but_the_last_administrator_stays(
    app: Quart, shell: Shell
) -> None:
    await join(app, "Lin", is_admin=True)
    role = ("--email", "lin@example.com", "--role")

    given = await shell.run("give-role", *role, "auditor")
    taken = await shell.run("take-role", *role, "auditor")
    last = await shell.run("take-role", *role, "administrator")
    nobody = await shell.run("disable", "--email", "eve@example.com")

    assert [result.exit_code for result in (given, taken, last, nobody)] == [0, 0, 1, 1]
    assert "no administrator left" in last.stderr
    assert "nobody with this address" in nobody.stderr


async def test_a_lost_second_factor_is_taken_away_and_its_owner_signed_out(
    app: Quart, shell: Shell
) -> None:
    lin = await join(app, "Lin")
    factors = resources_of(app).identity.factors
    await factors.confirm(lin.principal, pyotp.TOTP(await factors.enrol(lin.principal)).now())
    assert (await factors.state(lin.user.id)).is_on
    assert (await lin.client.get("/api/v1/accounts/me")).status_code == 200

    result = await shell.run("remove-factor", "--email", "lin@example.com")

    async def is_out() -> bool:
        return (await lin.client.get("/api/v1/accounts/me")).status_code == 401

    assert result.exit_code == 0
    assert not (await factors.state(lin.user.id)).is_on
    assert await eventually(is_out, within_seconds=60)


async def eventually(holds: Callable[[], Awaitable[bool]], *, within_seconds: float) -> bool:
    """Returns whether a condition comes true in time."""
    try:
        async with asyncio.timeout(within_seconds):
            while not await holds():  # noqa: ASYNC110 - what another process has done
                await asyncio.sleep(0.01)
    except TimeoutError:
        return False
    return True
