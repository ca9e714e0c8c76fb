"""``app worker``: the process that runs background jobs."""

import asyncio
import signal

import click

from app.commands.application import application
from app.resources import resources_of
from app.settings import Settings
from app.telemetry import configure_logging


@click.command()
def worker() -> None:
    """Runs background jobs.

    SIGTERM and Ctrl-C end it in order; jobs that have not ended by then are kept.
    """
    settings = Settings()
    configure_logging(settings)
    asyncio.run(work(settings))


async def work(settings: Settings) -> None:
    """Works with the same resources as the web process, until a signal comes."""
    resources = resources_of(application(settings))
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with resources.opened():
        await resources.jobs.work(stop)
