"""A server with few descriptors, as a process of its own; it says its port first.

Usage: ``python -m tests.transport.flooded_program SERVER OPEN_FILES``, where SERVER may be
``stock``: Hypercorn without any of our bounds.
"""

import asyncio
import resource
import sys

from hypercorn.asyncio import serve
from hypercorn.config import Config
from quart import Quart

from app.serving.listener import listen
from app.serving.loop_errors import measure_loop_errors
from app.serving.servers import SERVERS
from app.telemetry.logs import configure_logging
from app.transport import harden
from tests.transport.own_servers import settings_of


def hello_app() -> Quart:
    """Returns an application that says hello."""
    app = Quart("flooded", static_folder=None)

    @app.get("/")
    async def hello() -> str:
        return "hello"

    return app


async def main(name: str) -> None:
    """Serves until it is killed."""
    app = hello_app()
    listener = listen("127.0.0.1", 0)
    print(f"port {listener.getsockname()[1]}", flush=True)
    if name == "stock":
        config = Config()
        config.bind = [f"fd://{listener.detach()}"]
        config.backlog = 1024
        await serve(app, config, shutdown_trigger=asyncio.Event().wait)
        return
    settings = settings_of(name)
    configure_logging(settings)
    harden(app, settings.web)
    measure_loop_errors()
    await SERVERS[name](app, settings, listener).run()


if __name__ == "__main__":
    files = int(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    asyncio.run(main(sys.argv[1]))
