"""Two hubs over one backplane, in memory and over a real Valkey: to a client they are one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import httpx
import pytest

from app.principal import Principal
from app.realtime.backplane import Backplane
from app.realtime.inspection import Inspection
from app.realtime.memory.backplane import MemoryBackplane
from app.realtime.memory.broker import MemoryBroker
from app.realtime.memory.presence import MemoryPresence
from app.realtime.presence_store import PresenceStore
from app.realtime.redis.backplane import RedisBackplane
from app.realtime.redis.presence import RedisPresence
from app.settings import RealtimeSettings
from app.settings import RedisSettings
from tests.patience import PATIENCE_SECONDS
from tests.realtime.rig import Door
from tests.realtime.rig import Frame
from tests.realtime.rig import Served
from tests.realtime.rig import serving
from tests.realtime.rig import until

Pair = tuple[Served, Served]
Adapters = tuple[Backplane, PresenceStore]


def in_memory() -> list[Adapters]:
    broker = MemoryBroker()
    ends = [MemoryBackplane(broker) for _ in range(2)]
    return [(end, MemoryPresence(end, members_max=200, linger_seconds=0.0)) for end in ends]


def over_redis(settings: RedisSettings) -> list[Adapters]:
    periods = RealtimeSettings.model_construct(
        presence_linger_seconds=0.0, publish_deadline_seconds=PATIENCE_SECONDS
    )
    ends = {node: RedisBackplane(periods, settings, node=node) for node in ("one", "two")}
    return [(end, RedisPresence(end, periods, node=node)) for node, end in ends.items()]


@pytest.fixture(params=["memory", "redis", "cluster"])
def adapters(request: pytest.FixtureRequest) -> list[Adapters]:
    """Returns the ends of one kind of backplane, which is emptied afterwards."""
    if request.param == "memory":
        return in_memory()
    if request.param == "cluster":
        return over_redis(request.getfixturevalue("emptied_cluster").settings)
    request.getfixturevalue("redis")
    return over_redis(request.getfixturevalue("settings").redis)


@pytest.fixture
async def pair(adapters: list[Adapters]) -> AsyncIterator[Pair]:
    """Yields two processes that share their people."""
    door = Door()
    async with AsyncExitStack() as stack:
        one, two = [
            await stack.enter_async_context(serving(*each, door, presence_linger_seconds=0.0))
            for each in adapters
        ]
        yield one, two


async def test_what_is_published_through_one_arrives_through_the_other(pair: Pair) -> None:
    one, two = pair
    async with two.socket() as ada, two.stream("room:7") as stream:
        await ada.hello({"topic": "room:7"})
        await stream.receive()

        await one.publish("room:7", {"body": "hi"})

        assert (await ada.receive())["data"] == {"body": "hi"}
        assert (await stream.receive()).frame["data"] == {"body": "hi"}


async def test_a_client_resumes_on_the_other_process_with_nothing_lost(pair: Pair) -> None:
    one, two = pair
    async with one.socket() as ada:
        begun = (await ada.hello({"topic": "room:7"}))["subscriptions"][0]
        await one.publish("room:7", 1)
        seen = await ada.receive()
    await one.publish("room:7", 2)

    async with two.socket() as ada:
        since = {"epoch": begun["epoch"], "offset": seen["offset"]}
        again = (await ada.hello({"topic": "room:7", "since": since}))["subscriptions"][0]
        await one.publish("room:7", 3)
        live = await ada.receive()

    assert again["recovered"] is True
    assert [message["data"] for message in again["messages"]] == [2]
    assert (live["data"], live["offset"]) == (3, 3)


async def test_a_client_that_has_seen_nothing_yet_resumes_on_the_other_process(pair: Pair) -> None:
    one, two = pair
    async with one.socket() as ada:
        begun = (await ada.hello({"topic": "room:7"}))["subscriptions"][0]
    since = {"epoch": begun["epoch"], "offset": begun["offset"]}

    async with two.socket() as ada:
        quiet = (await ada.hello({"topic": "room:7", "since": since}))["subscriptions"][0]
    await one.publish("room:7", 1)
    async with two.socket() as ada:
        again = (await ada.hello({"topic": "room:7", "since": since}))["subscriptions"][0]

    assert begun["offset"] == 0
    assert (quiet["recovered"], quiet["messages"]) == (True, [])
    assert again["recovered"] is True
    assert [(message["offset"], message["data"]) for message in again["messages"]] == [(1, 1)]


async def test_a_client_that_is_back_within_a_millisecond_misses_nothing(pair: Pair) -> None:
    one, two = pair
    async with one.socket() as before, two.socket() as after:
        begun = (await before.hello({"topic": "room:7"}))["subscriptions"][0]
        publishing = asyncio.ensure_future(one.publish("room:7", *range(1, 101)))
        seen = [await before.receive() for _ in range(20)]

        before.connection.transport.abort()
        since = {"epoch": begun["epoch"], "offset": seen[-1]["offset"]}
        again = (await after.hello({"topic": "room:7", "since": since}))["subscriptions"][0]
        live = [await after.receive() for _ in range(80 - len(again["messages"]))]
        await publishing

    assert again["recovered"] is True
    heard = [message["offset"] for message in (*seen, *again["messages"], *live)]
    assert heard == list(range(1, 101))


async def test_without_its_place_a_client_misses_what_was_said_meanwhile(pair: Pair) -> None:
    one, two = pair
    async with one.socket() as ada:
        await ada.hello({"topic": "room:7"})
    await one.publish("room:7", "missed")

    async with two.socket() as ada:
        again = (await ada.hello({"topic": "room:7"}))["subscriptions"][0]

    assert (again["offset"], again["messages"]) == (1, [])
    assert "recovered" not in again


async def test_the_place_in_another_topic_recovers_nothing(pair: Pair) -> None:
    one, two = pair
    async with one.socket() as ada:
        [here, there] = (await ada.hello({"topic": "room:7"}, {"topic": "room:8"}))["subscriptions"]
        await one.publish("room:7", 1)
        await one.publish("room:8", 1, 2)
        seen = [await ada.receive() for _ in range(3)]

    async with two.socket() as ada:
        since = {"epoch": here["epoch"], "offset": 1}
        again = (await ada.hello({"topic": "room:8", "since": since}))["subscriptions"][0]

    assert len(seen) == 3
    assert here["epoch"] != there["epoch"]
    assert (again["recovered"], again["reason"], again["messages"]) == (False, "epoch", [])
    assert (again["epoch"], again["offset"]) == (there["epoch"], 2)


async def test_a_stream_resumes_on_the_other_process(pair: Pair) -> None:
    one, two = pair
    async with one.stream("room:7", "room:8") as stream:
        await stream.receive()
        await one.publish("room:7", 1)
        seen = await stream.receive()
    await one.publish("room:8", 2)
    await two.publish("room:7", 3)

    async with two.stream("room:7", "room:8", last_event_id=seen.cursor) as stream:
        welcome = await stream.receive()
        again = [(await stream.receive()).frame for _ in range(2)]

    assert {one["recovered"] for one in welcome.frame["subscriptions"]} == {True}
    assert {(frame["topic"], frame["data"]) for frame in again} == {("room:8", 2), ("room:7", 3)}


async def test_a_signal_crosses_processes_and_does_not_come_back(pair: Pair) -> None:
    one, two = pair
    async with one.socket("ada") as ada, two.socket("grace") as grace:
        await ada.hello({"topic": "room:7"})
        await grace.hello({"topic": "room:7"})

        await ada.send("signal", topic="room:7", data={"typing": True}, key="typing")

        assert (await grace.receive())["data"] == {"typing": True}
        await two.publish("room:7", "after")
        assert (await ada.receive())["data"] == "after"


async def test_presence_is_one_for_all_processes(pair: Pair) -> None:
    one, two = pair
    async with one.socket("ada") as ada:
        begun = (await ada.hello({"topic": "room:7", "presence": True}))["subscriptions"][0]
        async with two.socket("grace") as grace:
            there = (await grace.hello({"topic": "room:7", "presence": True}))["subscriptions"][0]
            joined = await ada.receive()
        left = await ada.receive()

    names = [member["meta"]["name"] for member in there["presence"]["members"]]
    assert sorted(names) == ["ada", "grace"]
    assert [member["meta"]["name"] for member in joined["joined"]] == ["grace"]
    assert [member["meta"]["name"] for member in left["left"]] == ["grace"]
    assert joined["version"] == there["presence"]["version"]
    assert left["version"] > joined["version"] > begun["presence"]["version"]


async def test_many_messages_arrive_in_the_same_order_everywhere(pair: Pair) -> None:
    one, two = pair
    async with one.socket("ada") as ada, two.socket("grace") as grace:
        await ada.hello({"topic": "room:7"})
        await grace.hello({"topic": "room:7"})

        for number in range(50):
            await (one if number % 3 else two).publish("room:7", number)

        heard: list[list[Frame]] = [
            [await socket.receive() for _ in range(50)] for socket in (ada, grace)
        ]
    assert heard[0] == heard[1]
    assert [frame["offset"] for frame in heard[0]] == list(range(1, 51))


ORDER_SECONDS = 30.0  # sooner than the next look at every session


async def obeys_orders(served: Served) -> None:
    """Waits until a process hears the orders of others."""
    topics = served.realtime._core.hub.topics
    await until(lambda: topics["control:all"].log.state == "live")  # type: ignore[union-attr]


def principal_of(served: Served, name: str) -> Principal:
    """Returns who is connected there under a name."""
    connections = served.realtime._core.hub.connections.values()
    return next(one.principal for one in connections if one.principal.name == name)


@pytest.mark.parametrize("whom", ["user", "session"])
async def test_whoever_is_signed_out_in_one_process_is_cut_off_in_the_other_at_once(
    pair: Pair, whom: str
) -> None:
    one, two = pair
    async with (
        two.socket("ada") as ada,
        two.stream("room:7", name="ada") as stream,
        two.socket("grace") as grace,
    ):
        await ada.hello()
        await stream.receive()
        await grace.hello({"topic": "room:7"})
        await obeys_orders(two)
        who = principal_of(two, "ada")

        async with asyncio.timeout(ORDER_SECONDS):
            if whom == "user":
                await one.realtime.disconnect(user=who.user_id)
            else:
                await one.realtime.disconnect(session=who.session_id)
            assert await ada.closed() == 4401
            assert (await stream.receive()).frame["code"] == 4401
            await stream.ended()

        await one.publish("room:7", "still here")
        assert (await grace.receive())["data"] == "still here"


async def test_without_the_order_somebody_signed_out_hears_on_until_the_next_look(
    pair: Pair,
) -> None:
    one, two = pair
    async with two.socket("ada") as ada:
        await ada.hello({"topic": "room:7"})
        await obeys_orders(two)
        control = two.realtime._control
        two.realtime._core.hub.end(control, "control:all")

        await one.realtime.disconnect(user=principal_of(two, "ada").user_id)
        await one.publish("room:7", "not for ada")

        assert (await ada.receive())["data"] == "not for ada"


async def test_a_removed_member_hears_nothing_more_in_any_process(pair: Pair) -> None:
    one, two = pair
    async with (
        one.socket("ada") as here,
        two.socket("ada") as there,
        two.stream("room:7", "room:8", name="ada") as stream,
        two.socket("grace") as grace,
    ):
        for socket in (here, there, grace):
            await socket.hello({"topic": "room:7"})
        await stream.receive()
        await obeys_orders(one)
        await obeys_orders(two)

        async with asyncio.timeout(ORDER_SECONDS):
            await one.realtime.end_subscription("room:7", user=principal_of(two, "ada").own_id)
            ended = [
                await here.receive(),
                await there.receive(),
                (await stream.receive()).frame,
            ]

        assert ended == [
            {"type": "unsubscribed", "topic": "room:7", "code": "forbidden", "retry": False}
        ] * len(ended)
        await one.publish("room:7", "not for ada")
        await one.publish("room:8", "for ada")
        assert (await grace.receive())["data"] == "not for ada"
        assert (await stream.receive()).frame["data"] == "for ada"
        assert (await there.ask("subscribe", topic="room:8"))["result"]


async def test_a_signal_over_http_spares_the_callers_connection_of_another_process(
    pair: Pair,
) -> None:
    one, two = pair
    async with two.socket("ada") as ada, two.socket("grace") as grace:
        connection = (await ada.hello({"topic": "room:7"}))["connection"]
        await grace.hello({"topic": "room:7"})
        signal = {"type": "signal", "topic": "room:7", "data": 1, "connection": connection}

        async with httpx.AsyncClient(headers={"Authorization": "Bearer ada"}, timeout=60) as client:
            address = f"http://127.0.0.1:{one.port}/realtime/commands"
            assert (await client.post(address, json=signal)).status_code == 204

        assert (await grace.receive())["data"] == 1
        await two.publish("room:7", "after")
        assert (await ada.receive())["data"] == "after"


async def inspected(asking: Served) -> Inspection:
    """Asks until both processes have answered in time, as a slow machine may not let them."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len((seen := await asking.realtime.inspect()).processes) < 2:
            assert seen.is_whole
    return seen


async def test_each_process_tells_whoever_asks_what_is_open_in_all_of_them(pair: Pair) -> None:
    one, two = pair
    async with one.socket() as ada, two.socket("grace") as grace, two.stream("room:8") as stream:
        await ada.hello({"topic": "room:7"})
        await grace.hello({"topic": "room:7"}, {"topic": "room:8"})
        await stream.receive()

        seen = await inspected(one)

    told = {report.name: report for each in seen.processes for report in each.connections}
    assert seen.is_whole
    assert [each.connection_count for each in seen.processes] == [1, 2]
    assert {report.address for report in told.values()} == {"127.0.0.1"}
    assert sum(report.subscriptions for each in seen.processes for report in each.connections) == 4
    assert [(topic.topic, topic.subscribers) for topic in seen.processes[1].topics] == [
        ("room:8", 2),
        ("room:7", 1),
    ]


async def test_a_connection_of_the_other_process_is_cut_and_nobody_else(pair: Pair) -> None:
    one, two = pair
    async with two.socket() as ada, two.socket("grace") as grace:
        await ada.hello()
        await grace.hello()
        seen = (await inspected(one)).processes[1].connections
        of_ada = next(report for report in seen if report.name.lower() == "ada")

        await one.realtime.cut(of_ada.id)

        assert (await ada.receive())["reason"] == "disconnected by an administrator"
        assert await ada.closed() == 4403
        assert (await grace.ask("presence", topic="room:7"))["result"]
