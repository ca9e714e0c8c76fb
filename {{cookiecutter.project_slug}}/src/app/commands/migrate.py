"""``app migrate``: the tables of this version."""

import asyncio

import click

from app.database.branches import migration_locations
from app.database.migrate import migrate as apply_migrations
from app.errors import Unavailable
from app.settings import Settings
from app.telemetry import configure_logging


@click.command()
def migrate() -> None:
    """Applies the pending migrations.

    Two at once take turns, and none is left half-done.
    """
    settings = Settings()
    configure_logging(settings)
    try:
        applied = asyncio.run(apply_migrations(settings, locations=migration_locations()))
    except (Unavailable, ValueError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"applied {', '.join(applied)}" if applied else "nothing to migrate")
