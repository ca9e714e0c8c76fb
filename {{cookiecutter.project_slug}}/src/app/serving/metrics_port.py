"""The private port where Prometheus asks one process for its numbers."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from quart import Quart

from app.resources import resources_of
from app.serving.listener import address
from app.serving.listener import listen
from app.serving.open_requests import OpenRequests
from app.serving.servers import SERVERS
from app.serving.servers import own_headers
from app.settings import Settings
from app.telemetry.metrics_page import MetricsPage

CLOSE_SECONDS = 0.5

log = structlog.get_logger()


def listen_for_metrics(settings: Settings, *, worker: bool = False) -> socket.socket | None:
    """Returns the listening socket of ``METRICS_PORT``, None when there is to be none.

    A worker has a port of its own, since it may run beside a web process.
    Raises CannotListen.
    """
    metrics = settings.metrics
    port = metrics.worker_port if worker else metrics.port
    return listen(metrics.host, port) if port else None


@asynccontextmanager
async def metrics_served(
    listener: socket.socket | None, app: Quart, settings: Settings
) -> AsyncIterator[None]:
    """Serves ``/metrics`` beside the block; to its very end, so that a drain can be watched."""
    if listener is None:
        yield
        return
    where = address(listener)
    page = MetricsPage(resources_of(app).metrics)
    requests = OpenRequests(page, headers=own_headers(settings))
    server = SERVERS[settings.server.name](requests, settings, listener)
    running = asyncio.create_task(server.run(), name="metrics-server")
    log.info("serving_metrics", url=f"http://{where}/metrics")
    try:
        yield
    finally:
        server.stop()
        await asyncio.wait({running}, timeout=CLOSE_SECONDS)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
