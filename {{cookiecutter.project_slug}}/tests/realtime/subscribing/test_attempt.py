"""What can happen between the wish and going live."""

import asyncio
from typing import Any

from app.realtime.backplane import History
from app.realtime.core import READINGS_AT_ONCE
from app.realtime.protocol.close_codes import CloseCode
from app.realtime.topics import Window
from tests.realtime.fakes import FakeBackplane
from tests.realtime.rig import Rig
from tests.realtime.rig import Socket
from tests.realtime.rig import running
from tests.realtime.rig import until

SINCE = {"epoch": "e1", "offset": 1}


class GatedBackplane(FakeBackplane):
    """A backplane whose readings of chat topics are handed over one by one."""

    def __init__(self) -> None:
        super().__init__()
        self.held: list[asyncio.Event] = []
        self.is_gated = False

    async def history(self, topic: str, *, window: Window, after: int, limit: int) -> History:
        read = await super().history(topic, window=window, after=after, limit=limit)
        if self.is_gated and topic.startswith("room"):
            gate = asyncio.Event()
            self.held.append(gate)
            await gate.wait()
        return read

    async def next_reading(self) -> asyncio.Event:
        """Waits until a reading is under way; setting what this returns lets it go."""
        await until(lambda: self.held)
        return self.held.pop(0)


async def reading(rig: Rig, socket: Socket, **fields: Any) -> asyncio.Event:
    """Sends a subscription and waits until its log has been read but not handed over."""
    gated = rig.backplane
    assert isinstance(gated, GatedBackplane)
    gated.is_gated = True
    await socket.send("subscribe", topic="room:7", **fields)
    return await gated.next_reading()


async def test_what_is_published_during_the_reading_is_merged_in_order() -> None:
    async with running(GatedBackplane()) as rig, rig.socket() as ada:
        await rig.publish("room:7", 1, 2)
        await ada.hello()
        gate = await reading(rig, ada, since=SINCE)

        await rig.publish("room:7", 3, 4)
        gate.set()

        result = (await ada.receive())["result"]
        assert [message["data"] for message in result["messages"]] == [2, 3, 4]
        assert result["offset"] == 4
        await rig.publish("room:7", 5)
        assert (await ada.receive())["offset"] == 5


async def test_more_than_the_buffer_during_the_reading_is_too_many() -> None:
    async with (
        running(GatedBackplane(), subscribing_buffer_messages=2) as rig,
        rig.socket("grace") as grace,
        rig.socket("ada") as ada,
    ):
        await rig.publish("room:7", 1)
        await grace.hello({"topic": "room:7"})
        await ada.hello()
        gate = await reading(rig, ada, since={"epoch": "e1", "offset": 0})

        await rig.publish("room:7", 2, 3, 4)
        gate.set()

        result = (await ada.receive())["result"]
        assert (result["recovered"], result["reason"], result["offset"]) == (False, "too_many", 4)


async def test_a_reading_of_an_epoch_that_ended_meanwhile_is_made_once_more() -> None:
    async with (
        running(GatedBackplane()) as rig,
        rig.socket("grace") as grace,
        rig.socket("ada") as ada,
    ):
        await rig.publish("room:7", 1, 2)
        await grace.hello({"topic": "room:7"})
        await ada.hello()
        first = await reading(rig, ada, since=SINCE)
        rig.backplane.forget_everything("e2")
        await rig.publish("room:7", "new")

        first.set()
        assert isinstance(rig.backplane, GatedBackplane)
        (await rig.backplane.next_reading()).set()

        result = (await ada.receive())["result"]
        assert (result["reason"], result["epoch"], result["offset"]) == ("epoch", "e2", 1)


async def test_a_log_that_stays_broken_is_not_recovered() -> None:
    class Forgetful(GatedBackplane):
        async def history(self, topic: str, *, window: Window, after: int, limit: int) -> History:
            read = await super().history(topic, window=window, after=after, limit=limit)
            return History(read.top, [entry for entry in read.entries if entry.offset != 3])

    async with running(Forgetful()) as rig, rig.socket() as ada:
        await rig.publish("room:7", 1, 2, 3, 4)
        await ada.hello()

        result = (await ada.ask("subscribe", topic="room:7", since=SINCE))["result"]

    assert (result["reason"], result["offset"]) == ("too_many", 4)
    assert len([topic for topic, _ in rig.backplane.readings if topic == "room:7"]) == 2


async def test_a_membership_that_ends_meanwhile_ends_the_subscription() -> None:
    async with running(GatedBackplane()) as rig, rig.socket() as ada:
        await ada.hello()
        gate = await reading(rig, ada)

        await rig.realtime.end_subscription("room:7", user=rig.door.people["ada"].own_id)
        gate.set()

        # No ``unsubscribed`` before: the client does not know yet that it listens.
        assert (await ada.receive())["error"]["code"] == "forbidden"
        assert "room:7" not in rig.realtime._core.hub.topics


async def test_a_client_that_comes_from_a_process_that_heard_more_gets_no_doubles() -> None:
    async with running(GatedBackplane()) as rig, rig.socket() as grace, rig.socket() as ada:
        await grace.hello({"topic": "room:7"})
        await ada.hello()
        rig.backplane.is_mute = True
        await rig.publish("room:7", 1, 2, 3)
        rig.backplane.is_mute = False

        since = {"epoch": "e1", "offset": 2}
        result = (await ada.ask("subscribe", topic="room:7", since=since))["result"]

        assert [message["data"] for message in result["messages"]] == [3]
        assert [(await grace.receive())["data"] for _ in range(3)] == [1, 2, 3]
        await rig.publish("room:7", 4)
        assert (await ada.receive())["offset"] == 4


async def test_presence_that_changes_during_the_reading_follows_the_snapshot() -> None:
    async with (
        running(GatedBackplane()) as rig,
        rig.socket("grace") as grace,
        rig.socket("ada") as ada,
    ):
        await ada.hello()
        gate = await reading(rig, ada, presence=True)
        assert isinstance(rig.backplane, GatedBackplane)
        await grace.send("hello", subscriptions=[{"topic": "room:7", "presence": True}])
        (await rig.backplane.next_reading()).set()

        gate.set()

        snapshot = (await ada.receive())["result"]["presence"]
        difference = await ada.receive()
        assert difference["type"] == "presence"
        assert difference["version"] == snapshot["version"] + 1


async def test_a_client_that_leaves_while_subscribing_leaves_nothing_behind() -> None:
    async with running(GatedBackplane()) as rig, rig.socket() as ada:
        await ada.hello()
        gate = await reading(rig, ada, presence=True)

        ada.connection.transport.abort()
        gate.set()

        await until(lambda: rig.realtime.connections == 0)
        assert "room:7" not in rig.realtime._core.hub.topics
        await until(lambda: not rig.presence.members["room:7"])


async def test_a_process_that_drains_while_somebody_subscribes_closes_them_too() -> None:
    async with running(GatedBackplane()) as rig, rig.socket() as ada:
        await ada.hello()
        gate = await reading(rig, ada)

        draining = asyncio.create_task(rig.realtime.drain(window_seconds=0, deadline_seconds=60))
        assert (await ada.receive())["type"] == "drain"
        gate.set()
        await draining

        assert await ada.closed() == CloseCode.RESTART


async def test_a_history_that_is_too_large_is_not_kept_until_the_answer() -> None:
    async with running(recovery_topic_max_bytes=100) as rig, rig.socket() as ada:
        await rig.publish("room:7", "x" * 70, "x" * 70)
        await ada.hello()

        since = {"epoch": "e1", "offset": 0}
        result = (await ada.ask("subscribe", topic="room:7", since=since))["result"]

        assert (result["recovered"], result["reason"]) == (False, "too_many")
        assert (result["offset"], result["messages"]) == (2, [])
        await rig.publish("room:7", 3)
        assert (await ada.receive())["offset"] == 3


async def test_a_few_logs_are_read_at_once_however_many_are_asked_for() -> None:
    async with running(GatedBackplane()) as rig, rig.socket() as ada:
        gated = rig.backplane
        assert isinstance(gated, GatedBackplane)
        gated.is_gated = True
        await ada.send("hello", subscriptions=[{"topic": f"room:{n}"} for n in range(40)])

        let_go = 0
        while let_go < 40:
            await until(lambda: gated.held)
            assert len(gated.held) <= READINGS_AT_ONCE
            gated.held.pop(0).set()
            let_go += 1

        assert len((await ada.receive())["result"]["subscriptions"]) == 40
