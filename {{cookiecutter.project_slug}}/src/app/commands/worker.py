"""``app worker``: the process that runs background jobs."""

import asyncio
import signal

import click

from app.commands.application import deployed
from app.resources import resources_of
from app.serving.metrics_port import listen_for_metrics
from app.serving.metrics_port import metrics_served
from app.settings import Settings


@click.command()
def worker() -> None:
    """Runs background jobs.

    SIGTERM and Ctrl-C end it in order; jobs that have not ended by then are kept.
    """
    settings = Settings()
    asyncio.run(work(settings))


async def work(settings: Settings) -> None:
    """Works with the same resources as the web process, until a signal comes.

    Raises ClickException when the port of METRICS_WORKER_PORT cannot be had.
    """
    app = deployed(settings)
    resources = resources_of(app)
    try:
        metrics = listen_for_metrics(settings, worker=True)
    except OSError as error:
        raise click.ClickException(str(error)) from error
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with metrics_served(metrics, app, settings), resources.opened():
        await resources.jobs.work(stop)
