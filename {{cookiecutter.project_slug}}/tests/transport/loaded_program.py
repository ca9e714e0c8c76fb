"""A server under load, as a process of its own; it says its port first.

Usage: ``python -m tests.transport.loaded_program SERVER``, where SERVER may be ``stock``: Hypercorn
and Quart without any of our bounds.
"""

import asyncio
import hashlib
import sys
from collections.abc import AsyncIterator

from hypercorn.asyncio import serve
from hypercorn.config import Config
from quart import Quart
from quart import Response
from quart import request

from app.serving.listener import listen
from app.serving.loop import run
from app.serving.servers import SERVERS
from app.settings import WebSettings
from app.telemetry.logs import configure_logging
from app.transport import body_limit
from app.transport import harden
from tests.transport.own_servers import settings_of

PART = b"x" * 64 * 1_024
UPLOAD_MAX_BYTES = 1_024**3
STORE_SECONDS = 0.002


def add_views(app: Quart) -> None:
    """Adds a download that is made as it goes, a slow store, and a greeting."""

    @app.get("/hello")
    async def hello() -> str:
        return "hello"

    @app.get("/generated")
    async def generated() -> Response:
        async def parts() -> AsyncIterator[bytes]:
            while True:
                yield PART

        response = Response(parts())
        response.timeout = None
        return response

    @app.post("/store")
    @body_limit(UPLOAD_MAX_BYTES)
    async def store() -> str:
        digest = hashlib.sha256()
        async for part in request.body:
            digest.update(part)
            await asyncio.sleep(STORE_SECONDS)
        return digest.hexdigest()


async def main(name: str) -> int:
    """Serves until it is killed; returns what `run` takes for a good end."""
    app = Quart("loaded", static_folder=None)
    listener = listen("127.0.0.1", 0)
    print(f"port {listener.getsockname()[1]}", flush=True)
    if name == "stock":
        app.config["MAX_CONTENT_LENGTH"] = UPLOAD_MAX_BYTES
        add_views(app)
        config = Config()
        config.bind = [f"fd://{listener.detach()}"]
        await serve(app, config, shutdown_trigger=asyncio.Event().wait)
        return 0
    web = WebSettings.model_construct()
    settings = settings_of(name, web=web)
    configure_logging(settings)
    harden(app, web)
    add_views(app)
    await SERVERS[name](app, settings, listener).run()
    return 0


if __name__ == "__main__":
    sys.exit(run(main(sys.argv[1])))  # on the loop of a process that serves
