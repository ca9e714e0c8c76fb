"""A server that plays one side of a scenario, step by step, against any client."""

import asyncio
import json
from collections.abc import AsyncIterator
from collections.abc import Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Protocol

from websockets.asyncio.server import ServerConnection
from websockets.asyncio.server import serve
from websockets.http11 import Request
from websockets.http11 import Response
from websockets.typing import Subprotocol

from app.realtime.protocol.messages import SUBPROTOCOL
from tests.patience import PATIENCE_SECONDS
from tests.realtime.client.scenarios import Frame
from tests.realtime.client.scenarios import Scenario
from tests.realtime.client.scenarios import Told

STAY_AWAY_SECONDS = 0.15  # chance is 0 here, so whoever comes back does so at once


class Client(Protocol):
    """The other side: an app that does what it is told and writes down what it hears."""

    async def act(self, action: str, *values: object) -> None:
        """Has the app do something."""

    async def told(self) -> list[Told]:
        """Returns what the app was told."""

    async def draws(self) -> int:
        """Returns how often chance was asked."""


class Stage:
    """Where clients connect to."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.waiting: asyncio.Queue[ServerConnection] = asyncio.Queue()
        self.connection: ServerConnection
        self._lines: list[str] = []
        self._id = 0

    async def play(self, scenario: Scenario, client: Client) -> None:
        """Plays the server's part; raises AssertionError when the client leaves the script."""
        await self.accept()
        for step in scenario.steps:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._step(client, *step)
        if self.connection.close_code is None:
            await self.push({"type": "ping"})
            await self.expect({"type": "pong"})

    async def accept(self) -> None:
        """Waits for the next connection."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            self.connection = await self.waiting.get()

    async def expect(self, expected: Frame) -> None:
        """Reads a frame, which has these fields among others."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not self._lines:
                self._lines = str(await self.connection.recv()).split("\n")
        frame: Frame = json.loads(self._lines.pop(0))
        self._id = frame.get("id", 0)
        assert {name: frame.get(name) for name in expected} == expected

    async def reply(self, result: Frame) -> None:
        """Answers the command that was read last."""
        await self.push({"type": "reply", "id": self._id, "result": result})

    async def refuse(self, error: Frame) -> None:
        """Says no to the command that was read last."""
        await self.push({"type": "reply", "id": self._id, "error": error})

    async def push(self, *frames: object) -> None:
        """Sends frames as the lines of one."""
        await self.connection.send("\n".join(json.dumps(frame) for frame in frames))

    async def _step(self, client: Client, kind: str, *values: object) -> None:
        match kind, values:
            case "connect", ():
                async with asyncio.timeout(PATIENCE_SECONDS):
                    self.connection = await self.waiting.get()
            case "expect", (dict(expected),):
                await self.expect(expected)
            case (("reply" | "error"), (dict(value),)):
                key = "result" if kind == "reply" else "error"
                await self.push({"type": "reply", "id": self._id, key: value})
            case "push", frames:
                await self.push(*frames)
            case "close", (int(code),):
                await self.connection.close(code)
            case "cut", ():
                self.connection.transport.abort()
            case "stays_away", ():
                await asyncio.sleep(STAY_AWAY_SECONDS)  # for what does not happen
                assert self.waiting.empty(), "it came back"
            case "act", (str(action), *more):
                await client.act(action, *more)
            case "told", (expected,):
                while expected not in await client.told():  # noqa: ASYNC110
                    await asyncio.sleep(0.005)
            case _:
                raise NotImplementedError(kind)


@asynccontextmanager
async def stage(files: Callable[[str], tuple[str, str]] | None = None) -> AsyncIterator[Stage]:
    """Yields a server on the loopback interface that does nothing by itself.

    ``files`` answers requests for a path with a media type and a text.
    """

    def answer(connection: ServerConnection, request: Request) -> Response | None:
        if files is None or request.path.startswith("/realtime/"):
            return None
        media_type, text = files(request.path)
        response = connection.respond(HTTPStatus.OK, text)
        response.headers["Content-Type"] = media_type
        return response

    async def take(connection: ServerConnection) -> None:
        built.waiting.put_nowait(connection)
        await connection.wait_closed()

    async with serve(
        take,
        "127.0.0.1",
        0,
        process_request=answer,
        subprotocols=[Subprotocol(SUBPROTOCOL)],
        compression=None,
        ping_interval=None,
        close_timeout=0.5,
    ) as server:
        built = Stage(server.sockets[0].getsockname()[1])
        yield built
