"""Presence over Redis when nodes die, sleep and return, and when the server forgets everything."""

import asyncio
from collections.abc import AsyncIterator
from collections.abc import Iterator
from contextlib import asynccontextmanager

import pytest
from structlog.testing import capture_logs

from app.realtime.backplane import BackplaneUnavailable
from app.realtime.presence_store import Member
from app.realtime.redis.backplane import RedisBackplane
from app.realtime.redis.presence import RedisPresence
from app.settings import RealtimeSettings
from app.settings import RedisSettings
from tests.realtime.contracts.ears import Ears
from tests.realtime.contracts.ears import until
from tests.realtime.meters import value
from tests.realtime.own_redis import HASTY
from tests.realtime.own_redis import PERIODS
from tests.realtime.own_redis import PROGRAMS
from tests.realtime.own_redis import DeafWire
from tests.realtime.own_redis import OwnRedis
from tests.realtime.own_redis import own_redis

TOPIC = "room:7"
ADA = Member("ada", {"name": "Ada"})
GRACE = Member("grace", {})
# Renews its lease so late that it has run out long before.
SLEEPY = PERIODS.model_copy(update={"node_lease_seconds": 0.3, "node_beat_seconds": 1.2})

# Never renews it, and has time enough to do something before it runs out.
DYING = PERIODS.model_copy(update={"node_lease_seconds": 1.5, "node_beat_seconds": 3_600.0})


@pytest.fixture(params=PROGRAMS)
def server(request: pytest.FixtureRequest) -> Iterator[OwnRedis]:
    """Yields a server that is not started yet."""
    with own_redis(request.param) as made:
        yield made


@asynccontextmanager
async def node(
    server: OwnRedis,
    name: str,
    ears: Ears,
    *,
    periods: RealtimeSettings = PERIODS,
    redis: RedisSettings | None = None,
) -> AsyncIterator[RedisPresence]:
    """Yields the presence store of one node, whose ``ears`` hear the topic."""
    backplane = RedisBackplane(periods, redis or server.settings, node=name)
    presence = RedisPresence(backplane, periods, node=name)
    await backplane.open(ears)
    await presence.open(ears)
    try:
        if periods is PERIODS:
            await backplane.subscribe(TOPIC)
        yield presence
    finally:
        await presence.close()
        await backplane.close()


async def test_the_people_of_a_node_without_a_lease_leave_at_once(server: OwnRedis) -> None:
    await server.start()
    ears = Ears()
    async with (
        node(server, "awake", ears) as awake,
        node(server, "dying", Ears(), periods=DYING) as sleepy,
    ):
        await sleepy.join(TOPIC, "c-1", ADA)
        await sleepy.join(TOPIC, "c-2", GRACE)
        await awake.join(TOPIC, "c-3", GRACE)

        await until(lambda: ([], ["ada"]) in ears.steps)

        assert ears.steps == [(["ada"], []), (["grace"], []), ([], ["ada"])]
        await until(lambda: value(awake._backplane.meters, "presence_reaped_total") == 2)
        assert (await awake.snapshot(TOPIC)).members == [GRACE]


async def test_a_node_that_wakes_up_brings_its_people_back(server: OwnRedis) -> None:
    await server.start()
    ears = Ears()
    async with (
        node(server, "awake", ears) as awake,
        node(server, "sleepy", Ears(), periods=SLEEPY) as sleepy,
    ):
        await sleepy.join(TOPIC, "c-1", ADA)
        await until(lambda: ears.steps[:2] == [(["ada"], []), ([], ["ada"])])

        await until(lambda: ears.steps[2:3] == [(["ada"], [])])
        await sleepy.leave(TOPIC, "c-1", linger_seconds=0)

        await until(lambda: ears.steps[3:4] == [([], ["ada"])])
        assert (await awake.snapshot(TOPIC)).count == 0


async def test_a_reader_is_not_shown_the_dead_even_if_no_janitor_came(server: OwnRedis) -> None:
    await server.start()
    slow = PERIODS.model_copy(update={"node_beat_seconds": 60.0, "node_lease_seconds": 90.0})
    async with (
        node(server, "reader", Ears(), periods=slow) as reader,
        node(
            server, "dying", Ears(), periods=slow.model_copy(update={"node_lease_seconds": 1.0})
        ) as dying,
    ):
        joined_at = asyncio.get_running_loop().time()
        await dying.join(TOPIC, "c-1", ADA)
        shown = await reader.snapshot(TOPIC)

        is_over = asyncio.get_running_loop().time() - joined_at >= 1.0
        assert shown.members == [ADA] or is_over
        async with asyncio.timeout(60):
            while (await reader.snapshot(TOPIC)).members:  # noqa: ASYNC110 - nobody tells it
                await asyncio.sleep(0.05)


async def test_an_emptied_server_is_told_again_who_is_there(server: OwnRedis) -> None:
    await server.start()
    ears = Ears()
    async with node(server, "n", ears) as presence:
        before = await presence.join(TOPIC, "c-1", ADA)

        server.kill()
        await until(lambda: ears.states == [True])
        await server.start()
        await until(lambda: ears.states == [True, False])
        async with asyncio.timeout(60):
            while not (after := await presence.snapshot(TOPIC)).count:  # noqa: ASYNC110
                await asyncio.sleep(0.02)

        assert after.members == [ADA]
        assert after.version > before.version


async def test_a_diff_lost_with_the_connection_shows_as_a_hole(server: OwnRedis) -> None:
    await server.start()
    ears = Ears()
    async with (
        DeafWire(server) as wire,
        node(server, "there", Ears()) as there,
        node(server, "here", ears, redis=wire.settings) as here,
        server.client() as admin,
    ):
        shown = await here.join(TOPIC, "c-1", ADA)
        await until(lambda: len(ears.diffs) == 1)
        wire.deafen()
        await there.join(TOPIC, "c-2", GRACE)

        await admin.client_kill_filter(_type="pubsub")

        await until(lambda: len(ears.diffs) == 2)
        assert ears.diffs[1][1].version == shown.version + 3
        assert ears.steps[1] == ([], [])
        assert ears.diffs[1][1].count == 2


async def test_a_cut_that_lost_no_diff_tells_nobody_anything(server: OwnRedis) -> None:
    await server.start()
    ears = Ears()
    async with node(server, "n", ears) as presence, server.client() as admin:
        await presence.join(TOPIC, "c-1", ADA)
        await until(lambda: len(ears.diffs) == 1)

        await admin.client_kill_filter(_type="pubsub")
        await until(lambda: ears.suspected == [TOPIC])
        await presence.leave(TOPIC, "c-1", linger_seconds=0.3)  # some beats away

        await until(lambda: len(ears.diffs) == 2)
        assert ears.steps == [(["ada"], []), ([], ["ada"])]


async def test_what_happened_while_the_server_was_away_is_made_up_for(server: OwnRedis) -> None:
    await server.start()
    ears = Ears()
    async with node(server, "n", ears, periods=HASTY) as presence:
        await presence.join(TOPIC, "c-1", ADA)
        await presence.join(TOPIC, "c-2", GRACE)

        server.freeze()
        with pytest.raises(BackplaneUnavailable):
            await presence.join(TOPIC, "c-3", Member("late", {}))
        with pytest.raises(BackplaneUnavailable):
            await presence.snapshot(TOPIC)
        await presence.leave(TOPIC, "c-1", linger_seconds=0)
        server.thaw()

        await until(lambda: ears.states == [True, False])
        async with asyncio.timeout(60):
            while (await presence.snapshot(TOPIC)).members != [GRACE]:  # noqa: ASYNC110
                await asyncio.sleep(0.02)


async def test_a_node_that_cannot_say_goodbye_leaves_it_to_the_others(server: OwnRedis) -> None:
    await server.start()
    ears = Ears()
    with capture_logs() as logs:
        async with node(server, "n", ears) as presence:
            await presence.join(TOPIC, "c-1", ADA)
            server.kill()
            await until(lambda: ears.states == [True])

    assert "presence.left_to_others" in [line["event"] for line in logs]


async def test_thousands_of_entries_of_a_dead_node_end_together(server: OwnRedis) -> None:
    await server.start()
    ears = Ears()
    async with (
        node(server, "awake", ears) as awake,
        node(server, "dying", Ears(), periods=DYING) as dying,
    ):
        await asyncio.gather(
            *(dying.join(TOPIC, f"c-{n}", Member(f"user-{n}", {})) for n in range(250))
        )

        await until(lambda: sum(len(left) for _, left in ears.steps) == 250)

        assert (await awake.snapshot(TOPIC)).count == 0
        versions = [diff.version for _, diff in ears.diffs]
        assert versions == list(range(versions[0], versions[0] + len(versions)))
