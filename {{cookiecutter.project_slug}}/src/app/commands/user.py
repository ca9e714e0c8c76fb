"""``app user``: people, from the command line."""

import asyncio
from pathlib import Path

import click

from app.commands.user_rights import disable
from app.commands.user_rights import enable
from app.commands.user_rights import folder_option
from app.commands.user_rights import give_role
from app.commands.user_rights import remove_factor
from app.commands.user_rights import take_role
from app.commands.user_rights import told
from app.database import Database
from app.database.branches import migration_locations
from app.database.migrate import pending
from app.embedded import Embedded
from app.embedded import EmbeddedError
from app.embedded import Urls
from app.errors import AppError
from app.errors import Unavailable
from app.identity import Identity
from app.identity import User
from app.principal import SYSTEM
from app.settings import Settings

# Redis has no part in this, so none is started.
NO_REDIS = "-"


@click.group()
def user() -> None:
    """Adds people, shuts them out, and changes what they may."""


for change in (disable, enable, give_role, take_role, remove_factor):
    user.add_command(change)


@user.command()
@click.option("--email", prompt="E-mail", help="The address that they sign in with.")
@click.option("--name", prompt=True, help="How others see them.")
@click.option("--admin", "is_admin", is_flag=True, help="Lets them do what admins may.")
@click.option(
    "--password",
    envvar="USER_PASSWORD",
    prompt=True,
    hide_input=True,
    confirmation_prompt=True,
    hidden=True,  # on the command line other people of the machine could read it
)
@folder_option
def create(email: str, name: str, password: str, *, is_admin: bool, folder: Path) -> None:
    """Adds a person.

    The password is asked for, or taken from USER_PASSWORD.
    """
    settings = Settings()
    if settings.environment == "production" and not settings.database.url:
        raise click.ClickException("DATABASE_URL not set")
    try:
        with Embedded(folder, given=Urls(settings.database.url, NO_REDIS)) as urls:
            database = settings.database.model_copy(update={"url": urls.database})
            settings = settings.model_copy(update={"database": database})
            added = asyncio.run(_create(settings, email, name, password, is_admin=is_admin))
    except (AppError, EmbeddedError, ValueError) as error:
        raise click.ClickException(told(error)) from error
    click.echo(f"added {added.email}{' (admin)' if added.is_admin else ''} {added.id}")


async def _create(
    settings: Settings, email: str, name: str, password: str, *, is_admin: bool
) -> User:
    if await pending(settings, locations=migration_locations()):
        raise Unavailable("migrations are not applied: run `app migrate`")
    database = Database(settings.database)
    identity = Identity(settings.identity, database, secure=settings.is_secure)
    try:
        return await identity.create_user(email, name, password, is_admin=is_admin, by=SYSTEM)
    finally:
        identity.close()
        await database.close()
