"""A feature's commands are part of the program, and get resources only when they run."""

import asyncio
from collections.abc import Sequence
from functools import partial

import click
import pytest
from click.testing import CliRunner
from quart import Quart

from app.__main__ import main
from app.commands.contributed import add_commands_of_features
from app.commands.contributed import resources_at_hand
from app.commands.dev import demo_programs
from app.features import FEATURES
from app.features import accounts
from app.features.registration import AtHand
from app.resources import Resources
from app.settings import Settings


class Greeting:
    """A feature with a command that plays in the demo, and with nothing else."""

    __name__ = "app.features.greeting"

    def register(self, app: Quart, resources: Resources) -> None:
        """Attaches nothing."""

    async def add_demo(self, resources: Resources) -> None:
        """Stores nothing."""

    def demo_program(self, url: str) -> Sequence[str]:
        """Returns the command."""
        return ("greet", url)

    def add_commands(self, program: click.Group, at_hand: AtHand) -> None:
        """Adds a command that tells where the database is."""

        @program.command("greet")
        def greet() -> None:
            with at_hand() as resources:
                click.echo(f"hello from {resources.database.where}")


def test_what_a_feature_has_to_play_runs_beside_app_dev() -> None:
    programs = demo_programs("http://here.test", features=[accounts, Greeting()])

    assert programs == [("greet", "http://here.test")]


async def test_a_command_of_a_feature_runs_with_the_resources_of_the_settings(
    settings: Settings,
) -> None:
    program = click.Group("app")
    add_commands_of_features(program, features=[accounts, Greeting()])
    environment = {"DATABASE_URL": settings.database.url, "REDIS_URL": settings.redis.url}

    call = partial(CliRunner().invoke, program, ["greet"], env=environment)
    result = await asyncio.to_thread(call)

    assert list(program.commands) == ["greet"]
    assert (result.exit_code, result.stderr) == (0, "")
    assert "hello from" in result.output


def test_in_production_a_command_says_which_address_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ENVIRONMENT", "production")
    monkeypatch.delenv("DATABASE_URL", raising=False)

    with pytest.raises(click.ClickException, match="DATABASE_URL"), resources_at_hand():
        pass


def test_features_without_commands_are_left_alone() -> None:
    program = click.Group("app")

    add_commands_of_features(program)

    assert accounts in FEATURES
    assert set(program.commands) <= set(main.commands)
