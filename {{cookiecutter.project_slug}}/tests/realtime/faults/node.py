"""A web process with rooms and nothing else: ``python -m tests.realtime.faults.node``.

The real realtime core over the real Redis adapter, under the real server and the real runner;
only people are made up (the cookie ``session=<name>`` is the whole proof). Tests kill, stop and
restart such processes. The environment is that of the service; of its own it reads

    NODE_CLOCK=wall   takes the wall clock for its timers, the mistake that F20 is about
    NODE_BUG=drop     loses one message in BUG_EVERY_MESSAGES without a word
    NODE_BUG=hoard    never lets go of a connection
"""

import asyncio
import ctypes
import gc
import os
import secrets
import sys
import time
from collections.abc import Awaitable
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from typing import ClassVar
from uuid import NAMESPACE_OID
from uuid import uuid5

from quart import Quart
from quart import request
from quart import send_from_directory

import app.web
from app.errors import Unavailable
from app.principal import Principal
from app.principal import SessionId
from app.principal import UserId
from app.realtime import Realtime
from app.realtime.adapters import open_backplane
from app.realtime.credentials import NOBODY
from app.realtime.credentials import Credential
from app.realtime.credentials import Vouched
from app.realtime.topics import Action
from app.realtime.topics import TopicNamespace
from app.realtime.topics import Window
from app.resources import EXTENSION
from app.serving.loop import run
from app.serving.runner import serve
from app.settings import Settings
from app.web.health import Health

BUG_EVERY_MESSAGES = 40
HEAP_FIELDS = (
    "arena",
    "ordblks",
    "smblks",
    "hblks",
    "hblkhd",
    "usmblks",
    "fsmblks",
    "uordblks",
    "fordblks",
    "keepcost",
)
STATIC = os.path.join(os.path.dirname(app.web.__file__), "static")


async def authenticate(credential: Credential) -> Vouched:
    """Lets everybody in who names themselves; the same name is the same person everywhere."""
    name = credential.value.partition("session=")[2].partition(";")[0]
    if not name:
        return NOBODY
    return Vouched(
        Principal(
            kind="user",
            user_id=UserId(uuid5(NAMESPACE_OID, name)),
            session_id=SessionId(uuid5(NAMESPACE_OID, f"session of {name}")),
            name=name,
        )
    )


async def anyone(who: Principal, key: str, action: Action) -> bool:
    """Allows everything."""
    return True


def create_node(settings: Settings) -> Quart:
    """Returns the application, with what the runner asks of its resources."""
    backplane, presence = open_backplane(
        settings.realtime, settings.redis, node=secrets.token_hex(4)
    )
    is_mistaken = os.environ.get("NODE_CLOCK") == "wall"
    realtime = Realtime(
        settings.realtime,
        backplane=backplane,
        presence=presence,
        authenticate=authenticate,
        origins=settings.origins,
        clock=(lambda: time.time()) if is_mistaken else time.monotonic,
    )
    realtime.declare(
        TopicNamespace("room", kind=Window(), authorise=anyone, signals=True, presence=True)
    )
    node = Quart("node", static_folder=None)
    node.extensions[EXTENSION] = SimpleNamespace(health=Health(), realtime=realtime)
    add_routes(node, realtime)
    node.before_serving(realtime.open)
    node.after_serving(realtime.close)
    inner = realtime.endpoint(node.asgi_app)  # type: ignore[arg-type] # two spellings of ASGI
    bug = BUGS.get(os.environ.get("NODE_BUG", ""))
    node.asgi_app = bug(inner, realtime) if bug else inner  # type: ignore[method-assign,assignment]
    return node


def add_routes(node: Quart, realtime: Realtime) -> None:
    """Adds the ways in which a test talks to the process itself."""

    @node.get("/livez")
    async def alive() -> str:
        return "alive"

    @node.get("/")
    async def page() -> str:
        return "<!doctype html><title>node</title>"

    @node.get("/static/<path:name>")
    async def static(name: str) -> Any:
        return await send_from_directory(STATIC, name)

    @node.post("/publish/<topic>")
    async def publish(topic: str) -> Any:
        data, key = await request.body, request.headers.get("Idempotency-Key")
        try:
            published = await realtime.publish(topic, data, key=key)
        except Unavailable as failure:
            return {"detail": failure.detail}, 503
        return {"epoch": published.epoch, "offset": published.offset}

    @node.get("/census")
    async def census() -> dict[str, int]:
        gc.collect()
        ours = (str(type(each).__module__) for each in gc.get_objects())
        return {
            "connections": realtime.connections,
            "tasks": len(asyncio.all_tasks()),
            "files": len(os.listdir("/proc/self/fd")),
            "objects": sum(module.startswith("app.realtime.") for module in ours),
            "blocks": sys.getallocatedblocks(),
        }

    @node.get("/heap")
    async def heap() -> str:
        gc.collect()
        return str(heap_bytes())

    @node.post("/clock/<int(signed=True):seconds>")
    async def jump(seconds: int) -> str:
        now = time.time
        time.time = lambda: now() + seconds
        return "jumped"


class _HeapUse(ctypes.Structure):
    """What ``mallinfo2`` answers (glibc 2.33)."""

    _fields_: ClassVar = [(name, ctypes.c_size_t) for name in HEAP_FIELDS]


def heap_bytes() -> int:
    """Returns what is in use of the C library's heap; 0 where the library does not tell."""
    library = ctypes.CDLL(None)
    if not hasattr(library, "mallinfo2"):
        return 0
    library.mallinfo2.restype = _HeapUse
    use = library.mallinfo2()
    return int(use.uordblks + use.hblkhd)


def losing(inner: Any, realtime: Realtime) -> Any:
    """Wraps the endpoint so that it loses messages, as a bug of ours in the last step might."""

    async def broken(scope: Any, receive: Any, send: Callable[[Any], Awaitable[None]]) -> None:
        sent = 0

        async def forget(message: Any) -> None:
            nonlocal sent
            sent += '"type":"message"' in (message.get("text") or "")
            if sent == BUG_EVERY_MESSAGES:
                sent = 0
                return
            await send(message)

        await inner(scope, receive, forget)

    return broken


def hoarding(inner: Any, realtime: Realtime) -> Any:
    """Wraps the endpoint so that every connection is remembered for ever."""
    hoard: set[Any] = set()

    async def broken(scope: Any, receive: Any, send: Any) -> None:
        hoard.update(realtime._core.hub.connections.values())
        await inner(scope, receive, send)

    return broken


BUGS = {"drop": losing, "hoard": hoarding}

if __name__ == "__main__":
    settings = Settings()
    raise SystemExit(run(serve(create_node(settings), settings)))
