"""The real service of the template, with a topic namespace and an ear for the benchmark's orders.

Run by ``benchmarks.contestants`` with the settings in its environment. Everything else is as
``app serve`` has it: the application, its middleware, the runner, the server, the loop.
"""

import asyncio
import os
from typing import Any

from app.factory import create_app
from app.principal import Principal
from app.realtime.topics import Action
from app.realtime.topics import TopicNamespace
from app.realtime.topics import Window
from app.resources import resources_of
from app.serving import serve
from app.serving.listener import listen
from app.serving.loop import run
from app.settings import Settings
from app.telemetry import configure_logging
from app.web.guards import guard
from app.web.guards import signed_in
from app.web.limits import limit
from quart import Quart
from quart_schema import hide

from benchmarks.wire import PAYLOAD

TOPIC = "bench:all"


async def everybody(who: Principal, key: str, action: Action) -> bool:
    """Lets everybody who is signed in listen."""
    return who.is_signed_in


def add_route(app: Quart) -> None:
    """Adds a route that does nothing itself, so that all it costs is the edge."""

    @app.get("/bench/json")
    @guard(signed_in)
    @limit("10000000/minute")
    @hide
    async def message() -> dict[str, str]:
        return {"message": "hello"}


async def obey(publish: Any) -> None:
    """Publishes as many messages as each line on the standard input says."""
    orders = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(orders)
    stdin = os.fdopen(0, "rb", buffering=0)
    await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, stdin)
    while line := await orders.readline():
        for _ in range(int(line)):
            await publish(TOPIC, PAYLOAD)


async def main() -> int:
    """Serves until a signal arrives."""
    settings = Settings()
    configure_logging(settings)
    app = create_app(settings)
    add_route(app)
    realtime = resources_of(app).realtime
    realtime.declare(TopicNamespace("bench", kind=Window(), authorise=everybody))
    obeying = asyncio.create_task(obey(realtime.publish))
    code = await serve(app, settings, listener=listen(settings.server.host, settings.server.port))
    obeying.cancel()
    return code


if __name__ == "__main__":
    os._exit(run(main()))
