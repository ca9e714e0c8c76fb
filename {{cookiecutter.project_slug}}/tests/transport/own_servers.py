"""The servers as the service configures them, around any application, in this process."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from quart import Quart

from app.embedded import Urls
from app.serving.servers import SERVERS
from app.settings import Settings
from tests.servers import plain_settings

STOP_SECONDS = 60.0


def settings_of(server: str, **groups: object) -> Settings:
    """Returns settings with no database and no Redis, and groups of them replaced."""
    plain = plain_settings(Urls("", ""))
    named = plain.server.model_copy(update={"name": server})
    return plain.model_copy(update={"server": named, **groups})


@asynccontextmanager
async def served(app: Quart, settings: Settings) -> AsyncIterator[int]:
    """Serves the application with the server that the settings name; yields the port."""
    listener = socket.create_server(("127.0.0.1", 0))
    port: int = listener.getsockname()[1]
    server = SERVERS[settings.server.name](app, settings, listener)
    running = asyncio.create_task(server.run())
    try:
        yield port
    finally:
        server.stop()
        await asyncio.wait({running}, timeout=STOP_SECONDS)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
