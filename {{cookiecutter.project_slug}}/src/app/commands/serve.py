"""``app serve``: the web server of production."""

import asyncio
import logging
import os
import sys
from typing import Any

import click

from app.commands.application import deployed
from app.serving import serve as serve_app
from app.serving.listener import PORT_MAX
from app.serving.listener import inherited
from app.serving.listener import listen
from app.serving.loop import run
from app.serving.metrics_port import listen_for_metrics
from app.serving.processes import serve_with_processes
from app.settings import Settings


@click.command()
@click.option(
    "--server",
    "name",
    type=click.Choice(["hypercorn", "uvicorn"]),
    help="Instead of SERVER_NAME.",
)
@click.option("--host", help="The address to listen on, instead of SERVER_HOST.")
@click.option(
    "--port",
    type=click.IntRange(0, PORT_MAX),
    help="Instead of SERVER_PORT; 0 takes a free one.",
)
@click.option(
    "--processes",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="How many share the port.",
)
@click.option("--shared", is_flag=True, hidden=True)  # other processes listen there too
@click.option("--metrics-port", type=int, hidden=True)  # of one process among several
@click.option("--descriptor", type=int, hidden=True)  # a listening socket of the parent
def serve(
    processes: int, shared: bool, metrics_port: int | None, descriptor: int | None, **given: Any
) -> None:
    """Serves the application.

    SIGTERM and Ctrl-C end it in order, a second signal at once. Everything that has no option here
    is in the settings; see docs/settings.md.
    """
    settings = _with_options(Settings(), metrics_port, given)
    app = deployed(settings)
    try:
        if processes > 1:
            sys.exit(asyncio.run(serve_with_processes(settings, processes=processes)))
        address = settings.server.host, settings.server.port
        listener = inherited(descriptor) if descriptor else listen(*address, shared=shared)
        metrics = listen_for_metrics(settings)
    except OSError as error:
        raise click.ClickException(str(error)) from error
    code = run(serve_app(app, settings, listener=listener, metrics=metrics))
    # Nothing may hold up the end: a thread of a request that was cut could run for hours.
    logging.shutdown()
    sys.stdout.flush()
    os._exit(code)


def _with_options(settings: Settings, metrics_port: int | None, given: dict[str, Any]) -> Settings:
    chosen = {name: value for name, value in given.items() if value is not None}
    server = settings.server.model_copy(update=chosen)
    metrics = settings.metrics
    if metrics_port is not None:
        metrics = metrics.model_copy(update={"port": metrics_port})
    return settings.model_copy(update={"server": server, "metrics": metrics})
