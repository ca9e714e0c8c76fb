"""Who is let in: tickets, bearer tokens and cookies on a real socket."""

from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from app.realtime.credentials import Credential
from app.realtime.credentials import Vouched
from app.realtime.protocol.close_codes import CloseCode
from app.realtime.protocol.messages import SUBPROTOCOL
from tests.realtime.rig import Door
from tests.realtime.rig import Rig
from tests.realtime.rig import Socket
from tests.realtime.rig import running
from tests.realtime.rig import until


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
    door = Door(seconds_left=1.3)
    async with running(door=door, expiry_warning_seconds=1.3) as rig, rig.socket() as ada:
        await ada.hello()

        warning = await ada.receive()

        assert warning["type"] == "expiring"
        assert 0 < warning["in_ms"] <= 1300
        bye = await ada.receive()
        assert (bye["code"], bye["reason"], bye["retry"]) == (4401, "expired", False)
        assert await ada.closed() == CloseCode.UNAUTHENTICATED


async def test_a_stream_is_warned_and_ended_too() -> None:
    door = Door(seconds_left=1.3)
    async with (
        running(door=door, expiry_warning_seconds=1.3) as rig,
        rig.stream("room:7") as stream,
    ):
        names = [(await stream.receive()).name for _ in range(3)]

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
    door = Door(seconds_left=1.6)
    async with (
        running(door=door, expiry_warning_seconds=0.1, session_check_seconds=0.2) as rig,
        rig.socket() as ada,
    ):
        await ada.hello()
        [connection] = rig.realtime._core.hub.connections.values()
        first_end = connection.expires_at or 0.0

        await until(lambda: rig.realtime._core.clock() > first_end)

        assert (await ada.ask("presence", topic="room:7"))["result"]
