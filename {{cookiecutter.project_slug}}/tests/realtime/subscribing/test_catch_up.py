"""Holes are filled or told, however they came about."""

import asyncio

import pytest

from app.realtime.backplane import BackplaneUnavailable
from app.realtime.backplane import Entry
from app.realtime.backplane import History
from app.realtime.backplane import Position
from app.realtime.hub.hub import Hub
from app.realtime.hub.topic_log import Reading
from app.realtime.hub.untold import PACED_FROM_SUBSCRIBERS
from app.realtime.subscribing.catch_up import QUIET_TURNS
from app.settings import RealtimeSettings
from tests.realtime.hub.test_hub import CHAT
from tests.realtime.hub.test_hub import Ear
from tests.realtime.rig import Rig
from tests.realtime.rig import running
from tests.realtime.rig import until

TURNS = 500


async def test_a_lost_announcement_is_noticed_with_the_next_one_and_made_up_for(rig: Rig) -> None:
    async with rig.socket() as ada:
        await ada.hello({"topic": "room:7"})
        rig.backplane.is_mute = True
        await rig.publish("room:7", 1, 2)
        rig.backplane.is_mute = False

        await rig.publish("room:7", 3)

        assert [(await ada.receive())["data"] for _ in range(3)] == [1, 2, 3]


async def test_a_loss_without_a_next_message_is_noticed_by_looking() -> None:
    async with running(quiet_check_seconds=0.05) as rig, rig.socket() as ada:
        await ada.hello({"topic": "room:7"})
        rig.backplane.is_mute = True

        await rig.publish("room:7", 1)

        assert (await ada.receive())["data"] == 1


async def test_a_hole_that_cannot_be_filled_is_told_before_anything_newer(rig: Rig) -> None:
    async with rig.socket() as ada:
        await ada.hello({"topic": "short:7"})
        rig.backplane.is_mute = True
        await rig.publish("short:7", 1, 2, 3, 4)
        rig.backplane.is_mute = False

        await rig.publish("short:7", 5)

        assert await ada.receive() == {
            "type": "gap",
            "topic": "short:7",
            "reason": "lost",
            "epoch": "e1",
            "offset": 5,
        }
        await rig.publish("short:7", 6)
        assert (await ada.receive())["offset"] == 6


async def test_a_server_restarted_empty_is_told_as_a_gap(rig: Rig) -> None:
    async with rig.socket() as ada:
        await ada.hello({"topic": "room:7"})
        await rig.publish("room:7", 1)
        await ada.receive()
        rig.backplane.forget_everything("e2")

        await rig.publish("room:7", "new")

        gap = await ada.receive()
        assert (gap["type"], gap["reason"], gap["epoch"], gap["offset"]) == (
            "gap",
            "epoch",
            "e2",
            0,
        )
        assert (await ada.receive())["offset"] == 1


async def test_a_stream_resumes_from_the_place_of_a_gap(rig: Rig) -> None:
    async with rig.stream("room:7") as stream:
        await stream.receive()
        rig.backplane.forget_everything("e2")
        await rig.publish("room:7", "new")
        gap = await stream.receive()

    async with rig.stream("room:7", last_event_id=gap.cursor) as stream:
        welcome = await stream.receive()
        event = await stream.receive()

    assert gap.name == "gap"
    assert welcome.frame["subscriptions"][0]["recovered"] is True
    assert event.frame["data"] == "new"


async def test_a_suspected_topic_is_caught_up_and_nobody_notices(rig: Rig) -> None:
    async with rig.socket("ada") as ada, rig.socket("grace") as grace:
        await ada.hello({"topic": "room:7"})
        await grace.hello({"topic": "room:7"}, {"topic": "figures:cpu"})
        rig.backplane.is_mute = True
        await rig.publish("room:7", 1)
        before = len(rig.backplane.readings)

        rig.realtime._core.hub.suspect(["room:7", "figures:cpu", "room:unknown"])

        assert (await ada.receive())["data"] == 1
        assert (await grace.receive())["data"] == 1
        assert len(rig.backplane.readings) == before + 1


async def test_after_an_outage_subscribers_are_caught_up_before_all_is_well_again(
    rig: Rig,
) -> None:
    async with rig.socket() as ada:
        await ada.hello({"topic": "room:7"})
        rig.backplane.is_mute = True
        await rig.publish("room:7", 1)
        rig.backplane.set_away(True)
        assert (await ada.receive())["state"] == "degraded"
        assert rig.realtime.degraded
        rig.realtime._core.hub.suspect(["room:7"])
        await until(lambda: rig.backplane.refusals)

        rig.backplane.set_away(False)

        assert (await ada.receive())["data"] == 1
        assert (await ada.receive())["state"] == "ok"
        assert not rig.realtime.degraded


async def test_being_told_twice_that_the_server_is_away_changes_nothing(rig: Rig) -> None:
    async with rig.socket() as ada:
        await ada.hello()

        rig.backplane.set_away(True)
        rig.backplane.set_away(True)
        rig.backplane.set_away(False)

        assert [(await ada.receive())["state"] for _ in range(2)] == ["degraded", "ok"]


async def test_a_suspicion_of_a_topic_that_everybody_left_is_dropped(rig: Rig) -> None:
    core, catch_up = rig.realtime._core, rig.realtime._catch_up
    core.hub.suspects["room:gone"] = None

    await catch_up.clear_suspects()

    assert not core.hub.suspects


async def test_a_suspicion_during_the_reading_asks_for_another_one(rig: Rig) -> None:
    async with rig.socket() as ada:
        await ada.hello({"topic": "room:7"})
        rig.backplane.is_mute = True
        await rig.publish("room:7", 1)
        hub, before = rig.realtime._core.hub, len(rig.backplane.readings)
        rig.backplane.during_next_reading = lambda: hub.suspect(["room:7"])

        hub.suspect(["room:7"])

        assert (await ada.receive())["data"] == 1
        await until(lambda: not hub.suspects)
        assert len(rig.backplane.readings) == before + 2


async def test_a_quiet_check_while_the_server_is_away_is_put_off() -> None:
    async with running(quiet_check_seconds=0.02) as rig, rig.socket() as ada:
        await ada.hello({"topic": "room:7"})
        rig.backplane.is_away = True
        with pytest.raises(BackplaneUnavailable):
            await rig.realtime._catch_up.check_quiet_topics()
        rig.backplane.is_mute = True
        tops = rig.backplane.tops_asked
        await until(lambda: rig.backplane.tops_asked > tops)
        rig.backplane.is_away = False

        await rig.publish("room:7", 1)

        assert (await ada.receive())["data"] == 1


async def test_a_topic_that_was_heard_lately_is_not_looked_at(rig: Rig) -> None:
    async with rig.socket() as ada:
        await ada.hello({"topic": "room:7"}, {"topic": "room:8"})
        hub = rig.realtime._core.hub
        assert set(hub.quiet_topics()) == {"room:7", "room:8", "control:all"}

        await rig.publish("room:7", 1)
        await ada.receive()

        assert "room:7" not in hub.quiet_topics()
        assert "room:7" in hub.quiet_topics()


def test_a_loss_right_after_a_message_is_noticed_within_twenty_seconds() -> None:
    hub = Hub(RealtimeSettings.model_construct(), call_soon=lambda _: None, wake=lambda: None)
    topic = hub.begin(Ear(), "room:7", CHAT)
    topic.absorb(Reading(History(Position("e1", 0), ()), 0))
    hub.quiet_topics(turns=QUIET_TURNS - 1)

    hub.message("room:7", "e1", Entry(1, b"{}"))
    turns = 1
    while not hub.quiet_topics(turns=QUIET_TURNS - 1):
        turns += 1

    longest_turn_seconds = (
        1.2 * RealtimeSettings.model_construct().quiet_check_seconds / QUIET_TURNS
    )
    assert turns * longest_turn_seconds < 20.0


@pytest.mark.parametrize(
    ("window_seconds", "subscribers", "least_seconds"),
    [(0.4, 11, 0.2), (60.0, 5, 0.0), (0.0, 11, 0.0)],
    ids=["a crowd", "a few", "switched off"],
)
async def test_a_crowd_that_must_load_anew_is_told_over_the_retry_window(
    window_seconds: float, subscribers: int, least_seconds: float
) -> None:
    async with running(retry_window_seconds=window_seconds) as rig:
        hub = rig.realtime._core.hub
        ears = [Ear(f"e-{number}") for number in range(subscribers)]
        topics = [hub.begin(ear, f"room:{key}", CHAT) for key in range(96) for ear in ears]
        for topic in topics:
            topic.absorb(Reading(History(Position("e0", 0), ()), 0))
            for ear in ears:
                topic.go_live(ear)
        began_at = asyncio.get_running_loop().time()

        hub.suspect([topic.name for topic in topics])
        await until(lambda: not hub.suspects)

        took_seconds = asyncio.get_running_loop().time() - began_at
        assert took_seconds >= least_seconds
        await until(lambda: all(len(ear.heard) == 96 for ear in ears))
        for topic in topics:
            for ear in ears:
                hub.end(ear, topic.name)


@pytest.mark.parametrize(("window_seconds", "is_spread"), [(1.0, True), (0.0, False)])
async def test_one_large_topic_that_lost_everything_is_told_over_the_retry_window(
    window_seconds: float, is_spread: bool
) -> None:
    async with running(retry_window_seconds=window_seconds) as rig:
        hub = rig.realtime._core.hub
        ears = [Ear(f"e-{number}") for number in range(PACED_FROM_SUBSCRIBERS + 200)]
        topics = [hub.begin(ear, "room:7", CHAT) for ear in ears]
        topics[0].absorb(Reading(History(Position("e0", 0), ()), 0))
        for ear in ears:
            topics[0].go_live(ear)
        hub.suspect(["room:7"])
        await until(lambda: any(ear.heard for ear in ears))
        for _ in range(TURNS):  # of the loop: as many as it takes when nobody waits
            await asyncio.sleep(0)
        is_begun_only = not all(ear.heard for ear in ears)
        await until(lambda: all(ear.heard for ear in ears))

        assert [len(ear.heard) for ear in ears] == [1] * len(ears)
        assert is_begun_only == is_spread
        for ear in ears:
            hub.end(ear, "room:7")


async def test_many_cuts_at_a_steady_rate_lose_and_double_nothing(rig: Rig) -> None:
    heard: list[int] = []

    async def publish() -> None:
        for number in range(200):
            await rig.publish("room:7", number)
            await asyncio.sleep(0.001)

    async def listen() -> None:
        since = {"epoch": "e1", "offset": 0}
        while len(heard) < 200:
            async with rig.socket() as ada:
                result = await ada.hello({"topic": "room:7", "since": since})
                begun = result["subscriptions"][0]
                assert begun["recovered"], begun
                heard.extend(message["data"] for message in begun["messages"])
                for _ in range(7):
                    if len(heard) < 200:
                        heard.append((await ada.receive())["data"])
                since["offset"] = len(heard)
                ada.connection.transport.abort()

    async with asyncio.TaskGroup() as group:
        group.create_task(publish())
        group.create_task(listen())

    assert heard == list(range(200))
