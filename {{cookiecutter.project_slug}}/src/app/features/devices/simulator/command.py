"""``app devices simulate``."""

import asyncio
import json
import sys
from dataclasses import asdict
from typing import Any
from uuid import UUID

import click

from app.database import Database
from app.errors import AppError
from app.features.devices.settings import DevicesSettings
from app.features.devices.tokens import Tokens
from app.features.registration import AtHand
from app.resources import Resources
from app.telemetry.processes import allow_open_files

from .plan import Plan
from .registering import register
from .registering import remove
from .run import simulate
from .tally import Report

DEVICES_MOST = 20_000
SECONDS_MOST = 86_400.0
BATCH_MOST = 500
SPARE_FILES = 200
EMAIL = "ada@example.com"


OPTIONS = (
    click.argument("url", default="http://127.0.0.1:8000"),
    click.option(
        "--count",
        type=click.IntRange(1, DEVICES_MOST),
        default=100,
        show_default=True,
        help="How many devices.",
    ),
    click.option(
        "--seconds",
        type=click.FloatRange(0.1, SECONDS_MOST),
        default=30.0,
        show_default=True,
        help="For how long they send.",
    ),
    click.option(
        "--interval-seconds",
        type=click.FloatRange(0.05, 3_600),
        default=5.0,
        show_default=True,
        help="How often each sends a batch.",
    ),
    click.option(
        "--batch",
        type=click.IntRange(1, BATCH_MOST),
        default=10,
        show_default=True,
        help="Readings in a batch.",
    ),
    click.option(
        "--cuts",
        type=click.FloatRange(0, 1),
        default=0.02,
        show_default=True,
        help="The share of batches during which the socket is cut.",
    ),
    click.option(
        "--seed", type=int, default=1, show_default=True, help="The same seed, the same cuts."
    ),
    click.option("--email", default=EMAIL, show_default=True, help="Whose devices they are."),
    click.option("--keep", is_flag=True, help="Leave the devices and their readings behind."),
    click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table."),
)


def add_commands(devices: click.Group, at_hand: AtHand) -> None:
    """Adds ``simulate`` to ``app devices``."""

    def run(url: str, **given: Any) -> None:
        """Runs devices, and counts what became of their readings.

        Registers them in the database of the service at URL, has them send over real sockets, cuts
        some of them, and looks into the table in the end. It always ends: what still waits for an
        answer 20 seconds after the last batch is given up. Exits with 1 when something that was
        acknowledged is lost or doubled, when nothing was, and when the table could not be looked
        into. Above 1,000 devices the service needs a higher REALTIME_CONNECTIONS_PER_ADDRESS.
        """
        with at_hand() as resources:
            _tell(resources, url, given)

    for option in reversed(OPTIONS):
        run = option(run)
    devices.command("simulate")(run)


def _tell(resources: Resources, url: str, given: dict[str, Any]) -> None:
    allow_open_files(given["count"] + SPARE_FILES)
    try:
        report = asyncio.run(_run(resources, _plan(url, given), given))
    except (AppError, OSError) as failure:
        raise click.ClickException(str(failure)) from failure
    for line in [json.dumps(asdict(report))] if given["as_json"] else report.rows():
        click.echo(line)
    if not report.is_good:
        sys.exit(1)


def _plan(url: str, given: dict[str, Any]) -> Plan:
    names = ("count", "seconds", "interval_seconds", "batch", "cuts", "seed")
    return Plan(url, **{name: given[name] for name in names})


async def _remove(database: Database, ids: list[UUID]) -> None:
    """Removes the devices; what was counted is worth more than an error here."""
    try:
        await remove(database, ids)
    except AppError as failure:
        click.echo(f"some simulated devices are left behind: {failure}", err=True)


async def _run(resources: Resources, plan: Plan, given: dict[str, Any]) -> Report:
    database = resources.database
    tokens = Tokens(database, prefix=DevicesSettings().token_prefix)
    await database.open()
    try:
        made = await register(database, tokens, email=given["email"], count=plan.count)
        try:
            return await simulate(
                plan, database, made, tell=lambda line: click.echo(line, err=True)
            )
        finally:
            if not given["keep"]:
                await _remove(database, list(made))
    finally:
        await database.close()
