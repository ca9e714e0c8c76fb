"""Who is let in: tickets, bearer tokens and cookies on a real socket."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.typing import Subprotocol

from app.realtime.asgi import Scope
from app.realtime.credentials import Credential
from app.realtime.credentials import Vouched
from app.realtime.endpoints.socket_endpoint import serve_socket
from app.realtime.presence_store import Member
from app.realtime.presence_store import Snapshot
from app.realtime.protocol.close_codes import CloseCode
from app.realtime.protocol.messages import SUBPROTOCOL
from app.realtime.topics import TopicNamespace
from app.realtime.topics import Window
from tests.realtime.fakes import FakeBackplane
from tests.realtime.fakes import FakePresence
from tests.realtime.rig import ORIGIN
from tests.realtime.rig import Clock
from tests.realtime.rig import Door
from tests.realtime.rig import Rig
from tests.realtime.rig import Socket
from tests.realtime.rig import running
from tests.realtime.rig import serving
from tests.realtime.rig import until
from tests.sockets import connect

SCOPE: Scope = {
    "type": "websocket",
    "path": "/realtime/socket",
    "headers": [(b"origin", ORIGIN.encode()), (b"cookie", b"session=ada")],
    "subprotocols": [SUBPROTOCOL],
    "client": ("127.0.0.1", 1),
}


def program(rig: Rig, **headers: str) -> connect:
    """Connects as a program does: without an origin and without a cookie."""
    return connect(
        rig.socket_url, subprotocols=[Subprotocol(SUBPROTOCOL)], additional_headers=headers
    )


async def test_a_ticket_lets_a_program_in_once(rig: Rig) -> None:
    rig.door.tickets["t-1"] = "ada"
    async with program(rig) as first, program(rig) as second:
        assert "result" in await Socket(first).ask("hello", ticket="t-1")

        await Socket(second).send("hello", ticket="t-1")

        bye = await Socket(second).receive()
        assert (bye["code"], bye["reason"]) == (4401, "no such ticket")


async def test_a_bearer_token_lets_a_program_in(rig: Rig) -> None:
    async with program(rig, Authorization="Bearer ada") as connection:
        assert await Socket(connection).hello()


@pytest.mark.parametrize(
    ("headers", "hello", "reason"),
    [
        ({"Authorization": "Bearer nobody"}, {}, "no such token"),
        ({"Authorization": "Bearer ada"}, {"ticket": "t-9"}, "no such ticket"),
        ({}, {"ticket": ""}, "no such ticket"),
        ({}, {}, "no session"),
    ],
)
async def test_a_bad_credential_is_not_made_up_for_by_a_good_one_after_it(
    rig: Rig, headers: dict[str, str], hello: dict[str, Any], reason: str
) -> None:
    async with program(rig, **headers) as connection:
        stranger = Socket(connection)
        await stranger.send("hello", **hello)

        assert (await stranger.receive())["reason"] == reason
        assert await stranger.closed() == CloseCode.UNAUTHENTICATED


async def test_a_bad_ticket_beside_a_good_cookie_lets_nobody_in(rig: Rig) -> None:
    async with rig.socket() as ada:
        await ada.send("hello", ticket="t-9")

        assert await ada.closed() == CloseCode.UNAUTHENTICATED


class SlowDoor(Door):
    """A door whose answers can be held back after they were made up."""

    async def authenticate(self, credential: Credential) -> Vouched:
        vouched = await super().authenticate(credential)
        await self.meanwhile()
        return vouched

    async def meanwhile(self) -> None:
        """Does what happens between the reading of a session and its use."""


async def test_who_is_signed_out_while_saying_hello_does_not_slip_in() -> None:
    door = SlowDoor()
    async with running(door=door) as rig, rig.socket() as ada:

        async def sign_out() -> None:
            user = door.people.pop("ada", None)
            if user is not None:
                await rig.realtime.disconnect(user=user.user_id)

        door.meanwhile = sign_out  # type: ignore[method-assign]

        await ada.send("hello")

        assert (await ada.receive())["code"] == 4401
        assert await ada.closed() == CloseCode.UNAUTHENTICATED


async def test_a_ticket_is_not_used_twice_by_us_when_somebody_else_is_signed_out() -> None:
    door = SlowDoor(tickets={"t-1": "ada"})
    async with running(door=door) as rig, rig.socket() as ada:
        orders = iter("once")

        async def sign_somebody_out() -> None:
            if next(orders, None) == "o":
                await rig.realtime.disconnect(user=door.people["grace"].user_id)

        door.meanwhile = sign_somebody_out  # type: ignore[method-assign]

        assert "result" in await ada.ask("hello", ticket="t-1")


async def test_a_connection_is_warned_before_its_credentials_run_out_and_then_closed() -> None:
    clock, door = Clock(), Door(seconds_left=10.0)
    async with (
        running(door=door, clock=clock, expiry_warning_seconds=5.0) as rig,
        rig.socket() as ada,
    ):
        await ada.hello()

        clock.seconds = 6.0
        assert await ada.receive() == {"type": "expiring", "in_ms": 4_000}
        clock.seconds = 11.0

        bye = await ada.receive()
        assert (bye["code"], bye["reason"], bye["retry"]) == (4401, "expired", False)
        assert await ada.closed() == CloseCode.UNAUTHENTICATED


async def test_a_stream_is_warned_and_ended_too() -> None:
    clock, door = Clock(), Door(seconds_left=10.0)
    async with (
        running(door=door, clock=clock, expiry_warning_seconds=5.0) as rig,
        rig.stream("room:7") as stream,
    ):
        names = []
        for clock.seconds in (0.0, 6.0, 11.0):
            names.append((await stream.receive()).name)

        assert names == ["welcome", "expiring", "bye"]
        await stream.ended()


async def test_credentials_without_an_end_have_no_warning(rig: Rig) -> None:
    async with rig.socket() as ada:
        await ada.hello()
        [connection] = rig.realtime._core.hub.connections.values()

        assert connection.expires_at is None
        connection.examine(rig.realtime._core.clock() + 100, rig.realtime._core.settings)

        assert (await ada.receive())["type"] == "ping"


async def test_a_session_that_goes_on_longer_is_not_ended_at_its_first_end() -> None:
    clock, door = Clock(), Door(seconds_left=10.0)
    async with (
        running(
            door=door, clock=clock, session_check_seconds=2.0, expiry_warning_seconds=1.0
        ) as rig,
        rig.socket() as ada,
    ):
        await ada.hello()
        [connection] = rig.realtime._core.hub.connections.values()
        assert connection.expires_at == 10.0
        clock.seconds = 3.0
        await until(lambda: connection.expires_at == 13.0)

        clock.seconds = 11.0
        await until(lambda: connection.checked_at == 11.0)

        assert (await ada.ask("presence", topic="room:7"))["result"]


class BrokenPresence(FakePresence):
    """A store whose people cannot be written as JSON, as after a bug of ours."""

    async def join(self, topic: str, connection: str, member: Member) -> Snapshot:
        await super().join(topic, connection, member)
        return Snapshot(1, 1, [Member(member.user, {"name": object()})])


@asynccontextmanager
async def one_each(**doors: Any) -> AsyncIterator[Rig]:
    """Serves a core that lets everybody have one connection, over a presence that is broken."""
    backplane, presence, door = FakeBackplane(), BrokenPresence(), SlowDoor(**doors)
    async with serving(backplane, presence, door, connections_per_user=1) as served:
        yield Rig(served.realtime, served.port, backplane, presence, door)


async def test_a_hello_that_crashed_leaves_nobody_counted_and_nothing_subscribed() -> None:
    tickets = {"t-1": "ada", "t-2": "grace"}
    async with one_each(tickets=tickets) as rig, program(rig) as connection:
        client = Socket(connection)
        wish = {"topic": "room:7", "presence": True}
        crashed = await client.ask("hello", ticket="t-1", subscriptions=[wish])
        [left_of_it] = rig.realtime._core.hub.connections.values()
        topics = dict(left_of_it.subscriptions)
        again = await client.ask("hello", ticket="t-2")

        async with rig.socket("ada") as ada:
            greeted = await ada.ask("hello")

    assert crashed["error"]["code"] == "internal"
    assert topics == {}
    assert "result" in again
    assert "result" in greeted


async def test_a_hello_that_was_cancelled_leaves_nobody_counted() -> None:
    async with one_each() as rig:
        is_asked = asyncio.Event()

        async def authorise(*_: object) -> bool:
            is_asked.set()
            return await asyncio.Event().wait()

        rig.realtime.declare(TopicNamespace("slow", kind=Window(), authorise=authorise))
        hello = {"type": "hello", "id": 1, "subscriptions": [{"topic": "slow:7"}]}
        events = iter(
            [
                {"type": "websocket.connect"},
                {"type": "websocket.receive", "text": json.dumps(hello)},
            ]
        )

        async def receive() -> Any:
            return next(events)

        async def send(_event: object) -> None:
            pass

        serving_it = asyncio.create_task(serve_socket(rig.realtime._core, SCOPE, receive, send))
        await is_asked.wait()
        serving_it.cancel()
        await asyncio.gather(serving_it, return_exceptions=True)

        async with rig.socket("ada") as ada:
            greeted = await ada.ask("hello")

    assert serving_it.cancelled()
    assert "result" in greeted
