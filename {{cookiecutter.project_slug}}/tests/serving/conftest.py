"""A tiny application under our runner, in the loop of the test."""

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace

import pytest
from quart import Quart
from quart import websocket

from app.embedded import Urls
from app.serving.listener import address
from app.serving.listener import listen
from app.serving.runner import serve_until
from app.serving.servers import SERVERS
from app.serving.signals import StopSignals
from app.settings import RealtimeSettings
from app.settings import ServerSettings
from app.settings import Settings
from app.settings import WebSettings
from app.transport import harden
from tests.servers import plain_settings

PATIENT_SECONDS = 600.0
HASTY_SECONDS = 1.0
HANG_GUARD_SECONDS = 60.0  # far less than those who are patient wait
SLOW_SECONDS = 0.3


class NoRealtime:
    """A hub without connections."""

    def __init__(self) -> None:
        self.has_drained = False

    async def drain(self, *, window_seconds: float, deadline_seconds: float) -> None:
        self.has_drained = True


class Serving:
    """An application that is being served until `stop`, and then for ``grace_seconds`` at most."""

    def __init__(self, name: str, *, grace_seconds: float = PATIENT_SECONDS) -> None:
        self.answering = asyncio.Event()
        self.health = SimpleNamespace(draining=False)
        self.realtime = NoRealtime()
        self.has_closed = False
        self._signals = StopSignals()
        listener = listen("127.0.0.1", 0)
        self.port = int(listener.getsockname()[1])
        self.url = f"http://{address(listener)}"
        settings = _settings(name, grace_seconds)
        serving = serve_until(self._signals, self._app(), settings, listener=listener)
        self._task = asyncio.create_task(serving, name="serving")

    def stop(self) -> None:
        """Does what one signal does."""
        self._signals.arrive()

    async def ended(self) -> int:
        """Waits for the end and returns the exit code."""
        async with asyncio.timeout(HANG_GUARD_SECONDS):
            return await self._task

    def _app(self) -> Quart:
        app = Quart(__name__)
        app.extensions["resources"] = self
        harden(app, WebSettings.model_construct())

        @app.get("/quick")
        async def quick() -> str:
            return "done"

        @app.get("/slow")
        async def slow() -> str:
            self.answering.set()
            await asyncio.sleep(SLOW_SECONDS)
            return "done"

        @app.get("/stuck")
        async def stuck() -> str:
            self.answering.set()
            return await asyncio.Future()

        @app.websocket("/echo")
        async def echo() -> None:
            while True:
                await websocket.send(await websocket.receive())

        @app.after_serving
        async def closed() -> None:
            self.has_closed = True

        return app


def _settings(name: str, grace_seconds: float) -> Settings:
    return plain_settings(Urls()).model_copy(
        update={
            "server": ServerSettings.model_construct(
                name=name, request_grace_seconds=grace_seconds
            ),
            "realtime": RealtimeSettings.model_construct(drain_deadline_seconds=grace_seconds),
        }
    )


@pytest.fixture(params=sorted(SERVERS))
async def serving(request: pytest.FixtureRequest) -> AsyncIterator[Serving]:
    """Yields the application under each of the servers; it may take long over its end."""
    running = Serving(request.param)
    yield running
    running.stop()
    running.stop()
    await running.ended()


@pytest.fixture(params=sorted(SERVERS))
async def hasty(request: pytest.FixtureRequest) -> AsyncIterator[Serving]:
    """Yields it with a deadline that comes soon."""
    running = Serving(request.param, grace_seconds=HASTY_SECONDS)
    yield running
    running.stop()
    running.stop()
    await running.ended()


@pytest.fixture
async def under_hypercorn() -> AsyncIterator[Serving]:
    """Yields the application under Hypercorn."""
    running = Serving("hypercorn")
    yield running
    running.stop()
    running.stop()
    await running.ended()
