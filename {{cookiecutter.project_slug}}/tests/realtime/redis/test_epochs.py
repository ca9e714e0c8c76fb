"""Epochs follow the server's replication id: after a failover no offset is given out twice."""

import asyncio
from collections.abc import Iterator

import pytest
from redis.asyncio import Redis

from app.realtime.backplane import BackplaneUnavailable
from app.realtime.redis.backplane import RedisBackplane
from app.realtime.redis.scripts import PUBLISH
from app.realtime.topics import Window
from tests.ports import free_port
from tests.realtime.contracts.ears import Ears
from tests.realtime.contracts.ears import until
from tests.realtime.own_redis import PERIODS
from tests.realtime.own_redis import PROGRAMS
from tests.realtime.own_redis import OwnRedis
from tests.realtime.own_redis import own_redis

TOPIC = "room:7"
WINDOW = Window(messages=500, seconds=300)


@pytest.fixture(params=PROGRAMS)
def pair(request: pytest.FixtureRequest) -> Iterator[tuple[OwnRedis, OwnRedis]]:
    """Yields two servers that are not started yet; the first one can have replicas."""
    with (
        own_redis(request.param, port=free_port()) as first,
        own_redis(request.param) as second,
    ):
        yield first, second


async def replicate(primary: OwnRedis, replica: OwnRedis) -> None:
    """Makes ``replica`` follow ``primary`` and returns when it has everything."""
    async with primary.client() as there, replica.client() as here:
        await here.replicaof("127.0.0.1", primary.port)
        async with asyncio.timeout(60):
            while (await here.info("replication"))["master_link_status"] != "up":  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        await there.wait(1, 5_000)


async def promote(replica: OwnRedis) -> None:
    async with replica.client() as here:
        await here.replicaof("NO", "ONE")


async def test_after_a_failover_a_new_epoch_begins(pair: tuple[OwnRedis, OwnRedis]) -> None:
    primary, replica = pair
    await primary.start()
    await replica.start()
    before, after = (
        RedisBackplane(PERIODS, server.settings, node="n") for server in (primary, replica)
    )
    await before.open(Ears())
    await after.open(Ears())
    await before.history(TOPIC, window=WINDOW, after=0, limit=1)
    await replicate(primary, replica)
    old = [await before.publish(TOPIC, b"old", window=WINDOW) for _ in range(3)]
    async with primary.client() as admin:
        assert await admin.wait(1, 5_000) == 1

    primary.kill()
    await promote(replica)
    (top,) = await after.tops([TOPIC])
    history = await after.history(TOPIC, window=WINDOW, after=0, limit=10)
    new = await after.publish(TOPIC, b"new", window=WINDOW)
    await before.close()
    await after.close()

    assert top is None
    assert list(history.entries) == []
    assert new.epoch == history.top.epoch != old[-1].epoch
    assert new.offset == 1


@pytest.mark.parametrize("is_told", [True, False])
async def test_without_the_replication_id_an_offset_would_be_given_out_twice(
    pair: tuple[OwnRedis, OwnRedis], is_told: bool
) -> None:
    primary, replica = pair
    await primary.start()
    await replica.start()
    await replicate(primary, replica)
    keys = ["{t}:meta", "{t}:log"]
    async with primary.client() as before, replica.client() as after:
        seen = (await before.info("replication"))["master_replid"]

        async def publish(server: Redis, data: str, seen: str) -> tuple[bytes, bytes]:
            limits = (10, 60, seen, f"epoch{data}", 60)
            epoch, offset, *_ = await server.eval(PUBLISH.source, 2, *keys, "{t}", data, *limits)
            return epoch, offset

        await publish(before, "0", seen)
        assert await before.wait(1, 5_000) == 1
        await promote(replica)  # from here on it does not hear of the primary any more
        lost = await publish(before, "1", seen)
        primary.kill()
        other = await publish(after, "2", "" if is_told else seen)

    # With it off, two messages have the same name, and a client that saw one takes it for both.
    assert (other == lost) is not is_told


async def test_a_replica_takes_no_publish_until_it_is_promoted(
    pair: tuple[OwnRedis, OwnRedis],
) -> None:
    primary, replica = pair
    await primary.start()
    await replica.start()
    await replicate(primary, replica)
    ears = Ears()
    backplane = RedisBackplane(PERIODS, replica.settings, node="n")
    await backplane.open(ears)

    with pytest.raises(BackplaneUnavailable, match=r"refused: .*read.?only"):
        await backplane.publish(TOPIC, b"1", window=WINDOW)
    await promote(replica)
    await until(lambda: ears.states == [True, False])
    published = await backplane.publish(TOPIC, b"2", window=WINDOW)
    await backplane.close()

    assert published.offset == 1


async def test_a_caller_with_an_old_view_does_not_turn_the_epoch_back(redis: Redis) -> None:
    keys = ["{t}:meta", "{t}:log"]

    async def publish(seen: str, epoch: str) -> list[bytes | int]:
        reply: list[bytes | int] = await redis.eval(
            PUBLISH.source, 2, *keys, "{t}", "data", 10, 60, seen, epoch, 60
        )
        return reply

    first = await publish("", "epoch1")
    own_view = bytes(first[3])  # it had to be looked up

    stale = await publish("0" * 40, "epoch2")
    current = await publish(own_view.decode(), "epoch3")

    assert [first[0], stale[0], current[0]] == [b"epoch1"] * 3
    assert [first[1], stale[1], current[1]] == [b"1", b"2", b"3"]
    assert stale[3] == own_view
    assert current[3] == b""
