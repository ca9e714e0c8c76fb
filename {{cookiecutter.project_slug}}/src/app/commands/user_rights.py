"""``app user disable`` and its kin: changes that running processes hear of at once."""

import asyncio
from collections.abc import Awaitable
from collections.abc import Callable
from pathlib import Path

import click

from app.database.branches import migration_locations
from app.database.migrate import pending
from app.embedded import Embedded
from app.embedded import EmbeddedError
from app.embedded import Urls
from app.errors import AppError
from app.errors import Invalid
from app.errors import Unavailable
from app.factory import build_resources
from app.identity import Identity
from app.principal import SYSTEM
from app.principal import UserId
from app.roles import ROLES
from app.settings import Settings

Change = Callable[[Identity, UserId], Awaitable[None]]

email_option = click.option("--email", prompt="E-mail", help="Whom it is about.")
role_option = click.option(
    "--role", type=click.Choice(list(ROLES)), prompt=True, help="Which role; see `app.roles`."
)
folder_option = click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(".run"),
    show_default=True,
    help="Where the servers of `app dev` keep their data, when DATABASE_URL is not set.",
)


@click.command()
@email_option
@folder_option
def disable(email: str, folder: Path) -> None:
    """Shuts a person out.

    Their sessions, tokens and sockets end at once.
    """
    _apply(email, folder, lambda identity, user: identity.people.disable(SYSTEM, user))
    click.echo(f"disabled {email}")


@click.command()
@email_option
@folder_option
def enable(email: str, folder: Path) -> None:
    """Lets a person in again."""
    _apply(email, folder, lambda identity, user: identity.people.enable(SYSTEM, user))
    click.echo(f"enabled {email}")


@click.command("give-role")
@email_option
@role_option
@folder_option
def give_role(email: str, role: str, folder: Path) -> None:
    """Gives a person a role; they have to sign in again."""
    _apply(email, folder, lambda identity, user: identity.people.give_role(SYSTEM, user, role))
    click.echo(f"{email} is {role} now")


@click.command("take-role")
@email_option
@role_option
@folder_option
def take_role(email: str, role: str, folder: Path) -> None:
    """Takes a role from a person.

    The last administrator stays one.
    """
    _apply(email, folder, lambda identity, user: identity.people.take_role(SYSTEM, user, role))
    click.echo(f"{email} is no {role} any more")


@click.command("remove-factor")
@email_option
@folder_option
def remove_factor(email: str, folder: Path) -> None:
    """Takes a lost second factor away.

    It signs the person out; look who is asking first.
    """
    _apply(email, folder, _remove_factor)
    click.echo(f"{email} signs in with what is left, and sets up another where it is a must")


async def _remove_factor(identity: Identity, user: UserId) -> None:
    await identity.factors.remove(SYSTEM, user)
    await identity.sessions.endings.revoke_all(user)


def told(error: Exception) -> str:
    """Returns what went wrong in one line."""
    if isinstance(error, Invalid) and error.fields:
        return "; ".join(f"{field}: {text}" for field, text in error.fields.items())
    return error.detail if isinstance(error, AppError) else str(error)


def _apply(email: str, folder: Path, change: Change) -> None:
    settings = Settings()
    given = Urls(settings.database.url, settings.redis.url)
    if settings.environment == "production" and not (given.database and given.redis):
        raise click.ClickException("DATABASE_URL or REDIS_URL not set")
    try:
        with Embedded(folder, given=given) as urls:
            database = settings.database.model_copy(update={"url": urls.database})
            redis = settings.redis.model_copy(update={"url": urls.redis})
            settings = settings.model_copy(update={"database": database, "redis": redis})
            asyncio.run(_run(settings, email, change))
    except (AppError, EmbeddedError, ValueError) as error:
        raise click.ClickException(told(error)) from error


async def _run(settings: Settings, email: str, change: Change) -> None:
    if await pending(settings, locations=migration_locations()):
        raise Unavailable("migrations are not applied: run `app migrate`")
    resources = build_resources(settings)
    async with resources.opened():
        identity = resources.identity
        await change(identity, (await identity.people.find_by_email(SYSTEM, email)).id)
