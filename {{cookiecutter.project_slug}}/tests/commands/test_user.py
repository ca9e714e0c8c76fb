"""The command runs event loops of its own, so it is called in a thread."""

import asyncio
from functools import partial

import pytest
from click.testing import CliRunner
from click.testing import Result

from app.commands.user import user
from app.database import Database
from app.identity import users
from app.settings import Settings

PASSWORD = "correct horse battery staple"
CREATE = ("create", "--email", "lin@example.com", "--name", "Lin")


class Shell:
    """Calls ``app user`` with the variables of a shell."""

    def __init__(self, database_url: str) -> None:
        self._variables = {"DATABASE_URL": database_url}

    async def run(self, *words: str, typed: str = "", **variables: str | None) -> Result:
        environment = {**self._variables, "USER_PASSWORD": None, **variables}
        call = partial(CliRunner().invoke, user, words, input=typed, env=environment)
        return await asyncio.to_thread(call)


@pytest.fixture
def shell(settings: Settings, database: Database) -> Shell:
    return Shell(settings.database.url)


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
