"""The whole service for a soak, as a web process or as a worker.

    python -m tests.soaking.service web|worker

What ``create_app`` makes, one namespace of topics and two routes more. SIGUSR1 has it say how many
tasks it has. The environment is that of the service; of its own it reads
SOAK_LEAK, a list of

    memory      keeps some bytes of every request
    tasks       leaves a task behind with every other request
    files       leaves a descriptor open with every other request
"""

import asyncio
import gc
import itertools
import os
import signal
import sys
from collections.abc import AsyncGenerator
from collections.abc import Callable
from typing import Any

from pydantic import JsonValue
from quart import Quart

from app.factory import create_app
from app.principal import Principal
from app.realtime.topics import Action
from app.realtime.topics import TopicNamespace
from app.realtime.topics import Window
from app.resources import Resources
from app.resources import resources_of
from app.serving.loop import run
from app.serving.runner import serve
from app.settings import Settings
from app.telemetry import configure_logging
from app.web.guards import guard
from app.web.guards import signed_in
from app.web.limits import UNLIMITED
from app.web.limits import limit

TASK = "soak.announce"
LEAKED_BYTES = 1024 * 1024


async def anybody(who: Principal, _key: str, _action: Action) -> bool:
    """Lets in whoever is signed in."""
    return who.is_signed_in


def create_service(settings: Settings) -> Quart:
    """Returns the service with rooms, a job and the ways to use both."""
    app = create_app(settings)
    resources = resources_of(app)
    resources.realtime.declare(
        TopicNamespace(
            "room", kind=Window(seconds=5), authorise=anybody, signals=True, presence=True
        )
    )
    add_job(app, resources)
    for name in filter(None, os.environ.get("SOAK_LEAK", "").split(",")):
        inner: Any = app.asgi_app
        app.asgi_app = leaking(inner, LEAKS[name])  # type: ignore[method-assign]
    return app


def add_job(app: Quart, resources: Resources) -> None:
    """Adds events, said at once by a request or later by a job, both through the outbox."""

    async def announce(payload: dict[str, JsonValue]) -> None:
        async with resources.database.transaction() as work:
            work.announce(str(payload["topic"]), b'"by a job"')

    resources.jobs.task(TASK, announce)

    @app.post("/soak/events/<topic>")
    @guard(signed_in)
    @limit(UNLIMITED)
    async def event(topic: str) -> tuple[str, int]:
        async with resources.database.transaction() as work:
            work.announce(topic, b'"by a request"')
        return "", 204

    @app.post("/soak/jobs/<topic>")
    @guard(signed_in)
    @limit(UNLIMITED)
    async def job(topic: str) -> tuple[str, int]:
        async with resources.database.transaction() as work:
            await resources.jobs.enqueue(work, TASK, payload={"topic": topic})
        return "", 202


def count_when_asked() -> None:
    """Has SIGUSR1 say how many tasks there are; each answer has a number of its own."""
    numbers = itertools.count(1)

    def tell() -> None:
        gc.collect()
        print(f"census {next(numbers)}: {len(asyncio.all_tasks())} tasks", flush=True)

    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, tell)


def leaking(inner: Any, leak: Callable[[list[Any]], None]) -> Any:
    """Wraps the application so that something is kept of every request, as a bug would."""
    kept: list[Any] = []

    async def broken(scope: Any, receive: Any, send: Any) -> None:
        leak(kept)
        await inner(scope, receive, send)

    return broken


def keep_memory(kept: list[Any]) -> None:
    """Keeps bytes, all different and none of them zero, or the kernel would give no page."""
    kept.append(os.urandom(LEAKED_BYTES))


def keep_a_task(kept: list[Any]) -> None:
    """Leaves a task behind with every second request."""
    kept.append(None)
    if len(kept) % 2 == 0:
        kept[-1] = asyncio.get_running_loop().create_task(asyncio.Event().wait())


def keep_a_file(kept: list[Any]) -> None:
    """Leaves a descriptor open with every second request."""
    kept.append(None)
    if len(kept) % 2 == 0:
        kept[-1] = os.open(os.devnull, os.O_RDONLY)


LEAKS: dict[str, Callable[[list[Any]], None]] = {
    "memory": keep_memory,
    "tasks": keep_a_task,
    "files": keep_a_file,
}


async def web(settings: Settings) -> int:
    """Serves until a signal comes."""
    app = create_service(settings)

    @app.while_serving
    async def counting() -> AsyncGenerator[None, None]:
        count_when_asked()
        yield

    return await serve(app, settings)


async def worker(settings: Settings) -> int:
    """Runs jobs until a signal comes."""
    resources = resources_of(create_service(settings))
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    count_when_asked()
    async with resources.opened():
        await resources.jobs.work(stop)
    return 0


if __name__ == "__main__":
    configure_logging(given := Settings())
    raise SystemExit(run({"web": web, "worker": worker}[sys.argv[1]](given)))
