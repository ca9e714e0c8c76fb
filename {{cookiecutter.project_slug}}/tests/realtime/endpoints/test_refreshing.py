"""``refresh`` over a real socket."""

from dataclasses import replace
from uuid import uuid4

import pytest

from app.principal import SessionId
from tests.realtime.rig import Clock
from tests.realtime.rig import Door
from tests.realtime.rig import Rig
from tests.realtime.rig import running


async def test_a_ticket_prolongs_a_connection() -> None:
    clock, door = Clock(), Door(tickets={"t-1": "ada"}, seconds_left=10.0)
    async with (
        running(door=door, clock=clock, expiry_warning_seconds=5.0) as rig,
        rig.socket() as ada,
    ):
        await ada.hello()
        clock.seconds = 6.0
        assert (await ada.receive())["type"] == "expiring"
        door.seconds_left = 3600.0

        reply = await ada.ask("refresh", ticket="t-1")

        assert reply["result"] == {"expires_in_ms": 3_600_000}
        [connection] = rig.realtime._core.hub.connections.values()
        assert not connection.is_warned


async def test_a_later_end_is_warned_of_again() -> None:
    clock, door = Clock(), Door(tickets={"t-1": "ada"}, seconds_left=10.0)
    async with (
        running(door=door, clock=clock, expiry_warning_seconds=5.0) as rig,
        rig.socket() as ada,
    ):
        await ada.hello()
        clock.seconds = 6.0
        assert (await ada.receive())["type"] == "expiring"

        assert "result" in await ada.ask("refresh", ticket="t-1")

        clock.seconds = 13.0
        assert (await ada.receive())["type"] == "expiring"
        clock.seconds = 17.0
        assert (await ada.receive())["reason"] == "expired"


async def test_what_may_no_longer_be_heard_ends_with_a_refresh(rig: Rig) -> None:
    rig.door.tickets["t-1"] = "ada"
    async with rig.socket() as ada:
        await ada.hello({"topic": "room:7"}, {"topic": "room:8"}, {"topic": "room:9"})
        rig.door.forbidden_keys.add("7")
        rig.door.away_keys.add("9")

        await ada.send("refresh", ticket="t-1")

        assert await ada.receive() == {
            "type": "unsubscribed",
            "topic": "room:7",
            "code": "forbidden",
            "retry": False,
        }
        assert (await ada.receive())["result"] == {"expires_in_ms": None}
        [connection] = rig.realtime._core.hub.connections.values()
        assert set(connection.subscriptions) == {"room:8", "room:9"}


async def test_a_refreshed_connection_belongs_to_the_session_of_the_ticket(rig: Rig) -> None:
    old = rig.door.people["ada"]
    rig.door.people["anew"] = replace(old, session_id=SessionId(uuid4()))
    rig.door.tickets["t-1"] = "anew"
    async with rig.socket() as ada:
        await ada.hello()
        await ada.ask("refresh", ticket="t-1")

        await rig.realtime.disconnect(session=old.session_id)
        assert "error" in await ada.ask("unsubscribe", topic="room:7")
        await rig.realtime.disconnect(session=rig.door.people["anew"].session_id)

        assert await ada.closed() == 4401


@pytest.mark.parametrize("ticket", ["t-9", "t-2", ""])
async def test_a_bad_ticket_or_one_of_somebody_else_changes_nothing(rig: Rig, ticket: str) -> None:
    rig.door.tickets["t-2"] = "grace"
    async with rig.socket() as ada:
        await ada.hello({"topic": "room:7"})

        assert (await ada.ask("refresh", ticket=ticket))["error"]["code"] == "forbidden"

        await rig.publish("room:7", 1)
        assert (await ada.receive())["data"] == 1


async def test_a_refresh_that_cannot_be_judged_may_be_tried_again(rig: Rig) -> None:
    async with rig.socket() as ada:
        await ada.hello()
        rig.door.is_away = True

        error = (await ada.ask("refresh", ticket="t-1"))["error"]

    assert (error["code"], error["retry"]) == ("unavailable", True)
