"""The Python client against a real server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from app.realtime.client import Credentials
from app.realtime.client import DeadlinePassed
from app.realtime.client import Gap
from app.realtime.client import Listener
from app.realtime.client import Message
from app.realtime.client import Position
from app.realtime.client import Presence
from app.realtime.client import RealtimeClient
from app.realtime.client import Refused
from app.realtime.client import Signal
from app.realtime.client import Stopped
from tests.realtime.rig import ORIGIN
from tests.realtime.rig import Rig
from tests.realtime.rig import Served
from tests.realtime.rig import until


class Notes:
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.gaps: list[Gap] = []
        self.signals: list[Signal] = []
        self.presences: list[Presence] = []
        self.listener = Listener(
            on_message=self.messages.append,
            on_gap=self.gaps.append,
            on_signal=self.signals.append,
            on_presence=self.presences.append,
        )

    @property
    def heard(self) -> list[Any]:
        return [message.data for message in self.messages]


def client_of(served: Served, name: str = "ada", **options: Any) -> RealtimeClient:
    """Returns a client of the person ``name`` that comes back at once."""
    return RealtimeClient(
        f"http://127.0.0.1:{served.port}",
        credentials=Credentials(cookie=f"session={name}"),
        origin=ORIGIN,
        chance=lambda: 0.0,
        **options,
    )


@asynccontextmanager
async def connected(served: Served, name: str = "ada") -> AsyncIterator[RealtimeClient]:
    """Yields a client that has said hello."""
    async with client_of(served, name) as live:
        await live.ready()
        yield live


def cut(live: RealtimeClient) -> None:
    """Cuts the connection with no goodbye."""
    link = live._link
    assert link is not None
    assert link._wire._transport is not None
    link._wire._transport.abort()


async def test_a_message_arrives_with_its_position(rig: Rig) -> None:
    notes = Notes()
    async with client_of(rig) as live:
        topic = live.subscribe("room:7", notes.listener)
        await live.ready()

        await rig.publish("room:7", {"body": "hi"}, "there")

        await until(lambda: len(notes.messages) == 2)
    assert notes.heard == [{"body": "hi"}, "there"]
    assert notes.messages[1].position == topic.position == Position("e1", 2)


async def test_a_subscription_of_a_living_connection_begins_with_what_it_missed(rig: Rig) -> None:
    await rig.publish("room:7", 1, 2, 3)
    notes = Notes()
    async with connected(rig) as live:
        topic = live.subscribe("room:7", notes.listener, since=Position("e1", 1))

        await until(lambda: topic.status.state == "live")
        await rig.publish("room:7", 4)
        await until(lambda: len(notes.messages) == 3)
    assert notes.heard == [2, 3, 4]


async def test_after_a_cut_nothing_is_missing_and_nothing_comes_twice(rig: Rig) -> None:
    notes, states = Notes(), []
    async with client_of(rig, on_status=lambda status: states.append(status.state)) as live:
        live.subscribe("room:7", notes.listener)
        for number in range(5):
            await live.ready()
            await rig.publish("room:7", number)
            cut(live)
            await until(lambda: states.count("reconnecting") == number + 1)  # noqa: B023

        await until(lambda: len(notes.messages) == 5)
    assert notes.heard == [0, 1, 2, 3, 4]
    assert notes.gaps == []


async def test_what_cannot_be_resumed_is_told_before_anything_newer(rig: Rig) -> None:
    await rig.publish("short:7", 1, 2, 3, 4, 5)
    notes = Notes()
    async with client_of(rig) as live:
        live.subscribe("short:7", notes.listener, since=Position("e1", 1))
        await live.ready()
        assert notes.gaps == [Gap("short:7", "trimmed", Position("e1", 5))]

        await rig.publish("short:7", 6)

        await until(lambda: notes.messages)
    assert notes.heard == [6]


async def test_signals_reach_the_others(rig: Rig) -> None:
    mine, theirs = Notes(), Notes()
    async with connected(rig, "ada") as ada, connected(rig, "grace") as grace:
        topics = [
            one.subscribe("room:7", notes.listener) for one, notes in ((ada, mine), (grace, theirs))
        ]
        await until(lambda: all(topic.status.state == "live" for topic in topics))

        assert ada.signal("room:7", {"on": True}, key="typing")

        await until(lambda: theirs.signals)
    assert theirs.signals == [Signal("room:7", {"on": True})]
    assert mine.signals == []


async def test_presence_tells_who_comes_and_goes(rig: Rig) -> None:
    notes = Notes()
    async with client_of(rig) as live:
        live.subscribe("room:7", notes.listener, presence=True)
        await live.ready()
        async with client_of(rig, "grace") as grace:
            grace.subscribe("room:7", Listener(), presence=True)
            await until(lambda: notes.presences[-1].count == 2)
            snapshot = await live.presence("room:7")

    assert [presence.count for presence in notes.presences[:2]] == [1, 2]
    assert len(snapshot.members or []) == 2


async def test_a_refused_topic_ends_and_the_others_live(rig: Rig) -> None:
    async with client_of(rig) as live:
        secret = live.subscribe("room:secret", Listener())
        room = live.subscribe("room:7", Listener())

        await live.ready()

        assert (secret.status.state, secret.status.code) == ("ended", "forbidden")
        assert room.status.state == "live"


async def test_nobody_stops_at_once_and_says_why(rig: Rig) -> None:
    async with client_of(rig, "nobody") as live:
        with pytest.raises(Stopped) as stopped:
            await live.ready()

        assert stopped.value.code == live.status.code == 4401


async def test_who_is_disconnected_by_the_server_stops(rig: Rig) -> None:
    async with connected(rig) as live:
        await rig.realtime.disconnect(user=rig.door.people["ada"].user_id)

        await until(lambda: live.status.state == "stopped")
        assert live.status.code == 4401

        live.open()
        await live.ready()
        assert live.status.state == "live"


async def test_a_refusal_carries_its_code(rig: Rig) -> None:
    async with connected(rig) as live:
        with pytest.raises(Refused) as refused:
            await live.presence("short:7")

        assert (refused.value.code, refused.value.retry) == ("invalid", False)


async def test_a_command_without_a_server_fails_in_time() -> None:
    async with RealtimeClient("http://127.0.0.1:9", chance=lambda: 0.0) as live:
        with pytest.raises(DeadlinePassed):
            await live.publish("room:7", 1, seconds=0.05)

        assert live.status.state in {"connecting", "reconnecting"}


async def test_a_wrong_origin_is_tried_again_and_told(rig: Rig) -> None:
    told: list[str] = []
    async with RealtimeClient(
        f"http://127.0.0.1:{rig.port}",
        origin="http://evil.test",
        on_status=lambda status: told.append(status.failure),
    ):
        await until(lambda: "403" in "".join(told))


async def test_closing_leaves_nothing_behind(rig: Rig) -> None:
    async with connected(rig) as live:
        live.subscribe("room:7", Listener())

    await until(lambda: not rig.realtime._core.hub.connections)
    assert not [task for task in asyncio.all_tasks() if task.get_name() == "realtime client"]
    assert live.status.state == "stopped"


@pytest.mark.parametrize("url", ["ftp://here.test", "here.test", "http://"])
def test_an_address_must_be_one(url: str) -> None:
    with pytest.raises(ValueError, match="is not like"):
        RealtimeClient(url)
