"""The realtime endpoints as a process of its own, put together as `app.factory` does.

Over the memory backplane and without accounts, so that its memory tells of connections alone.
Usage: ``python -m tests.abuse.victim_program SETTINGS``, which are JSON. It says its port first.
"""

import asyncio
import json
import resource
import sys
from typing import Any

from quart import Quart
from quart import request
from quart import websocket

from app.realtime import Realtime
from app.realtime.adapters import open_backplane
from app.realtime.asgi import ASGIApp
from app.serving.listener import listen
from app.serving.servers import SERVERS
from app.settings import RealtimeSettings
from app.settings import Settings
from app.settings import WebSettings
from app.telemetry import RequestLog
from app.telemetry.logs import configure_logging
from app.transport import BehindProxies
from app.transport import harden
from tests.realtime.rig import ORIGIN
from tests.realtime.rig import Door
from tests.realtime.rig import namespaces
from tests.transport.own_servers import settings_of


def victim_settings(given: dict[str, Any]) -> Settings:
    """Returns the defaults of the service with what a test asks for instead."""
    realtime = RealtimeSettings.model_construct(
        backplane="memory", drain_window_seconds=0.0, **given.get("realtime", {})
    )
    web = WebSettings.model_construct(**given.get("web", {}))
    settings = settings_of(given["server"], realtime=realtime, web=web)
    limits = {"port": 0, **given.get("limits", {})}
    return settings.model_copy(update={"server": settings.server.model_copy(update=limits)})


def open_realtime(settings: Settings) -> Realtime:
    """Returns a realtime core that lets ada and grace in by their name."""
    backplane, presence = open_backplane(settings.realtime, settings.redis, node="victim")
    door = Door()
    door.add("ada")
    door.add("grace")
    realtime = Realtime(
        settings.realtime,
        backplane=backplane,
        presence=presence,
        authenticate=door.authenticate,
        origins=frozenset({ORIGIN}),
    )
    for namespace in namespaces(door):
        realtime.declare(namespace)
    return realtime


def web_app(realtime: Realtime, settings: Settings) -> Quart:
    """Returns the application behind the endpoints: an echo, a way to publish, and figures."""
    app = Quart("victim", static_folder=None)
    harden(app, settings.web)

    @app.websocket("/echo")
    async def echo() -> None:
        while True:
            await websocket.send(await websocket.receive())

    @app.post("/publish")
    async def publish() -> str:
        topic, data = request.args["topic"], await request.body
        for _ in range(int(request.args.get("times", 1))):
            await realtime.publish(topic, data)
        return ""

    @app.get("/figures")
    async def figures() -> dict[str, Any]:
        return figures_of(realtime)

    app.asgi_app = BehindProxies(  # type: ignore[method-assign]
        RequestLog(realtime.endpoint(_as_asgi(app))), hops=0
    )
    return app


def figures_of(realtime: Realtime) -> dict[str, Any]:
    """Returns what this process holds."""
    core = realtime._core
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "connections": len(core.hub.connections),
        "topics": len(core.hub.topics),
        "subscriptions": sum(len(one.subscriptions) for one in core.hub.connections.values()),
        "admitted": core.admission.connections,
        "queued_bytes": core.backlog.queued_bytes,
        "tasks": len(asyncio.all_tasks()),
        "cpu_seconds": used.ru_utime + used.ru_stime,
    }


def _as_asgi(app: Quart) -> ASGIApp:
    inner: Any = app.asgi_app
    return inner  # type: ignore[no-any-return]


async def main() -> None:
    """Serves until it is killed."""
    settings = victim_settings(json.loads(sys.argv[1]))
    configure_logging(settings)
    realtime = open_realtime(settings)
    app = web_app(realtime, settings)
    await realtime.open()
    listener = listen("127.0.0.1", 0)
    print(f"port {listener.getsockname()[1]}", flush=True)
    await SERVERS[settings.server.name](app, settings, listener).run()


if __name__ == "__main__":
    asyncio.run(main())
