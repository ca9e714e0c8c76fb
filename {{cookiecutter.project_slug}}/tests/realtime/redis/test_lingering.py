"""Lingers that end on time, without a janitor and without Redis."""

import asyncio
from collections.abc import Iterable

from structlog.testing import capture_logs

from app.embedded import binaries
from app.realtime.backplane import BackplaneUnavailable
from app.realtime.presence_store import Member
from app.realtime.redis.backplane import RedisBackplane
from app.realtime.redis.entries import EntryName
from app.realtime.redis.lingering import ENDED_TOGETHER
from app.realtime.redis.lingering import Lingering
from app.realtime.redis.presence import RedisPresence
from app.realtime.supervise import Supervisor
from tests.realtime.contracts.ears import Ears
from tests.realtime.contracts.ears import until
from tests.realtime.own_redis import PERIODS
from tests.realtime.own_redis import own_redis

TOPIC = "room:7"
# A janitor of this node takes its first turn in an hour.
IDLE = PERIODS.model_copy(update={"node_lease_seconds": 7_200.0, "node_beat_seconds": 3_600.0})


def entry(number: int) -> EntryName:
    """Returns the name of one connection's presence."""
    return EntryName("n", TOPIC, f"c-{number}")


async def test_people_leave_when_their_linger_is_over_though_no_janitor_comes() -> None:
    with own_redis(str(binaries.find_valkey())) as server:
        await server.start()
        ears = Ears()
        backplane = RedisBackplane(IDLE, server.settings, node="n")
        presence = RedisPresence(backplane, IDLE, node="n")
        await backplane.open(ears)
        await presence.open(ears)
        await backplane.subscribe(TOPIC)
        for number in range(2):
            await presence.join(TOPIC, f"c-{number}", Member(f"person-{number}", {}))

        for number in range(2):
            await presence.leave(TOPIC, f"c-{number}", linger_seconds=0.5)
        await presence.join(TOPIC, "c-1", Member("person-1", {}))

        await until(lambda: ([], ["person-0"]) in ears.steps)
        assert ears.steps == [(["person-0"], []), (["person-1"], []), ([], ["person-0"])]
        await presence.close()
        await backplane.close()


async def test_a_crowd_that_leaves_at_once_is_ended_some_at_a_time() -> None:
    ended: list[EntryName] = []
    crowd = [entry(number) for number in range(ENDED_TOGETHER + 1)]

    async def end(names: Iterable[EntryName]) -> None:
        ended.extend(names)

    supervisor = Supervisor()
    lingering = Lingering(end, supervisor)
    for name in crowd:
        lingering.add(name, seconds=0)

    await until(lambda: len(ended) == len(crowd))
    assert set(ended) == set(crowd)
    await supervisor.close()


async def test_with_redis_away_the_janitors_are_left_to_it() -> None:
    asked: list[EntryName] = []

    async def end(names: Iterable[EntryName]) -> None:
        asked.extend(names)
        raise BackplaneUnavailable("away")

    supervisor = Supervisor()
    lingering = Lingering(end, supervisor)
    with capture_logs() as logs:
        lingering.add(entry(1), seconds=0)
        await until(lambda: bool(logs))
        lingering.add(entry(2), seconds=0)
        await until(lambda: len(logs) == 2)

    assert asked == [entry(1), entry(2)]
    assert {one["event"] for one in logs} == {"presence.ends_left_to_janitors"}
    await supervisor.close()


async def test_after_the_end_nothing_more_is_ended() -> None:
    asked: list[EntryName] = []

    async def end(names: Iterable[EntryName]) -> None:
        asked.extend(names)

    lingering = Lingering(end, Supervisor())
    lingering.close()

    lingering.add(entry(1), seconds=0)
    over = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_later(0.2, over.set_result, None)
    await over

    assert asked == []
