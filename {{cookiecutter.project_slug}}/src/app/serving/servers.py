"""Hypercorn and uvicorn behind one shape: run until stopped, never touch signals or lifespan."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Iterator
from typing import Protocol

import uvicorn
from hypercorn.asyncio import serve

from app.serving.listener import BACKLOG_CONNECTIONS
from app.serving.open_files import files_for_connections
from app.serving.open_requests import Application
from app.settings import Settings
from app.transport.connection_caps import ConnectionCaps
from app.transport.frame_limits import FrameLimits
from app.transport.hypercorn_protocol import BoundedConfig
from app.transport.hypercorn_protocol import bound_hypercorn
from app.transport.server_answers import Headers
from app.transport.uvicorn_protocol import bounded_http
from app.transport.uvicorn_protocol import bounded_socket
from app.web.headers import security_headers

NEVER_SECONDS = 24 * 3600.0
KEEP_ALIVE_REQUESTS = 100_000  # a proxy keeps its connections; closing one under it costs a 502


class WebServer(Protocol):
    """A server that accepts from a given socket."""

    async def run(self) -> None:
        """Serves until ``stop``, then waits, however long, until the open connections end."""
        ...

    def stop(self) -> None:
        """Stops accepting, closes idle connections and lets ``run`` end."""
        ...


class HypercornServer:
    """Hypercorn, without compression of WebSocket messages and without cleartext HTTP/2."""

    def __init__(self, app: Application, settings: Settings, listener: socket.socket) -> None:
        self._app = app
        self._config = _hypercorn_config(settings, listener)
        self._stop = asyncio.Event()

    async def run(self) -> None:
        """Serves until ``stop`` and all connections have ended."""
        bound_hypercorn()
        await serve(self._app, self._config, shutdown_trigger=self._stop.wait)

    def stop(self) -> None:
        """Stops accepting and closes idle connections."""
        self._stop.set()


def _hypercorn_config(settings: Settings, listener: socket.socket) -> BoundedConfig:
    config = BoundedConfig()
    config.bind = [f"fd://{listener.detach()}"]  # which Hypercorn closes
    config.backlog = BACKLOG_CONNECTIONS
    config.accesslog = None
    config.errorlog = logging.getLogger("hypercorn.error")
    config.include_server_header = False
    config.keep_alive_timeout = settings.server.keep_alive_seconds
    config.keep_alive_max_requests = KEEP_ALIVE_REQUESTS
    config.websocket_max_message_size = settings.realtime.frame_max_bytes
    config.frame_limits = frame_limits(settings)
    config.head_seconds = settings.server.head_seconds
    config.caps = connection_caps(settings)
    config.own_headers = own_headers(settings)
    # A socket with so many frames unread is not read from, so the client waits. uvicorn stops
    # reading with the first unread frame; it holds what came with it in one read of the transport.
    config.max_app_queue_size = settings.realtime.inbound_frames
    config.graceful_timeout = NEVER_SECONDS  # the deadlines of the runner are the ones that count
    return config


def frame_limits(settings: Settings) -> FrameLimits:
    """Returns what a client may put into frames, on the realtime socket as on any other."""
    return FrameLimits(
        message_max_bytes=max(
            settings.realtime.frame_max_bytes, settings.web.websocket_message_max_bytes
        ),
        frames_per_second=settings.web.websocket_frames_per_second,
    )


def connection_caps(settings: Settings) -> ConnectionCaps:
    """Returns how many connections are kept: never more than there are descriptors for.

    Those of the realtime core have settings of their own, and room enough here.
    """
    server, realtime = settings.server, settings.realtime
    is_direct = settings.web.trusted_proxy_hops == 0
    return ConnectionCaps(
        total=min(
            max(server.connections, realtime.connections_per_process), files_for_connections()
        ),
        per_address=max(server.connections_per_address, realtime.connections_per_address)
        if is_direct
        else None,
        headers=own_headers(settings),
    )


def own_headers(settings: Settings) -> Headers:
    """Returns the headers of what is answered with no application behind it."""
    return tuple(security_headers(secure=settings.is_secure).items())


class UvicornServer:
    """uvicorn, with its signal handling and its lifespan left out."""

    def __init__(self, app: Application, settings: Settings, listener: socket.socket) -> None:
        self._listener = listener
        self._server = _Uvicorn(_uvicorn_config(app, settings))

    async def run(self) -> None:
        """Serves until ``stop`` and all connections have ended."""
        await self._server.serve(sockets=[self._listener])

    def stop(self) -> None:
        """Stops accepting and closes idle connections."""
        self._server.should_exit = True


class _Uvicorn(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield  # the runner does


def _uvicorn_config(app: Application, settings: Settings) -> uvicorn.Config:
    caps, headers = connection_caps(settings), own_headers(settings)
    return uvicorn.Config(
        app,
        lifespan="off",
        http=bounded_http(settings.server.head_seconds, caps=caps, own_headers=headers),
        ws=bounded_socket(frame_limits(settings), caps=caps, own_headers=headers),
        ws_max_size=settings.realtime.frame_max_bytes,
        ws_per_message_deflate=False,
        ws_ping_interval=None,  # the hub has a heartbeat of its own, with a deadline
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=BACKLOG_CONNECTIONS,
        timeout_keep_alive=int(settings.server.keep_alive_seconds),
    )


SERVERS: dict[str, type[HypercornServer] | type[UvicornServer]] = {
    "hypercorn": HypercornServer,
    "uvicorn": UvicornServer,
}
