"""``app revise``: the draft of a migration."""

import asyncio
from pathlib import Path

import click

import app
from app.database.branches import migration_locations
from app.database.draft import draft
from app.errors import AppError
from app.features import FEATURES
from app.settings import Settings

ROOT = Path(str(app.__file__)).parent


@click.command()
@click.argument("package")
@click.argument("message")
def revise(package: str, message: str) -> None:
    """Drafts the next migration of PACKAGE: chat, or identity.

    Compares the tables of the code with those of the database at DATABASE_URL, which must have all
    earlier migrations.
    """
    homes = [home for home in (ROOT / package, ROOT / "features" / package) if home.is_dir()]
    if not FEATURES or not homes:  # the tables of the code are known once the features are imported
        raise click.ClickException(f"there is no package {package!r} in src/app or its features")
    folder = homes[0] / "migrations" / "versions"
    folder.mkdir(parents=True, exist_ok=True)
    drafting = draft(
        Settings(),
        folder=folder,
        locations=migration_locations(),
        branch=package,
        message=message,
    )
    try:
        click.echo(asyncio.run(drafting))
    except (AppError, ValueError) as error:
        raise click.ClickException(str(error)) from error
