"""A server that lets no socket through and plays its side of a scenario on streams instead."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests.patience import PATIENCE_SECONDS
from tests.realtime.client.scenarios import TOPIC
from tests.realtime.client.scenarios import Frame
from tests.realtime.client.scenarios import Scenario
from tests.realtime.client.scenarios import Told
from tests.realtime.client.scripted_server import STAY_AWAY_SECONDS

HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"d\r\nretry: 100\n\n\n\r\n"
)
NOT_ON_STREAMS = ('"error"', '"unsubscribed"', '"type": "ping"', '"ping_ms": 30', "expiring")
FORBIDDEN = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Streams:
    """Where clients come to, in vain first."""

    def __init__(self) -> None:
        self.port = 0
        self.sockets = 0
        self.waiting: asyncio.Queue[tuple[str, asyncio.StreamWriter]] = asyncio.Queue()
        self._writer: asyncio.StreamWriter
        self._writers: list[asyncio.StreamWriter] = []
        self._head = ""
        self._place: tuple[str, int] | None = None

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Takes one connection."""
        self._writers.append(writer)
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        if "upgrade" in head.lower():
            self.sockets += 1
            writer.write(FORBIDDEN)
            writer.close()
        else:
            self.waiting.put_nowait((head, writer))

    def cut_all(self) -> None:
        """Cuts whatever is open still."""
        for writer in self._writers:
            writer.transport.abort()

    async def play(self, scenario: Scenario, log: list[Told]) -> None:
        """Plays the server's part."""
        await self.accept()
        for step in scenario.steps:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._step(log, *step)

    async def accept(self) -> str:
        """Waits for the next stream; returns the head of its request."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            self._head, self._writer = await self.waiting.get()
        self._writer.write(HEAD)
        return self._head

    async def welcome(self, result: Frame) -> None:
        """Answers as a stream does: the places first, then what they missed as events."""
        messages = [one.get("messages", []) for one in result["subscriptions"]]
        begun = [
            {**one, "offset": one["offset"] - len(missed), "messages": []}
            for one, missed in zip(result["subscriptions"], messages, strict=True)
        ]
        self._place = (begun[0]["epoch"], begun[0]["offset"])
        await self.push({**result, "type": "welcome", "subscriptions": begun})
        for message in messages[0]:
            await self.push({"type": "message", "topic": TOPIC, **message})

    async def push(self, *frames: Any) -> None:
        """Sends frames as events, in pieces, each with the place after it."""
        for frame in frames:
            if frame["type"] in {"message", "gap"} and "offset" in frame:
                epoch = frame.get("epoch", self._place[0] if self._place else "")
                self._place = (epoch, frame["offset"])
            place = f"{self._place[0]}/{self._place[1]}" if self._place else ""
            text = f"event: {frame['type']}\ndata: {json.dumps(frame)}\nid: {place}\n\n: on\n\n"
            for piece in (text[:9], text[9:]):
                self._writer.write(f"{len(piece):x}\r\n{piece}\r\n".encode())
                await self._writer.drain()

    async def _step(self, log: list[Told], kind: str, *values: Any) -> None:
        match kind, values:
            case "connect", ():
                await self.accept()
            case "expect", ({"type": "hello", "subscriptions": [wish]},):
                had = wish.get("since")
                told = f"last-event-id: {had['epoch']}/{had['offset']}" if had else "get /"
                assert told in self._head.lower()
            case "reply", (dict(result),):
                await self.welcome(result)
            case "push", frames:
                await self.push(*frames)
            case "close", (int(),):
                self._writer.write(b"0\r\n\r\n")
                self._writer.close()
            case "cut", ():
                self._writer.transport.abort()
            case "stays_away", ():
                await asyncio.sleep(STAY_AWAY_SECONDS)  # for what does not happen
                assert self.waiting.empty(), "it came back"
            case _:
                raise NotImplementedError(kind)


def is_for_streams(scenario: Scenario) -> bool:
    """Whether a scenario can be played there: no commands, no presence, no codes, no pings."""
    said = json.dumps(scenario.steps)
    is_final = any(step[0] == "close" and 4400 <= step[1] < 4500 for step in scenario.steps)
    kinds = {step[0] for step in scenario.steps} | {
        step[1]["type"] for step in scenario.steps if step[0] == "expect"
    }
    return (
        kinds <= {"connect", "expect", "hello", "reply", "push", "close", "cut", "stays_away"}
        and not is_final
        and not scenario.presence
        and scenario.since is None
        and not any(word in said for word in NOT_ON_STREAMS)
    )


@asynccontextmanager
async def streams() -> AsyncIterator[Streams]:
    """Yields the server."""
    made = Streams()
    server = await asyncio.start_server(made.take, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        made.cut_all()
        server.close()
        await server.wait_closed()
