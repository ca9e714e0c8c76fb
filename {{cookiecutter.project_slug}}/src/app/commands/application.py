"""The application for a command, or one line that says which address is missing or wrong."""

import click
from quart import Quart

from app.database.address import driver_url
from app.factory import create_app
from app.settings import Settings


def application(settings: Settings) -> Quart:
    """Returns the application.

    Raises ClickException when an address is not set or names another kind of server.
    """
    needed = {"DATABASE_URL": settings.database.url, "REDIS_URL": settings.redis.url}
    if settings.realtime.backplane == "memory":
        needed.pop("REDIS_URL")
    missing = [name for name, value in needed.items() if not value]
    try:
        if "DATABASE_URL" not in missing:
            driver_url(settings.database.url)
        if not missing:
            return create_app(settings)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    raise click.ClickException(
        f"{' and '.join(missing)} not set; `app dev` starts the servers itself"
    )
