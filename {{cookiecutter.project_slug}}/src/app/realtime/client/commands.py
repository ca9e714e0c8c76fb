"""What an app may ask of the server over the client's connection."""

from abc import ABC
from abc import abstractmethod
from typing import Any

import msgspec

from app.realtime.client.frames import History
from app.realtime.client.frames import Position
from app.realtime.client.frames import Published
from app.realtime.client.frames import Snapshot
from app.realtime.client.frames import read_called
from app.realtime.client.frames import read_history
from app.realtime.client.frames import read_published
from app.realtime.client.frames import read_snapshot

DEADLINE_SECONDS = 5.0


class Commands(ABC):
    """Each of these waits for a connection, then for the reply, ``seconds`` for both together.

    Raises:
        Refused: the server said no.
        DeadlinePassed: no answer in time; it may have taken effect.
        Disconnected: the connection ended before the answer; it may have taken effect.
        Stopped: the client does not come back by itself.
    """

    async def publish(
        self, topic: str, data: Any, *, key: str | None = None, seconds: float = DEADLINE_SECONDS
    ) -> Published:
        """Publishes to a topic whose namespace lets clients; with the same ``key`` only once."""
        command = {"type": "publish", "topic": topic, "data": data}
        return read_published(await self._ask(_with(command, key=key), seconds=seconds))

    def signal(self, topic: str, data: Any, *, key: str | None = None) -> bool:
        """Tells the others on a topic something that nobody keeps; of a ``key`` the newest.

        False when it was dropped: not connected, or too much waits to be sent.
        """
        return self._tell(_with({"type": "signal", "topic": topic, "data": data}, key=key))

    async def call(
        self, method: str, data: Any = None, *, seconds: float = DEADLINE_SECONDS
    ) -> Any:
        """Calls a method that a feature registered; the server knows the deadline, too."""
        command = {"type": "call", "method": method, "data": data}
        command["deadline_ms"] = round(seconds * 1000)
        return read_called(await self._ask(command, seconds=seconds)).data

    async def history(
        self,
        topic: str,
        *,
        since: Position | None = None,
        limit: int = 100,
        reverse: bool = False,
        seconds: float = DEADLINE_SECONDS,
    ) -> History:
        """Reads messages of the past: those after ``since``, or ``reverse`` those before it."""
        command = {"type": "history", "topic": topic, "limit": limit, "reverse": reverse}
        return read_history(await self._ask(_with(command, since=since), seconds=seconds))

    async def presence(self, topic: str, *, seconds: float = DEADLINE_SECONDS) -> Snapshot:
        """Asks who is there."""
        reply = await self._ask({"type": "presence", "topic": topic}, seconds=seconds)
        return read_snapshot(reply)

    @abstractmethod
    async def _ask(self, command: dict[str, Any], *, seconds: float) -> msgspec.Raw: ...

    @abstractmethod
    def _tell(self, frame: dict[str, Any]) -> bool: ...


def _with(command: dict[str, Any], **more: object) -> dict[str, Any]:
    return command | {name: value for name, value in more.items() if value is not None}
