"""The program ``app``: ``python -m app`` is the same."""

from typing import Any

import click
from pydantic import ValidationError

from app import settings
from app.commands.asyncapi import asyncapi
from app.commands.check import check
from app.commands.contributed import add_commands_of_features
from app.commands.dev import dev
from app.commands.load import load
from app.commands.migrate import migrate
from app.commands.openapi import openapi
from app.commands.parts import parts
from app.commands.revise import revise
from app.commands.routes import routes
from app.commands.serve import serve
from app.commands.user import user
from app.commands.worker import worker
from app.serving.lifeline import follow_parent
from app.setting_sources import UnreadableFile


class Program(click.Group):
    """A group of commands that tells bad settings in one line each."""

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command."""
        try:
            return super().invoke(ctx)
        except ValidationError as error:
            raise click.ClickException("; ".join(told(error))) from error
        except UnreadableFile as error:
            raise click.ClickException(str(error)) from error


def told(error: ValidationError) -> list[str]:
    """Returns for each bad setting its variable and what is wrong with it."""
    group = getattr(settings, error.title, settings.Settings)
    prefix = group.model_config.get("env_prefix", "")
    return [_line(prefix, one["loc"], one["msg"]) for one in error.errors()]


def _line(prefix: str, place: tuple[int | str, ...], message: str) -> str:
    field, *inside = map(str, place)
    variable = f"{prefix}{field}".upper()
    message = message.removeprefix("Value error, ")
    if message.startswith(variable):
        return message
    return f"{'.'.join((variable, *inside))}: {message}"


@click.group(cls=Program)
def main() -> None:
    """Runs and looks after the service."""
    follow_parent()


PROGRAM = (
    *(dev, serve, worker, migrate, revise, check),
    *(asyncapi, openapi, parts, routes, user, load),
)
for command in PROGRAM:
    main.add_command(command)
add_commands_of_features(main)

if __name__ == "__main__":
    main()
