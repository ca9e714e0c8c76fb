"""Topics of kind ``latest`` from the publisher to the client."""

from app.realtime.topics import Window
from tests.realtime.rig import Rig
from tests.realtime.rig import until

TOPIC = "state:lamp"


async def test_a_newcomer_is_given_the_newest_value(rig: Rig) -> None:
    await rig.publish(TOPIC, "off", "on")

    async with rig.socket() as ada:
        [begun] = (await ada.hello({"topic": TOPIC}))["subscriptions"]

        assert begun == {
            "topic": TOPIC,
            "epoch": "e1",
            "offset": 2,
            "messages": [{"offset": 2, "data": "on"}],
        }
        await rig.publish(TOPIC, "off")
        assert (await ada.receive())["data"] == "off"


async def test_the_second_newcomer_is_given_it_without_a_look_into_the_log(rig: Rig) -> None:
    await rig.publish(TOPIC, "on")
    async with rig.socket() as ada, rig.socket("grace") as grace:
        await ada.hello({"topic": TOPIC, "since": {"epoch": "e1", "offset": 1}})
        readings = len(rig.backplane.readings)

        [begun] = (await grace.hello({"topic": TOPIC}))["subscriptions"]

        assert [message["data"] for message in begun["messages"]] == ["on"]
        assert len(rig.backplane.readings) == readings


async def test_whoever_comes_back_gets_only_the_newest_value(rig: Rig) -> None:
    await rig.publish(TOPIC, "one", "two", "three")

    async with rig.socket() as ada:
        since = {"epoch": "e1", "offset": 1}
        [begun] = (await ada.hello({"topic": TOPIC, "since": since}))["subscriptions"]

        assert begun["recovered"] is True
        assert begun["messages"] == [{"offset": 3, "data": "three"}]


async def test_whoever_has_the_newest_value_gets_nothing(rig: Rig) -> None:
    await rig.publish(TOPIC, "one")

    async with rig.socket() as ada:
        since = {"epoch": "e1", "offset": 1}
        [begun] = (await ada.hello({"topic": TOPIC, "since": since}))["subscriptions"]

        assert (begun["recovered"], begun["messages"]) == (True, [])


async def test_whoever_comes_from_another_epoch_is_told_and_then_given_the_value(rig: Rig) -> None:
    await rig.publish(TOPIC, "one", "two")

    async with rig.socket() as ada:
        since = {"epoch": "e0", "offset": 41}
        [begun] = (await ada.hello({"topic": TOPIC, "since": since}))["subscriptions"]
        value = await ada.receive()

        assert (begun["recovered"], begun["reason"], begun["messages"]) == (False, "epoch", [])
        assert (begun["epoch"], begun["offset"]) == ("e1", 1)
        assert value == {"type": "message", "topic": TOPIC, "offset": 2, "data": "two"}


async def test_a_stream_is_given_the_value_after_welcome(rig: Rig) -> None:
    await rig.publish(TOPIC, "one", "two")

    async with rig.stream(TOPIC) as stream:
        [begun] = (await stream.receive()).frame["subscriptions"]
        value = await stream.receive()

        assert (begun["offset"], begun["messages"]) == (1, [])
        assert (value.frame["offset"], value.frame["data"]) == (2, "two")


async def test_a_stream_with_a_foreign_cursor_is_given_the_value_too(rig: Rig) -> None:
    await rig.publish(TOPIC, "one")

    async with rig.stream(TOPIC, cursor="nonsense") as stream:
        [begun] = (await stream.receive()).frame["subscriptions"]
        value = await stream.receive()

        assert (begun["recovered"], begun["reason"]) == (False, "cursor")
        assert value.frame["data"] == "one"
    async with rig.stream(TOPIC, last_event_id=value.cursor) as stream:
        [begun] = (await stream.receive()).frame["subscriptions"]
        assert (begun["recovered"], begun["offset"]) == (True, 1)


async def test_a_value_whose_announcement_was_lost_is_found_by_the_quiet_check(rig: Rig) -> None:
    async with rig.socket() as ada:
        await ada.hello({"topic": TOPIC})
        rig.backplane.is_mute = True
        await rig.backplane.publish(TOPIC, b"1", window=Window(messages=1))
        await rig.backplane.publish(TOPIC, b"2", window=Window(messages=1))
        rig.backplane.is_mute = False

        await rig.realtime._catch_up.check_quiet_topics()

        assert (await ada.receive())["data"] == 2


async def test_of_one_tick_only_the_newest_value_is_told(rig: Rig) -> None:
    core = rig.realtime._core
    async with rig.socket() as ada:
        await ada.hello({"topic": TOPIC})

        await rig.publish(TOPIC, 1, 2, 3)

        assert (await ada.receive())["offset"] == 3
        await until(lambda: not core.backlog.waiting)
