"""Serves an application that logs a lot to an output that nobody reads.

Usage: ``python -m tests.telemetry.blocked_program ours|print``; its port goes to standard error.
"""

import asyncio
import sys
from typing import Any

import structlog
from quart import Quart

from app.serving.listener import listen
from app.serving.servers import UvicornServer
from app.settings import Settings
from app.telemetry import RequestLog
from app.telemetry import configure_logging
from app.telemetry.logs import dropped_lines

LINES_A_REQUEST = 40
FILLER = "x" * 100


def web_app(say: Any) -> Quart:
    """Returns an application that says much for each request."""
    app = Quart("talkative")

    @app.get("/")
    async def home() -> str:
        for number in range(LINES_A_REQUEST):
            say(f"line {number} {FILLER}")
        return "done"

    @app.get("/dropped")
    async def dropped() -> str:
        return str(dropped_lines())

    app.asgi_app = RequestLog(app.asgi_app)  # type: ignore[method-assign]
    return app


async def serve(mode: str) -> None:
    """Serves until it is killed."""
    settings = Settings.model_construct(log_format="json")
    if mode == "ours":
        configure_logging(settings)
    say = structlog.get_logger().info if mode == "ours" else lambda text: print(text, flush=True)
    listener = listen("127.0.0.1", 0)
    print(listener.getsockname()[1], file=sys.stderr, flush=True)
    await UvicornServer(web_app(say), settings, listener).run()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
