"""The way to Redis fails, not Redis: half-open, stalled, slow, in slices of one byte."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from redis.asyncio import Redis

from app.embedded import binaries
from app.realtime.backplane import BackplaneUnavailable
from app.realtime.backplane import Published
from app.realtime.redis.backplane import RedisBackplane
from app.realtime.topics import Window
from app.settings import RealtimeSettings
from app.settings import RedisSettings
from tests.chaos_proxy import TO_CLIENT
from tests.chaos_proxy import ChaosProxy
from tests.realtime.contracts.ears import Ears
from tests.realtime.contracts.ears import until
from tests.realtime.own_redis import HASTY
from tests.realtime.own_redis import PERIODS
from tests.realtime.own_redis import OwnRedis
from tests.realtime.own_redis import own_redis
from tests.servers import redis_client

TOPIC = "room:7"
WINDOW = Window(messages=20_000, seconds=300)

AT_ONCE = 500


@pytest.fixture
async def server() -> AsyncIterator[OwnRedis]:
    """Yields a running server of this test alone."""
    with own_redis(str(binaries.find_valkey())) as made:
        await made.start()
        yield made


@pytest.fixture
async def proxy(server: OwnRedis) -> AsyncIterator[ChaosProxy]:
    """Yields a way to the server that can be spoilt."""
    async with ChaosProxy(Path(server.socket)) as made:
        yield made


@asynccontextmanager
async def through(
    proxy: ChaosProxy, ears: Ears, *, periods: RealtimeSettings = PERIODS
) -> AsyncIterator[RedisBackplane]:
    """Yields an open backplane whose connections go through the proxy."""
    url = f"redis://127.0.0.1:{proxy.port}/0"
    made = RedisBackplane(
        periods, RedisSettings.model_construct(url=url, connect_seconds=30.0), node="through"
    )
    await made.open(ears)
    try:
        yield made
    finally:
        await made.close()


@asynccontextmanager
async def beside(server: OwnRedis) -> AsyncIterator[RedisBackplane]:
    """Yields the backplane of another process, which has no trouble."""
    made = RedisBackplane(PERIODS, server.settings, node="beside")
    await made.open(Ears())
    try:
        yield made
    finally:
        await made.close()


async def test_a_half_open_way_is_found_in_time_and_caught_up_with(
    server: OwnRedis, proxy: ChaosProxy
) -> None:
    ears, loop = Ears(), asyncio.get_running_loop()
    async with through(proxy, ears, periods=HASTY) as opened, beside(server) as other:
        await opened.subscribe(TOPIC)
        await opened.publish(TOPIC, b"0", window=WINDOW)
        await until(lambda: ears.texts == [b"0"])

        proxy.half_open()
        cut = loop.time()
        await other.publish(TOPIC, b"lost", window=WINDOW)
        with pytest.raises(BackplaneUnavailable):  # as the beat of presence would, every 3 s
            await opened.tops([TOPIC])
        await until(lambda: ears.suspected == [TOPIC])
        found = loop.time()
        await until(lambda: ears.states[-1:] == [False])
        history = await opened.history(TOPIC, window=WINDOW, after=1, limit=10)
        await other.publish(TOPIC, b"heard", window=WINDOW)
        await until(lambda: ears.texts == [b"0", b"heard"])

    print(f"found after {found - cut:.2f} s, caught up {loop.time() - found:.2f} s later")
    assert [entry.data for entry in history.entries] == [b"lost"]


@pytest.mark.slow
async def test_a_half_open_way_that_nobody_asks_about_is_not_found(
    server: OwnRedis, proxy: ChaosProxy
) -> None:
    ears = Ears()
    async with through(proxy, ears) as opened, beside(server) as other:
        await opened.subscribe(TOPIC)
        await opened.tops([TOPIC])  # nothing is under way any more

        proxy.half_open()
        await other.publish(TOPIC, b"lost", window=WINDOW)
        await asyncio.sleep(2.5)  # more than the test above needs; here the probe is a minute away

        assert (ears.texts, ears.suspected, ears.states) == ([], [], [])


async def test_a_deaf_subscriber_is_not_believed_by_the_one_for_commands(
    server: OwnRedis, proxy: ChaosProxy
) -> None:
    ears = Ears()
    periods = PERIODS.model_copy(update={"probe_seconds": 0.3})
    async with through(proxy, ears, periods=periods) as opened, beside(server) as other:
        await opened.subscribe(TOPIC)

        proxy.half_open(TO_CLIENT)  # both are deaf now; what is sent arrives
        await other.publish(TOPIC, b"lost", window=WINDOW)

        await until(lambda: ears.suspected == [TOPIC])


async def test_a_cut_way_is_made_anew_at_once(server: OwnRedis, proxy: ChaosProxy) -> None:
    ears = Ears()
    async with through(proxy, ears) as opened:
        await opened.subscribe(TOPIC)

        proxy.cut()
        await until(lambda: ears.suspected == [TOPIC])

        assert (await publish_once_back(opened, b"1")).offset == 1


async def publish_once_back(opened: RedisBackplane, data: bytes) -> Published:
    """Publishes until it is taken: commands have a connection of their own, which may be later."""
    async with asyncio.timeout(60):
        while True:
            try:
                return await opened.publish(TOPIC, data, window=WINDOW, key="once")
            except BackplaneUnavailable:
                await asyncio.sleep(0.002)


async def publish_and_hear(opened: RedisBackplane, ears: Ears, numbers: range) -> None:
    """Publishes numbers, many at once, and waits until all were heard in their order."""
    await opened.subscribe(TOPIC)
    for start in range(numbers.start, numbers.stop, AT_ONCE):
        some = range(start, min(start + AT_ONCE, numbers.stop))
        placed = await asyncio.gather(
            *(opened.publish(TOPIC, b"%d" % number, window=WINDOW) for number in some)
        )
        assert [one.offset for one in placed] == [number + 1 for number in some]
    await until(lambda: len(ears.texts) >= len(numbers))
    assert ears.texts == [b"%d" % number for number in numbers]
    assert ears.states == []


@pytest.mark.slow
async def test_latency_changes_no_order(server: OwnRedis, proxy: ChaosProxy) -> None:
    ears = Ears()
    async with through(proxy, ears) as opened:
        await opened.tops([TOPIC])
        proxy.latency_seconds = 0.1  # 200 ms there and back

        await publish_and_hear(opened, ears, range(8_000))


@pytest.mark.slow
async def test_slices_of_one_byte_change_no_order(server: OwnRedis, proxy: ChaosProxy) -> None:
    ears = Ears()
    async with through(proxy, ears) as opened:
        await opened.tops([TOPIC])
        proxy.slice_bytes = 1

        await publish_and_hear(opened, ears, range(300))


async def test_a_narrow_way_changes_no_order(server: OwnRedis, proxy: ChaosProxy) -> None:
    ears = Ears()
    async with through(proxy, ears) as opened:
        await opened.tops([TOPIC])
        proxy.bytes_per_second = 256 * 1024

        await publish_and_hear(opened, ears, range(1_500))


@pytest.mark.soak
async def test_ten_thousand_messages_at_64_kib_a_second_keep_their_order(
    server: OwnRedis, proxy: ChaosProxy
) -> None:
    ears, loop = Ears(), asyncio.get_running_loop()
    async with through(proxy, ears) as opened:
        await opened.tops([TOPIC])
        proxy.bytes_per_second = 64 * 1024
        began = loop.time()

        await publish_and_hear(opened, ears, range(10_000))

    print(f"ten thousand messages at 64 KiB a second: {loop.time() - began:.0f} s")


def plain(proxy: ChaosProxy) -> Redis:
    """Returns a client as it comes, with a pool of connections, through the proxy."""
    return redis_client(f"redis://127.0.0.1:{proxy.port}/0")


async def heard_through_a_pool(server: OwnRedis, proxy: ChaosProxy, numbers: range) -> list[int]:
    """Publishes numbers at once through a pool, the longest first; returns the order."""
    async with server.client() as listener, plain(proxy) as client, listener.pubsub() as live:
        await live.subscribe("channel")
        await live.get_message(timeout=60)
        padded = [b"%d:" % number + b"x" * 40 * (numbers.stop - number) for number in numbers]
        await asyncio.gather(*(client.publish("channel", data) for data in padded))
        told = [await live.get_message(timeout=60) for _ in numbers]
    return [int(message["data"].partition(b":")[0]) for message in told if message]


async def a_changed_order(server: OwnRedis, proxy: ChaosProxy, numbers: range) -> list[int]:
    """Returns the first order that is not the one of publishing; by luck a try may keep it."""
    async with asyncio.timeout(60):
        while (heard := await heard_through_a_pool(server, proxy, numbers)) == list(numbers):
            continue
    assert sorted(heard) == list(numbers)
    return heard


async def test_through_a_pool_slices_of_one_byte_change_the_order(
    server: OwnRedis, proxy: ChaosProxy
) -> None:
    proxy.slice_bytes = 1

    assert await a_changed_order(server, proxy, range(10))


async def test_through_a_pool_a_narrow_way_changes_the_order(
    server: OwnRedis, proxy: ChaosProxy
) -> None:
    proxy.bytes_per_second = 8 * 1024

    assert await a_changed_order(server, proxy, range(10))


async def test_one_at_a_time_latency_leaves_five_messages_a_second(
    server: OwnRedis, proxy: ChaosProxy
) -> None:
    sent, loop = 0, asyncio.get_running_loop()
    proxy.latency_seconds = 0.1  # 200 ms there and back
    async with plain(proxy) as client:
        end_at = loop.time() + 1
        while loop.time() < end_at:
            await client.publish("channel", b"%d" % sent)
            sent += 1

    assert sent <= 5  # at that pace the eight thousand above would take half an hour
