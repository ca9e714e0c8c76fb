"""Several serving processes on one port, kept running by a parent that serves nothing itself.

Each process listens on its own socket (SO_REUSEPORT), between which the kernel shares out the
connections. The parent only holds the port, so that it stays ours between two lives of a child.
"""

import asyncio
import socket

import structlog

from app.serving.child import Child
from app.serving.child import ChildGaveUp
from app.serving.lifeline import Lifeline
from app.serving.listener import CannotListen
from app.serving.signals import StopSignals
from app.settings import Settings

ATTEMPTS = 5
SPARE_SECONDS = 5.0

log = structlog.get_logger()


async def serve_with_processes(settings: Settings, *, processes: int) -> int:
    """Serves with several processes until a signal arrives; returns the exit code.

    The code is 1 when a process could not be kept running; the others are stopped in order then.
    """
    with StopSignals() as signals, hold_port(settings) as holder:
        port = str(holder.getsockname()[1])
        lifeline = Lifeline()
        where = ("--port", port, "--host", settings.server.host)
        arguments = ("serve", "--shared", *where, "--server", settings.server.name)
        stop_seconds = settings.realtime.drain_deadline_seconds + SPARE_SECONDS
        children = [
            Child(
                f"web-{number}",
                (*arguments, *metrics_arguments(settings, number)),
                lifeline=lifeline,
                stop_seconds=stop_seconds,
            )
            for number in range(1, processes + 1)
        ]
        return await keep_all(children, signals)


def metrics_arguments(settings: Settings, number: int) -> tuple[str, ...]:
    """Returns what gives process ``number`` a metrics port of its own: the next ones, in order.

    Each is scraped for itself, because a sum would hide the one process that is ill.
    """
    port = settings.metrics.port
    return ("--metrics-port", str(port + number - 1)) if port else ()


def hold_port(settings: Settings) -> socket.socket:
    """Returns a socket that is bound, so that the port is ours, and does not listen.

    Raises CannotListen.
    """
    host = settings.server.host
    holder = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        holder.bind((host, settings.server.port))
    except OSError as error:
        holder.close()
        raise CannotListen(error, host, settings.server.port) from error
    return holder


async def keep_all(children: list[Child], signals: StopSignals, *, attempts: int = ATTEMPTS) -> int:
    """Keeps the children running until a signal arrives or one has failed ``attempts`` times."""
    keeping = [
        asyncio.create_task(child.keep_running(attempts=attempts), name=child.name)
        for child in children
    ]
    stopping = asyncio.create_task(signals.first.wait(), name="stop-signal")
    await asyncio.wait({*keeping, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    await asyncio.gather(*(child.stop() for child in children))
    results = await asyncio.gather(*keeping, return_exceptions=True)
    gave_up = [str(result) for result in results if isinstance(result, ChildGaveUp)]
    if gave_up:
        log.error("gave_up", children=gave_up)
    return 1 if gave_up else 0
