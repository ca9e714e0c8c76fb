"""``app check`` and ``app routes``, as a person sees them, and what ``app serve`` refuses."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from quart import Quart

from app.__main__ import main
from app.commands.check import broken_parts
from app.commands.routes import rows
from app.database import Database
from app.settings import RedisSettings
from app.settings import Settings


async def test_nothing_is_broken_where_servers_and_tables_are_there(
    settings: Settings, database: Database
) -> None:
    assert [line async for line in broken_parts(settings)] == []


async def test_servers_that_are_away_have_a_line_each_that_says_where(settings: Settings) -> None:
    nowhere = settings.database.model_copy(
        update={"url": "postgresql://somebody:secret@127.0.0.1:1/app"}
    )
    away = settings.model_copy(
        update={
            "database": nowhere,
            "redis": RedisSettings.model_construct(url="redis://:secret@127.0.0.1:2/0"),
        }
    )

    lines = [line async for line in broken_parts(away)]

    assert len(lines) == 2
    assert "PostgreSQL" in lines[0]
    assert "127.0.0.1:1" in lines[0]
    assert "Redis" in lines[1]
    assert "127.0.0.1:2" in lines[1]
    assert "secret" not in "".join(lines)


async def test_migrations_that_wait_have_a_line(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with database.transaction() as work:
        connection = await work.raw_connection()
        await connection.execute("CREATE TABLE kept AS SELECT * FROM alembic_version")
        await connection.execute("DELETE FROM alembic_version")

    lines = [line async for line in broken_parts(settings)]

    async with database.transaction() as work:
        connection = await work.raw_connection()
        await connection.execute("INSERT INTO alembic_version SELECT * FROM kept; DROP TABLE kept")
    assert len(lines) == 1
    assert "app migrate" in lines[0]


async def test_every_route_has_a_row_with_its_guard_and_limit(app: Quart) -> None:
    table = {(methods, path): (who, limit) for methods, path, who, limit in rows(app)}

    assert table["POST", "/api/v1/accounts/sign-in"][0] == "public"
    assert table["POST", "/api/v1/accounts/sign-in"][1] != "-"
    assert table["GET", "/livez"][0] == "unidentified"
    assert "-" not in {who for who, _ in table.values()}


def test_serve_names_the_addresses_that_are_not_set(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)
    monkeypatch.chdir(tmp_path)  # where no .env is

    result = CliRunner().invoke(main, ["serve"])

    assert result.exit_code == 1
    assert "DATABASE_URL and REDIS_URL not set" in result.output


def test_routes_need_no_server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.chdir(tmp_path)

    result = CliRunner().invoke(main, ["routes"])

    assert result.exit_code == 0
    assert "/api/v1/accounts/sign-in" in result.output


def test_help_names_every_command() -> None:
    result = CliRunner().invoke(main, ["--help"])

    for command in ("dev", "serve", "worker", "migrate", "check", "routes", "user"):
        assert f"\n  {command} " in result.output


def test_a_bad_setting_is_told_in_one_line_with_its_variable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SERVER_PORT", "many")

    result = CliRunner().invoke(main, ["check"])

    assert result.exit_code == 1
    assert "SERVER_PORT: " in result.output
    assert len(result.output.splitlines()) == 1
