"""A subscriber that keeps its history through every cut, and can be made careless."""

import asyncio
import json
import random
from collections.abc import Callable
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import WebSocketException
from websockets.typing import Origin
from websockets.typing import Subprotocol

from app.realtime.backplane import Position
from app.realtime.protocol.messages import SUBPROTOCOL
from tests.realtime.faults.history import Began
from tests.realtime.faults.history import Handed
from tests.realtime.faults.history import History
from tests.realtime.faults.history import Told
from tests.realtime.faults.nodes import ORIGIN
from tests.sockets import connect

ABNORMAL = 1006
OPEN_SECONDS = 30.0
RETRY_MAX_SECONDS = 0.1
SAVE_EVERY_MESSAGES = 10
Frame = dict[str, Any]


class Follower:
    """Follows one topic and comes back after every cut, whatever it takes.

    ``port`` is asked before each connection. ``resumes`` is whether it says where it was.
    ``compares`` is whether it drops what it has had already. Its place is kept only every few
    messages, as by an application that stores it, so that there is something to drop.
    ``silence_seconds`` without a word end a connection (a stopped process says nothing).
    """

    def __init__(
        self,
        name: str,
        topic: str,
        port: Callable[[], int],
        *,
        resumes: bool = True,
        compares: bool = True,
        silence_seconds: float = 40.0,
    ) -> None:
        self.history = History(name)
        self.codes: list[int] = []
        self.greetings = 0
        self.present: set[str] = set()
        self._topic = topic
        self._port = port
        self._resumes = resumes
        self._compares = compares
        self._silence_seconds = silence_seconds
        self._saved: Position | None = None
        self._unsaved = 0
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begins to follow."""
        self._task = asyncio.create_task(self._follow(), name=self.history.name)

    async def stop(self) -> None:
        """Ends; raises what went wrong, if anything did."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            if not self._task.cancelled():
                self._task.result()

    async def _follow(self) -> None:
        while True:
            connection = None
            try:
                async with connect(
                    f"ws://127.0.0.1:{self._port()}/realtime/socket",
                    origin=Origin(ORIGIN),
                    subprotocols=[Subprotocol(SUBPROTOCOL)],
                    additional_headers={"Cookie": f"session={self.history.name}"},
                    compression=None,
                    ping_interval=None,
                    open_timeout=OPEN_SECONDS,
                    close_timeout=0.1,
                ) as connection:
                    await self._talk(connection)
            except (OSError, WebSocketException, TimeoutError, EOFError):
                pass  # what it was is in the code; refused handshakes have none
            if connection is not None:
                self.codes.append(connection.close_code or ABNORMAL)
            await asyncio.sleep(random.uniform(0, RETRY_MAX_SECONDS))

    async def _talk(self, connection: ClientConnection) -> None:
        wish: Frame = {"topic": self._topic, "presence": True}
        if self._resumes and self._saved is not None:
            wish["since"] = {"epoch": self._saved.epoch, "offset": self._saved.offset}
        await connection.send(json.dumps({"type": "hello", "id": 1, "subscriptions": [wish]}))
        while True:
            async with asyncio.timeout(self._silence_seconds):
                text = await connection.recv()
            for line in str(text).split("\n"):
                if (frame := json.loads(line))["type"] == "ping":
                    await connection.send('{"type":"pong"}')
                self._take(frame)

    def _take(self, frame: Frame) -> None:
        match frame:
            case {"type": "reply", "result": {"subscriptions": [answer]}}:
                self._begin(answer)
            case {"type": "message", "offset": int(offset), "data": data}:
                epoch = self.history.position.epoch if self.history.position else ""
                self._hand(Position(epoch, offset), data)
            case {"type": "gap", "epoch": epoch, "offset": offset, "reason": reason}:
                self._move(Told(Position(epoch, offset), reason))
            case {"type": "presence", "joined": joined, "left": left}:
                self.present |= {entry["meta"]["name"] for entry in joined}
                self.present -= {entry["meta"]["name"] for entry in left}

    def _begin(self, answer: Frame) -> None:
        if answer.get("error", {}).get("retry"):
            raise ConnectionError("try again")  # as every client of ours does
        self.greetings += 1
        if members := answer.get("presence", {}).get("members"):
            self.present = {entry["meta"]["name"] for entry in members}
        position = Position(answer["epoch"], answer["offset"])
        if answer.get("recovered") is False:
            self._move(Told(position, answer["reason"]))
        elif answer.get("recovered"):
            for message in answer["messages"]:
                self._hand(Position(position.epoch, message["offset"]), message["data"])
        else:
            self._move(Began(position))

    def _hand(self, position: Position, data: object) -> None:
        had = self.history.position
        is_new = had is None or position.epoch != had.epoch or position.offset > had.offset
        if is_new or not self._compares:
            self.history.events.append(Handed(position, data))
        self._unsaved += 1
        if self._unsaved >= SAVE_EVERY_MESSAGES:
            self._save()

    def _move(self, event: Began | Told) -> None:
        self.history.events.append(event)
        self._save()

    def _save(self) -> None:
        self._saved = self.history.position
        self._unsaved = 0
