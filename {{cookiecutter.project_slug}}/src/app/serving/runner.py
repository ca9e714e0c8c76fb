"""One serving process, from its start to an end in order.

SIGTERM -> not ready -> the hub closes its sockets and streams over a window -> no new
connections -> open requests finish -> the application closes its resources -> exit code 0.
A request that is still being answered at the hard deadline, or a second signal: it is named in
one line, cut, and the exit code is 1.

The servers' own shutdown is only the last step of this, and bounded: since Python 3.12 Hypercorn
waits for every connection without a deadline, and uvicorn waits for streams.
"""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from quart import Quart

from app.resources import Resources
from app.resources import resources_of
from app.serving.listener import address
from app.serving.listener import listen
from app.serving.loop_errors import measure_loop_errors
from app.serving.metrics_port import metrics_served
from app.serving.open_requests import OpenRequests
from app.serving.servers import SERVERS
from app.serving.servers import WebServer
from app.serving.servers import own_headers
from app.serving.signals import StopSignals
from app.settings import Settings

CONNECTIONS_CLOSE_SECONDS = 0.5
CUT_SECONDS = 0.5
RESOURCES_CLOSE_SECONDS = 3.0

log = structlog.get_logger()


async def serve(
    app: Quart,
    settings: Settings,
    *,
    listener: socket.socket | None = None,
    metrics: socket.socket | None = None,
) -> int:
    """Serves until a signal arrives; returns the exit code.

    ``listener`` is a listening socket to use instead of the address in the settings; ``metrics`` is
    another one, for Prometheus.
    Raises OSError when the address cannot be had.
    """
    listener = listener or listen(settings.server.host, settings.server.port)
    measure_loop_errors()
    with StopSignals() as signals:
        async with metrics_served(metrics, app, settings):
            return await serve_until(signals, app, settings, listener=listener)


async def serve_until(
    signals: StopSignals, app: Quart, settings: Settings, *, listener: socket.socket
) -> int:
    """Serves until ``signals`` say otherwise; returns the exit code."""
    requests = OpenRequests(app, headers=own_headers(settings))
    async with started(app):
        where = address(listener)
        server = SERVERS[settings.server.name](requests, settings, listener)
        async with _running(server):
            log.info("serving", url=f"http://{where}", server=settings.server.name)
            await signals.first.wait()
            stop = _Stop(resources_of(app), requests, server, settings)
            return await stop.run(signals.second)


@asynccontextmanager
async def started(app: Quart) -> AsyncIterator[None]:
    """Starts the application, and in the end closes its resources within a deadline."""
    await app.startup()
    try:
        yield
    finally:
        try:
            async with asyncio.timeout(RESOURCES_CLOSE_SECONDS):
                await app.shutdown()
        except TimeoutError:
            log.error("resources_not_closed", after_seconds=RESOURCES_CLOSE_SECONDS)


@asynccontextmanager
async def _running(server: WebServer) -> AsyncIterator[None]:
    """Runs the server beside the block; when it fails, so does the block."""
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(_run(server), name="web-server")
        yield
        await asyncio.wait({running}, timeout=CONNECTIONS_CLOSE_SECONDS)
        running.cancel()


async def _run(server: WebServer) -> None:
    """Runs the server; when cancelled it leaves behind what does not listen to that."""
    running = asyncio.create_task(server.run(), name="web-server:connections")
    try:
        await asyncio.shield(running)
    except asyncio.CancelledError:
        # A view that swallows its cancellation holds its connection, and that the server.
        running.cancel()
        await asyncio.wait({running}, timeout=CONNECTIONS_CLOSE_SECONDS)
        raise


class _Stop:
    """An orderly end of one process."""

    def __init__(
        self, resources: Resources, requests: OpenRequests, server: WebServer, settings: Settings
    ) -> None:
        self._resources = resources
        self._requests = requests
        self._server = server
        self._window_seconds = settings.realtime.drain_window_seconds
        self._drain_seconds = settings.realtime.drain_deadline_seconds
        self._grace_seconds = settings.server.request_grace_seconds

    async def run(self, forced: asyncio.Event) -> int:
        """Returns the exit code; ``forced`` cuts it short."""
        orderly = asyncio.create_task(self._in_order(), name="drain")
        force = asyncio.create_task(forced.wait(), name="second-signal")
        await asyncio.wait({orderly, force}, return_when=asyncio.FIRST_COMPLETED)
        force.cancel()
        unfinished = self._requests.unfinished
        is_clean = not unfinished and not forced.is_set()
        if not is_clean:
            reason = "second signal" if forced.is_set() else "deadline"
            log.error("stopped_by_force", reason=reason, unfinished=unfinished)
        self._server.stop()
        await self._requests.cut(within_seconds=CUT_SECONDS)
        orderly.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await orderly
        return 0 if is_clean else 1

    async def _in_order(self) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._drain_seconds
        self._resources.health.draining = True
        log.info("draining", window_seconds=self._window_seconds)
        await self._resources.realtime.drain(
            window_seconds=self._window_seconds, deadline_seconds=self._drain_seconds
        )
        self._server.stop()
        deadline = max(deadline, loop.time() + self._grace_seconds)
        await self._requests.finish(deadline=deadline)
        log.info("drained")
