"""The backplane over a Redis Cluster when slots move and nodes go away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from contextlib import asynccontextmanager

import pytest
from structlog.testing import capture_logs

from app.realtime.backplane import BackplaneUnavailable
from app.realtime.presence_store import Member
from app.realtime.redis.backplane import RedisBackplane
from app.realtime.redis.dialing import ServerDial
from app.realtime.redis.dialing import ask
from app.realtime.redis.layout import LayoutMismatch
from app.realtime.redis.presence import RedisPresence
from app.realtime.topics import Window
from app.settings import RedisSettings
from tests.ports import free_port
from tests.realtime.contracts.ears import Ears
from tests.realtime.contracts.ears import until
from tests.realtime.own_cluster import OwnCluster
from tests.realtime.own_cluster import own_cluster
from tests.realtime.own_cluster import tell
from tests.realtime.own_redis import PERIODS
from tests.realtime.own_redis import PROGRAMS
from tests.realtime.own_redis import OwnRedis

# Never renews its lease, and has time enough to do something before it runs out.
DYING = PERIODS.model_copy(update={"node_lease_seconds": 1.5, "node_beat_seconds": 3_600.0})
TOPIC = "room:7"
WINDOW = Window(messages=500, seconds=300)


@asynccontextmanager
async def backplane(redis: RedisSettings, ears: Ears) -> AsyncIterator[RedisBackplane]:
    """Yields an open backplane."""
    made = RedisBackplane(PERIODS, redis, node="n")
    await made.open(ears)
    try:
        yield made
    finally:
        await made.close()


def slot_of(opened: RedisBackplane, topic: str) -> int:
    return opened.keys.slot(opened.keys.channel(topic))


async def another(cluster: OwnCluster, slot: int) -> OwnRedis:
    """Returns a node that does not serve the slot."""
    owner = await cluster.owner_of(slot)
    return next(node for node in cluster.nodes if node is not owner)


@pytest.fixture
async def moved_back(emptied_cluster: OwnCluster) -> AsyncIterator[OwnCluster]:
    """Yields the Cluster of the session; the slot of the topic is moved back to its first owner."""
    slot = slot_of(RedisBackplane(PERIODS, emptied_cluster.settings, node="n"), TOPIC)
    owner = await emptied_cluster.owner_of(slot)
    yield emptied_cluster
    await emptied_cluster.flush()
    await emptied_cluster.give_back(slot, owner)


async def test_topics_are_served_by_all_nodes(emptied_cluster: OwnCluster) -> None:
    topics = [f"room:{number}" for number in range(60)]
    async with backplane(emptied_cluster.settings, Ears()) as opened:
        for topic in topics:
            await opened.publish(topic, b"1", window=WINDOW)

    for node in emptied_cluster.nodes:
        async with node.client() as client:
            assert await client.dbsize() > 10


async def test_announcements_stay_on_the_node_of_their_slot(emptied_cluster: OwnCluster) -> None:
    ears = Ears()
    async with backplane(emptied_cluster.settings, ears) as opened:
        await opened.subscribe(TOPIC)
        await opened.publish(TOPIC, b"1", window=WINDOW)
        await until(lambda: ears.texts == [b"1"])

        owner = await emptied_cluster.owner_of(slot_of(opened, TOPIC))
        channels = []
        for node in emptied_cluster.nodes:
            async with node.client() as client:
                channels.append(await tell(client, "PUBSUB SHARDCHANNELS"))

    heard_at = [node for node, found in zip(emptied_cluster.nodes, channels, strict=True) if found]
    assert heard_at == [owner]


async def test_a_moved_slot_is_followed_and_its_topics_are_suspect(
    moved_back: OwnCluster,
) -> None:
    ears = Ears()
    async with backplane(moved_back.settings, ears) as opened:
        await opened.subscribe(TOPIC)
        before = await opened.publish(TOPIC, b"before", window=WINDOW)
        await until(lambda: ears.texts == [b"before"])
        slot = slot_of(opened, TOPIC)

        await moved_back.move_slot(slot, await another(moved_back, slot))

        await until(lambda: ears.suspected == [TOPIC])
        after = await opened.publish(TOPIC, b"after", window=WINDOW)
        await until(lambda: ears.texts == [b"before", b"after"])
        assert after.epoch != before.epoch
        assert ears.states == []


async def test_a_subscriber_that_does_not_follow_hears_nothing_any_more(
    moved_back: OwnCluster,
) -> None:
    async with backplane(moved_back.settings, Ears()) as opened:
        slot, channel = slot_of(opened, TOPIC), opened.keys.channel(TOPIC)
        source = await moved_back.owner_of(slot)
        plain = await ServerDial(source.address, connect_seconds=30.0).connect()
        await ask(plain, "SSUBSCRIBE", channel)
        await opened.publish(TOPIC, b"heard", window=WINDOW)
        assert (await plain.read_response())[0] == b"smessage"

        await moved_back.move_slot(slot, await another(moved_back, slot))
        await opened.publish(TOPIC, b"lost", window=WINDOW)

        assert (await plain.read_response())[0] == b"sunsubscribe"
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(plain.read_response(), 0.2)
        await plain.disconnect()


async def test_a_moved_slot_that_was_not_told_of_is_found_by_publishing(
    moved_back: OwnCluster,
) -> None:
    async with backplane(moved_back.settings, Ears()) as opened:
        slot = slot_of(opened, TOPIC)
        await opened.publish(TOPIC, b"0", window=WINDOW)

        await moved_back.move_slot(slot, await another(moved_back, slot))
        numbers = range(1, 50)
        placed = await asyncio.gather(
            *(opened.publish(TOPIC, b"%d" % number, window=WINDOW) for number in numbers)
        )

        assert sorted(one.offset for one in placed) == list(numbers)


async def test_publishing_goes_on_while_a_slot_is_being_moved(moved_back: OwnCluster) -> None:
    ears = Ears()
    async with backplane(moved_back.settings, ears) as opened:
        slot = slot_of(opened, TOPIC)
        source, target = await moved_back.owner_of(slot), await another(moved_back, slot)
        await opened.subscribe(TOPIC)
        await opened.publish(TOPIC, b"0", window=WINDOW)

        await moved_back.begin_move(slot, target)
        during = await opened.publish(TOPIC, b"1", window=WINDOW)  # at the source: the keys are
        fresh = asyncio.ensure_future(opened.publish(TOPIC, b"2", window=WINDOW, key="new"))
        await asyncio.sleep(0.05)  # TRYAGAIN: two of its keys are here, one is nowhere
        assert not fresh.done()
        await moved_back.move_keys(slot, source, target)
        asked = await opened.publish(TOPIC, b"3", window=WINDOW)  # ASK: the keys are at the target
        await moved_back.finish_move(slot, target)
        later = await fresh

        assert during.offset == 2
        assert sorted([asked.offset, later.offset]) == [1, 2]
        await until(lambda: TOPIC in ears.suspected)


@pytest.mark.slow
async def test_a_node_that_is_away_takes_only_its_topics_with_it() -> None:
    program = PROGRAMS[0].values[0]
    ears = Ears()
    async with own_cluster(str(program)) as cluster, backplane(cluster.settings, ears) as opened:
        for node in cluster.nodes:
            async with node.client() as client:
                await client.config_set("cluster-require-full-coverage", "no")
        topics = [f"room:{number}" for number in range(30)]
        await asyncio.gather(*(opened.subscribe(topic) for topic in topics))
        victim = await cluster.owner_of(slot_of(opened, TOPIC))
        gone = {t for t in topics if await cluster.owner_of(slot_of(opened, t)) is victim}

        victim.kill()
        await until(lambda: ears.states == [True])
        outcomes = await asyncio.gather(
            *(opened.publish(topic, b"1", window=WINDOW) for topic in topics),
            return_exceptions=True,
        )
        await victim.start()
        await until(lambda: ears.states == [True, False])
        again = await opened.publish(TOPIC, b"2", window=WINDOW)

        failed = {t for t, one in zip(topics, outcomes, strict=True) if isinstance(one, Exception)}
        assert failed == gone
        assert 0 < len(gone) < len(topics)
        assert set(ears.suspected) == gone
        assert again.offset == 1


async def test_another_number_of_partitions_is_refused_with_a_way_out(
    emptied_cluster: OwnCluster,
) -> None:
    async with backplane(emptied_cluster.settings, Ears()) as first:
        odd = RedisBackplane(PERIODS, emptied_cluster.settings, node="odd", partitions=64)
        with capture_logs() as logs, pytest.raises(LayoutMismatch) as refusal:
            await odd.open(Ears())

        assert "used with 128 partitions and this program wants 64" in str(refusal.value)
        assert first.keys.layout in str(refusal.value)
        assert "redis.layout_mismatch" in [line["event"] for line in logs]
        assert (await first.publish(TOPIC, b"1", window=WINDOW)).offset == 1


async def test_a_cluster_that_is_away_at_open_is_unavailable_in_time() -> None:
    settings = RedisSettings.model_construct(
        url=f"redis+cluster://127.0.0.1:{free_port()}", connect_seconds=0.5
    )
    ears = Ears()
    async with backplane(settings, ears) as opened:
        with pytest.raises(BackplaneUnavailable, match="no node of the Cluster answers"):
            await opened.publish(TOPIC, b"1", window=WINDOW)
        with pytest.raises(BackplaneUnavailable, match="no node of the Cluster answers"):
            await opened.subscribe(TOPIC)

    assert ears.states == [True]


async def test_the_people_of_a_dead_process_leave_every_partition(
    emptied_cluster: OwnCluster,
) -> None:
    topics = [f"room:{number}" for number in range(40)]
    ears = Ears()
    awake = RedisBackplane(PERIODS, emptied_cluster.settings, node="awake")
    dying = RedisBackplane(DYING, emptied_cluster.settings, node="dying")
    janitor = RedisPresence(awake, PERIODS, node="awake")
    people = RedisPresence(dying, DYING, node="dying")
    async with AsyncExitStack() as stack:
        for opened in (awake, janitor, dying, people):
            await opened.open(ears if opened in (awake, janitor) else Ears())
            stack.push_async_callback(opened.close)
        await asyncio.gather(*(awake.subscribe(topic) for topic in topics))
        await asyncio.gather(
            *(people.join(topic, f"c-{topic}", Member("ada", {})) for topic in topics)
        )
        await until(lambda: {topic for topic, diff in ears.diffs if diff.joined} == set(topics))

        await until(lambda: {topic for topic, diff in ears.diffs if diff.left} == set(topics))
        counts = [(await janitor.snapshot(topic)).count for topic in topics]

    assert len(ears.diffs) == 2 * len(topics)
    assert len({awake.keys.partition(topic) for topic in topics}) > 20
    assert set(counts) == {0}
