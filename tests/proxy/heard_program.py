"""A service that remembers what it was asked, to stand behind a proxy.

Usage: ``python heard_program.py hypercorn|uvicorn|stock``, with the project on PYTHONPATH; prints its port.
``stock`` is Quart on Hypercorn without the project's transport. GET /heard returns what it heard.
"""

import asyncio
import sys
from contextlib import AbstractAsyncContextManager

from app.settings import WebSettings
from app.transport import harden
from quart import Quart
from quart import request
from tests.transport.own_servers import served
from tests.transport.own_servers import settings_of
from tests.transport.servers import hypercorn


def remembering() -> Quart:
    """Returns an application that notes method, target and size of every request, whatever it is."""
    app = Quart("heard", static_folder=None)
    heard: list[tuple[str, str, int]] = []

    @app.before_request
    async def note() -> str | None:
        if request.path == "/heard":
            return None
        heard.append((request.method, request.path, len(await request.get_data())))
        return "noted"

    @app.get("/heard")
    async def tell() -> list[tuple[str, str, int]]:
        return heard

    return app


def serving(app: Quart, name: str) -> AbstractAsyncContextManager[int]:
    """Returns the server around the application."""
    if name == "stock":
        return hypercorn(app)
    harden(app, WebSettings.model_construct())
    return served(app, settings_of(name))


async def main() -> None:
    """Serves until it is killed."""
    async with serving(remembering(), sys.argv[1]) as port:
        print(port, flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
