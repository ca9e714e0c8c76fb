"""Two server processes over one Valkey: what one is told the other tells, and one may die."""

import asyncio
import itertools
import json
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed
from websockets.exceptions import InvalidMessage
from websockets.typing import Origin
from websockets.typing import Subprotocol

from app.realtime.protocol.messages import SUBPROTOCOL
from app.settings import Settings
from tests.people import Person
from tests.ports import free_port
from tests.programs import PATIENT
from tests.programs import Program
from tests.programs import answers
from tests.programs import environment_of
from tests.programs import eventually
from tests.programs import running
from tests.sockets import connect

MESSAGES = 40
SECONDS = 120.0
LOST = (ConnectionClosed, ConnectionRefusedError, ConnectionResetError, InvalidMessage)


class Follower:
    """A client that follows one room, and goes to the next address when its connection is cut."""

    def __init__(self, settings: Settings, person: Person, topic: str, ports: list[int]) -> None:
        self._settings = settings
        self._person = person
        self._topic = topic
        self._ports = itertools.cycle(ports)
        self._since: dict[str, Any] | None = None
        self.greetings: list[dict[str, Any]] = []
        self.bodies: list[str] = []
        self.present: set[str] = set()
        self._task = asyncio.ensure_future(self._follow())

    async def greeted(self) -> None:
        """Returns once the first subscription is live."""
        assert await eventually(lambda: bool(self.greetings), within_seconds=SECONDS)

    async def stop(self) -> None:
        """Ends; raises what went wrong, if anything did."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        if not self._task.cancelled():
            self._task.result()

    async def _follow(self) -> None:
        for port in self._ports:
            try:
                async with connect(
                    f"ws://127.0.0.1:{port}/realtime/socket",
                    origin=Origin(self._settings.public_url),
                    subprotocols=[Subprotocol(SUBPROTOCOL)],
                    additional_headers={"Cookie": self._person.cookie},
                    compression=None,
                ) as connection:
                    await self._talk(connection)
            except LOST:
                await asyncio.sleep(0.05)

    async def _talk(self, connection: ClientConnection) -> None:
        wish = {"topic": self._topic, "presence": True, "since": self._since}
        wish = {name: value for name, value in wish.items() if value is not None}
        await connection.send(json.dumps({"type": "hello", "id": 1, "subscriptions": [wish]}))
        async for text in connection:
            for line in str(text).split("\n"):
                self._take(json.loads(line))

    def _take(self, frame: dict[str, Any]) -> None:
        if frame["type"] == "reply":
            (greeting,) = frame["result"]["subscriptions"]
            self.greetings.append(greeting)
            self.present = {member["user"] for member in greeting["presence"]["members"]}
            for message in greeting["messages"]:
                self._note(message)
            self._since = {"epoch": greeting["epoch"], "offset": greeting["offset"]}
        elif frame["type"] == "message" and "offset" in frame:
            self._note(frame)
        elif frame["type"] == "presence":
            self.present |= {member["user"] for member in frame["joined"]}
            self.present -= {member["user"] for member in frame["left"]}
        else:
            assert frame["type"] not in {"gap", "unsubscribed"}, frame

    def _note(self, message: dict[str, Any]) -> None:
        if self._since is not None:
            self._since = {**self._since, "offset": message["offset"]}
        if message["data"]["type"] == "message_posted":
            self.bodies.append(message["data"]["message"]["body"])


@asynccontextmanager
async def two_processes(settings: Settings) -> AsyncIterator[list[tuple[int, Program]]]:
    """Yields the ports and programs of two processes of one service."""
    ports = [free_port(), free_port()]
    environments = [environment_of(settings, **PATIENT, SERVER_PORT=str(port)) for port in ports]
    async with (
        running("app", "serve", environment=environments[0]) as first,
        running("app", "serve", environment=environments[1]) as second,
    ):
        for port in ports:
            await answers(f"http://127.0.0.1:{port}/readyz", status=200)
        yield list(zip(ports, (first, second), strict=True))


def caller(settings: Settings, person: Person, port: int) -> httpx.AsyncClient:
    """Returns a REST client of one process."""
    return httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{port}/api/v1/chat",
        headers={"Cookie": person.cookie, "Origin": settings.public_url},
        timeout=60,
    )


async def open_room(client: httpx.AsyncClient, *guests: Person) -> str:
    """Returns the id of a new room with ``guests`` in it."""
    room = (await client.post("/rooms", json={"name": "Harbour"})).raise_for_status().json()
    for guest in guests:
        invited = await client.post(
            f"/rooms/{room['id']}/members", json={"email": guest.user.email}
        )
        invited.raise_for_status()
    return str(room["id"])


async def post(client: httpx.AsyncClient, room: str, body: str) -> None:
    """Posts one message."""
    answer = await client.post(
        f"/rooms/{room}/messages", json={"body": body}, headers={"Idempotency-Key": body}
    )
    answer.raise_for_status()


@pytest.mark.slow
async def test_what_is_posted_through_one_process_arrives_through_the_other(
    settings: Settings, ada: Person, grace: Person
) -> None:
    async with (
        two_processes(settings) as ((left, _), (right, _)),
        caller(settings, ada, left) as client,
    ):
        room = await open_room(client, grace)
        follower = Follower(settings, grace, f"chat:{room}", [right])
        await follower.greeted()

        await post(client, room, "ahoy")
        arrived = await eventually(lambda: follower.bodies == ["ahoy"], within_seconds=SECONDS)
        await follower.stop()

    assert arrived, follower.bodies


@pytest.mark.slow
async def test_the_clients_of_a_killed_process_resume_on_the_other_and_its_presence_ends(
    settings: Settings, ada: Person, grace: Person, mallory: Person
) -> None:
    expected = [f"message {number}" for number in range(MESSAGES)]
    async with (
        two_processes(settings) as ((left, doomed), (right, _)),
        caller(settings, ada, right) as client,
    ):
        room = await open_room(client, grace, mallory)
        topic = f"chat:{room}"
        moving = Follower(settings, grace, topic, [left, right])
        leaving = Follower(settings, mallory, topic, [left])
        staying = Follower(settings, ada, topic, [right])
        everybody = {str(person.user.id) for person in (ada, grace, mallory)}
        for follower in (moving, leaving, staying):
            await follower.greeted()
        all_seen = await eventually(lambda: staying.present == everybody, within_seconds=SECONDS)

        for body in expected[: MESSAGES // 2]:
            await post(client, room, body)
        doomed.send(signal.SIGKILL)
        for body in expected[MESSAGES // 2 :]:
            await post(client, room, body)
        resumed = await eventually(lambda: moving.bodies == expected, within_seconds=SECONDS)

        rest = everybody - {str(mallory.user.id)}
        gone = await eventually(
            lambda: staying.present == rest,
            within_seconds=SECONDS,
        )
        for follower in (moving, leaving, staying):
            await follower.stop()

    assert all_seen
    assert resumed, moving.bodies
    assert moving.greetings[-1]["recovered"] is True
    assert staying.bodies == expected
    assert gone, staying.present
