"""Dashboards: figures of the service, live and as they were, on pages that people look at."""

import asyncio

import click
import structlog
from quart import Quart

from app.features.dashboards import alerts
from app.features.dashboards import boards
from app.features.dashboards import figures
from app.features.dashboards import personal_data
from app.features.dashboards.assets import AssetsMissing
from app.features.dashboards.assets import bring
from app.features.dashboards.commands import assets
from app.features.dashboards.settings import EXTENSION
from app.features.dashboards.settings import DashboardsSettings
from app.features.registration import AtHand
from app.resources import Resources

log = structlog.get_logger()


def register(app: Quart, resources: Resources) -> None:
    """Attaches every part, and has the service measured while it is open."""
    settings = DashboardsSettings()
    app.extensions[EXTENSION] = settings
    resources.identity.scopes.add("dashboards:read", "Read the figures that you may see")
    resources.identity.scopes.add("dashboards:write", "Change your dashboards and alert rules")
    resources.identity.personal_data.hold(
        "dashboards", export=personal_data.exported, erase=personal_data.erase
    )
    measured = figures.register(app, resources, settings)
    alerts.register(app, resources, settings, measured)
    boards.register(app, resources, measured)
    resources.navigation.add(
        "Dashboards",
        "/dashboards",
        order=20,
        description="Figures of the service as they move, and what they were.",
    )


def add_commands(program: click.Group, at_hand: AtHand) -> None:
    """Adds what brings the browser files."""
    program.add_command(assets)


async def add_demo(resources: Resources) -> None:
    """Brings the browser files; figures are there by themselves, from the first second on."""
    try:
        await asyncio.to_thread(bring)
    except AssetsMissing as error:
        log.warning("browser_files_missing", reason=str(error))
