"""Stock Quart under stock Hypercorn, as a tutorial has it: what the drain is measured against.

Usage: ``python -m tests.bars.stock_program PORT``.
"""

import asyncio
import sys
from collections.abc import AsyncIterator

from hypercorn.config import Config
from hypercorn.run import run
from quart import Quart
from quart import Response

app = Quart(__name__)


@app.get("/ready")
async def ready() -> str:
    """Answers."""
    return "ready"


@app.get("/events")
async def events() -> Response:
    """Streams for ever."""

    async def stream() -> AsyncIterator[bytes]:
        while True:
            yield b": hello\n\n"
            await asyncio.sleep(0.2)

    return Response(stream(), content_type="text/event-stream")


@app.get("/stuck")
async def stuck() -> str:
    """Never answers, and does not listen to who wants it to end."""
    while True:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            continue


if __name__ == "__main__":
    config = Config()
    config.application_path = "tests.bars.stock_program:app"
    config.bind = [f"127.0.0.1:{sys.argv[1]}"]
    config.graceful_timeout = 0.5
    config.workers = 0  # in this process, so that a test can end it
    run(config)
