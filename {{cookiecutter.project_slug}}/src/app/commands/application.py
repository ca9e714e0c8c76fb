"""The application for a command, or lines that say what is missing, wrong or not safe."""

import click
import structlog
from quart import Quart

from app.database.address import secured
from app.deployment import PLATFORM
from app.deployment import Checks
from app.deployment import Finding
from app.factory import create_app
from app.resources import resources_of
from app.settings import Settings
from app.telemetry import configure_logging

log = structlog.get_logger()


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
            secured(settings.database.url)
        if not missing:
            return create_app(settings)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    raise click.ClickException(
        f"{' and '.join(missing)} not set; `app dev` starts the servers itself"
    )


def deployed(settings: Settings) -> Quart:
    """Returns the application for a process that people will meet, and begins its log.

    Raises ClickException, with a line and a remedy each, when this is production and a check finds
    something dangerous. The rest that is found is logged.
    """
    is_production = settings.environment == "production"
    if is_production:
        _refuse(Checks(PLATFORM).findings(settings))
    app = application(settings)
    found = resources_of(app).checks.findings(settings) if is_production else []
    _refuse(found)
    configure_logging(settings)
    for one in found:
        log.warning("unsafe_setting", check=one.check.id, wrong=one.wrong, remedy=one.check.remedy)
    return app


def _refuse(found: list[Finding]) -> None:
    dangerous = [str(one) for one in found if one.check.severity == "dangerous"]
    if dangerous:
        raise click.ClickException("production does not start like this:\n" + "\n".join(dangerous))
