"""``app user``: people, from the command line."""

import asyncio

import click

from app.database import Database
from app.errors import AppError
from app.errors import Invalid
from app.identity import Identity
from app.identity import User
from app.settings import Settings


@click.group()
def user() -> None:
    """Adds people."""


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
def create(email: str, name: str, password: str, *, is_admin: bool) -> None:
    """Adds a person; the password is asked for, or taken from USER_PASSWORD."""
    settings = Settings()
    if not settings.database.url:
        raise click.ClickException("DATABASE_URL not set")
    try:
        added = asyncio.run(_create(settings, email, name, password, is_admin=is_admin))
    except Invalid as error:
        told = "; ".join(f"{field}: {text}" for field, text in error.fields.items())
        raise click.ClickException(told) from error
    except AppError as error:
        raise click.ClickException(error.detail) from error
    click.echo(f"added {added.email}{' (admin)' if added.is_admin else ''} {added.id}")


async def _create(
    settings: Settings, email: str, name: str, password: str, *, is_admin: bool
) -> User:
    database = Database(settings.database)
    identity = Identity(settings.identity, database, secure=settings.is_secure)
    try:
        return await identity.create_user(email, name, password, is_admin=is_admin)
    finally:
        identity.close()
        await database.close()
