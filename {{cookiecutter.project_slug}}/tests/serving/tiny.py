"""A tiny application under our runner, as a process: ``python -m tests.serving.tiny NAME``."""

import asyncio
import os
import sys
from types import SimpleNamespace

from quart import Quart
from quart import websocket

from app.embedded import Urls
from app.serving import serve
from app.serving.listener import address
from app.serving.listener import listen
from app.settings import RealtimeSettings
from app.settings import ServerSettings
from tests.servers import plain_settings


class NoRealtime:
    """A hub without connections."""

    async def drain(self, *, window_seconds: float, deadline_seconds: float) -> None:
        print("draining", flush=True)


def tiny_app() -> Quart:
    """Returns an application with a slow request, a stuck one and a socket."""
    app = Quart(__name__)
    app.extensions["resources"] = SimpleNamespace(
        health=SimpleNamespace(draining=False), realtime=NoRealtime()
    )
    stuck = asyncio.Event()

    @app.get("/slow")
    async def slow() -> str:
        print("answering", flush=True)
        await asyncio.sleep(1)
        return "done"

    @app.get("/stuck")
    async def never() -> str:
        print("answering", flush=True)
        await stuck.wait()
        return "never"

    @app.websocket("/echo")
    async def echo() -> None:
        while True:
            await websocket.send(await websocket.receive())

    @app.after_serving
    async def closed() -> None:
        print("closed", flush=True)

    return app


async def main(name: str) -> int:
    """Serves on a free port, printing it, with short deadlines."""
    settings = plain_settings(Urls()).model_copy(
        update={
            "server": ServerSettings.model_construct(name=name, request_grace_seconds=1.5),
            "realtime": RealtimeSettings.model_construct(drain_deadline_seconds=1.5),
        }
    )
    listener = listen("127.0.0.1", 0)
    print(address(listener), flush=True)
    return await serve(tiny_app(), settings, listener=listener)


if __name__ == "__main__":
    code = asyncio.run(main(sys.argv[1]))
    os._exit(code)
