"""What each command of a socket does, against a real server."""

import asyncio

import pytest

from tests.realtime.rig import Rig
from tests.realtime.rig import running
from tests.realtime.rig import until


async def test_hello_reports_refused_topics_beside_the_others(rig: Rig) -> None:
    async with rig.socket() as ada:
        result = await ada.hello(
            {"topic": "nothing:7"}, {"topic": "room:secret"}, {"topic": "room:7"}
        )

    refused, forbidden, begun = result["subscriptions"]
    assert (refused["topic"], refused["error"]["code"]) == ("nothing:7", "unknown_topic")
    assert (forbidden["topic"], forbidden["error"]["code"]) == ("room:secret", "forbidden")
    assert begun["topic"] == "room:7"


@pytest.mark.parametrize(
    ("topic", "code", "retry"),
    [
        ("nothing:7", "unknown_topic", False),
        ("room", "unknown_topic", False),
        ("room:", "unknown_topic", False),
        ("control:all", "unknown_topic", False),
        ("room:secret", "forbidden", False),
        ("room:away", "unavailable", True),
        ("room:broken", "internal", True),
    ],
)
async def test_a_refused_subscription_says_why(
    rig: Rig, topic: str, code: str, retry: bool
) -> None:
    async with rig.socket() as ada:
        await ada.hello()

        error = (await ada.ask("subscribe", topic=topic))["error"]

        assert (error["code"], error["retry"]) == (code, retry)
        assert topic not in rig.realtime._core.hub.topics or topic == "control:all"


async def test_a_topic_is_subscribed_to_once(rig: Rig) -> None:
    async with rig.socket() as ada:
        await ada.hello({"topic": "room:7"})

        assert (await ada.ask("subscribe", topic="room:7"))["error"]["code"] == "invalid"
        await rig.publish("room:7", 1)
        assert (await ada.receive())["data"] == 1


async def test_a_connection_has_a_limited_number_of_topics() -> None:
    async with running(topics_per_connection=2) as rig, rig.socket() as ada:
        result = await ada.hello({"topic": "room:1"}, {"topic": "room:2"}, {"topic": "room:3"})

    assert result["subscriptions"][2]["error"]["code"] == "invalid"


async def test_unsubscribing_ends_the_messages_of_that_topic(rig: Rig) -> None:
    async with rig.socket() as ada:
        await ada.hello({"topic": "room:7"}, {"topic": "room:8"})

        assert (await ada.ask("unsubscribe", topic="room:7"))["result"] == {}

        await rig.publish("room:7", "not this")
        await rig.publish("room:8", "this")
        assert (await ada.receive())["data"] == "this"
        assert "room:7" not in rig.backplane.subscribed


@pytest.mark.parametrize(
    ("since", "reason"),
    [
        ({"epoch": "other", "offset": 1}, "epoch"),
        ({"epoch": "e1", "offset": 9}, "epoch"),
        ({"epoch": "e1", "offset": 0}, "trimmed"),
    ],
)
async def test_what_cannot_be_recovered_begins_at_the_top(
    rig: Rig, since: dict[str, object], reason: str
) -> None:
    await rig.publish("short:7", 1, 2, 3, 4)
    async with rig.socket() as ada:
        result = await ada.hello({"topic": "short:7", "since": since})
        await rig.publish("short:7", 5)
        live = await ada.receive()

    assert result["subscriptions"] == [
        {
            "topic": "short:7",
            "epoch": "e1",
            "offset": 4,
            "recovered": False,
            "reason": reason,
            "messages": [],
        }
    ]
    assert live["offset"] == 5


async def test_more_than_the_limit_is_not_recovered_in_part() -> None:
    async with running(recovery_messages=2) as rig:
        await rig.publish("room:7", 1, 2, 3)
        async with rig.socket() as ada:
            since = {"epoch": "e1", "offset": 0}
            result = await ada.hello({"topic": "room:7", "since": since})

    begun = result["subscriptions"][0]
    assert (begun["recovered"], begun["reason"], begun["messages"]) == (False, "too_many", [])
    assert begun["offset"] == 3


async def test_a_hello_recovers_a_limited_number_of_bytes() -> None:
    async with running(recovery_hello_max_bytes=150) as rig:
        await rig.publish("room:7", "x" * 70)
        await rig.publish("room:8", "x" * 70)
        async with rig.socket() as ada:
            since = {"epoch": "e1", "offset": 0}
            result = await ada.hello(
                {"topic": "room:7", "since": since}, {"topic": "room:8", "since": since}
            )

    assert [one.get("reason") for one in result["subscriptions"]] == [None, "too_many"]


async def test_a_subscriber_that_is_up_to_date_costs_no_reading(rig: Rig) -> None:
    async with rig.socket("ada") as ada, rig.socket("grace") as grace:
        await ada.hello({"topic": "room:7"})
        await rig.publish("room:7", 1)
        await ada.receive()
        before = len(rig.backplane.readings)

        result = await grace.hello({"topic": "room:7", "since": {"epoch": "e1", "offset": 1}})

    assert result["subscriptions"][0]["recovered"] is True
    assert len(rig.backplane.readings) == before


async def test_an_ephemeral_topic_recovers_nothing(rig: Rig) -> None:
    async with rig.socket() as ada:
        since = {"epoch": "e1", "offset": 1}
        result = await ada.hello({"topic": "figures:cpu", "since": since})

    assert (result["subscriptions"][0]["recovered"], result["subscriptions"][0]["offset"]) == (
        False,
        0,
    )


async def test_a_signal_reaches_the_others_and_not_its_sender(rig: Rig) -> None:
    async with rig.socket("ada") as ada, rig.socket("grace") as grace:
        await ada.hello({"topic": "room:7"})
        await grace.hello({"topic": "room:7"})

        await ada.send("signal", topic="room:7", data={"typing": True})

        assert await grace.receive() == {
            "type": "message",
            "topic": "room:7",
            "data": {"typing": True},
        }
        await rig.publish("room:7", "after")
        assert (await ada.receive())["data"] == "after"


async def test_signals_of_one_key_are_conflated_and_those_of_others_are_not(rig: Rig) -> None:
    async with rig.socket("ada") as ada:
        await ada.hello({"topic": "room:7"})

        for number in range(3):
            await rig.backplane.signal("room:7", b"%d" % number, sender="c-1", key="typing")
        await rig.backplane.signal("room:7", b"9", sender="c-2", key="typing")

        assert [(await ada.receive())["data"] for _ in range(2)] == [2, 9]


@pytest.mark.parametrize(
    ("topic", "data", "code"),
    [
        ("room:8", 1, "not_subscribed"),
        ("nothing:8", 1, "not_subscribed"),
        ("short:7", 1, "forbidden"),
        ("room:7", "x" * 20_000, "too_large"),
    ],
)
async def test_a_refused_signal_with_an_id_says_why(
    rig: Rig, topic: str, data: object, code: str
) -> None:
    async with rig.socket() as ada:
        await ada.hello({"topic": "room:7"}, {"topic": "short:7"})

        reply = await ada.ask("signal", topic=topic, data=data)

    assert reply["error"]["code"] == code


async def test_a_signal_needs_permission_each_time(rig: Rig) -> None:
    async with rig.socket() as ada:
        await ada.hello({"topic": "room:7"})
        rig.door.forbidden_keys.add("7")

        reply = await ada.ask("signal", topic="room:7", data=1)

    assert reply["error"]["code"] == "forbidden"


async def test_a_signal_while_the_backplane_is_away_is_unavailable(rig: Rig) -> None:
    async with rig.socket() as ada:
        await ada.hello({"topic": "room:7"})
        rig.backplane.is_away = True

        error = (await ada.ask("signal", topic="room:7", data=1))["error"]

    assert (error["code"], error["retry"], error["after_ms"]) == ("unavailable", True, 1000)


async def test_presence_comes_with_the_subscription_and_then_as_differences(rig: Rig) -> None:
    async with rig.socket("ada") as ada, rig.socket("grace") as grace:
        begun = (await ada.hello({"topic": "room:7", "presence": True}))["subscriptions"][0]
        ada_member = {"user": str(rig.door.people["ada"].user_id), "meta": {"name": "ada"}}
        grace_member = {"user": str(rig.door.people["grace"].user_id), "meta": {"name": "grace"}}
        assert begun["presence"] == {"version": 1, "members": [ada_member]}

        await grace.hello({"topic": "room:7", "presence": True})

        assert await ada.receive() == {
            "type": "presence",
            "topic": "room:7",
            "version": 2,
            "joined": [grace_member],
            "left": [],
        }
        await grace.ask("unsubscribe", topic="room:7")
        assert (await ada.receive())["left"] == [grace_member]
        assert rig.presence.lingers == [8.0]


async def test_a_namespace_may_have_its_own_linger(rig: Rig) -> None:
    async with rig.socket() as ada:
        await ada.hello({"topic": "robots:7", "presence": True})

        await ada.ask("unsubscribe", topic="robots:7")

        await until(lambda: rig.presence.lingers == [0.0])


async def test_leaving_while_the_presence_store_is_away_harms_nobody(rig: Rig) -> None:
    async with rig.socket() as ada:
        await ada.hello({"topic": "room:7", "presence": True})
        rig.presence.is_away = True

        assert (await ada.ask("unsubscribe", topic="room:7"))["result"] == {}

        await until(lambda: rig.presence.lingers)


async def test_who_does_not_watch_presence_hears_none_of_it(rig: Rig) -> None:
    async with rig.socket("ada") as ada, rig.socket("grace") as grace:
        await ada.hello({"topic": "room:7"})
        await grace.hello({"topic": "room:7", "presence": True})

        await rig.publish("room:7", 1)

        assert (await ada.receive())["data"] == 1


async def test_above_the_limit_presence_is_a_count() -> None:
    async with running(presence_members=1) as rig, rig.socket() as ada, rig.socket() as again:
        await ada.hello({"topic": "room:7", "presence": True})
        await again.hello({"topic": "room:7", "presence": True})

        difference = await ada.receive()

    assert (difference["count"], difference["joined"]) == (2, [])


async def test_presence_can_be_asked_for(rig: Rig) -> None:
    async with rig.socket() as ada:
        await ada.hello({"topic": "room:7", "presence": True})

        result = (await ada.ask("presence", topic="room:7"))["result"]

    assert (result["version"], len(result["members"])) == (1, 1)


@pytest.mark.parametrize(
    ("topic", "code"),
    [("room:secret", "forbidden"), ("short:7", "invalid"), ("no:7", "unknown_topic")],
)
async def test_presence_that_may_not_be_seen_says_why(rig: Rig, topic: str, code: str) -> None:
    async with rig.socket() as ada:
        await ada.hello()

        assert (await ada.ask("presence", topic=topic))["error"]["code"] == code


async def test_a_presence_that_cannot_be_told_is_unavailable(rig: Rig) -> None:
    async with rig.socket() as ada:
        await ada.hello()
        rig.presence.is_away = True

        begun = await ada.ask("subscribe", topic="room:7", presence=True)

        assert begun["error"]["code"] == "unavailable"
        assert "room:7" not in rig.realtime._core.hub.topics


async def test_a_crash_in_a_command_is_internal_and_the_socket_stays(rig: Rig) -> None:
    async with rig.socket() as ada:
        await ada.hello({"topic": "room:7"})
        rig.backplane.is_broken = True

        assert (await ada.ask("signal", topic="room:7", data=1))["error"]["code"] == "internal"
        assert (await ada.ask("subscribe", topic="room:8"))["error"]["code"] == "internal"
        rig.backplane.is_broken = False
        assert "result" in await ada.ask("subscribe", topic="room:8")


async def test_with_the_backplane_away_subscriptions_are_refused_and_sockets_stay(
    rig: Rig,
) -> None:
    async with rig.socket("ada") as ada, rig.socket("grace") as grace:
        await ada.hello({"topic": "room:7"})
        rig.backplane.set_away(True)

        assert await ada.receive() == {"type": "status", "state": "degraded"}
        result = await grace.hello({"topic": "room:8"})
        assert result["subscriptions"][0]["error"]["code"] == "unavailable"
        assert result["subscriptions"][0]["error"]["retry"] is True
        assert await grace.receive() == {"type": "status", "state": "degraded"}
        rig.backplane.set_away(False)
        assert await grace.receive() == {"type": "status", "state": "ok"}
        assert "result" in await grace.ask("subscribe", topic="room:8")


async def test_many_subscribers_of_a_topic_share_one_subscription() -> None:
    async with running() as rig, rig.socket("ada") as ada, rig.socket("grace") as grace:
        await asyncio.gather(ada.hello({"topic": "room:7"}), grace.hello({"topic": "room:7"}))

        assert rig.backplane.subscribed.count("room:7") == 1
        await until(lambda: len(rig.realtime._core.hub.topics["room:7"].subscribers) == 2)
