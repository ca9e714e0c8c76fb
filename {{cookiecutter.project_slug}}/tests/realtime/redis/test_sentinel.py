"""A primary behind Sentinels: found, followed, and its successor is another epoch."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from app.embedded import binaries
from app.errors import TooMany
from app.realtime.backplane import BackplaneUnavailable
from app.realtime.redis.backplane import RedisBackplane
from app.realtime.redis.sentinel import SentinelDial
from app.realtime.topics import Window
from app.redis_url import redis_servers
from app.settings import RedisSettings
from app.web.limiter import Limiter
from tests.ports import free_port
from tests.realtime.contracts.ears import Ears
from tests.realtime.contracts.ears import until
from tests.realtime.own_redis import PERIODS
from tests.realtime.own_sentinels import DOWN_AFTER_MS
from tests.realtime.own_sentinels import OwnSentinels
from tests.realtime.own_sentinels import own_sentinels
from tests.realtime.redis.test_hub_faults import process
from tests.realtime.redis.test_hub_faults import told

TOPIC = "room:7"
WINDOW = Window(messages=500, seconds=300)
FAILOVER_BAR_SECONDS = 5.0
# A Sentinel whose machine stood still for two seconds does nothing for the next thirty (TILT).
SLACK = 50
PATIENCE_SECONDS = 300.0


@pytest.fixture(scope="module")
async def sentinels() -> AsyncIterator[OwnSentinels]:
    """Yields a primary, its replica and three Sentinels."""
    async with own_sentinels(str(binaries.find_valkey())) as made:
        yield made


def dial_of(settings: RedisSettings) -> SentinelDial:
    return SentinelDial(redis_servers(settings.url), settings, moved=lambda: None)


async def first_accepted(opened: RedisBackplane, text: bytes) -> tuple[str, int]:
    """Publishes until that is accepted; returns the place."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            with contextlib.suppress(BackplaneUnavailable):
                placed = await opened.publish(TOPIC, text, window=WINDOW)
                return placed.epoch, placed.offset
            await asyncio.sleep(0.02)


async def test_limits_are_counted_by_the_primary_and_by_its_successor(
    sentinels: OwnSentinels,
) -> None:
    one, other = (Limiter(sentinels.settings) for _ in range(2))

    for limiter in (one, other, one, other):
        await limiter.spend("4/minute", "route", "caller")
    with pytest.raises(TooMany):
        await one.spend("4/minute", "route", "caller")

    await one.close()
    await other.close()


async def test_the_newest_word_of_the_sentinels_counts(sentinels: OwnSentinels) -> None:
    primary = await sentinels.primary()
    dial = dial_of(sentinels.settings)
    silent = RedisSettings.model_construct(
        url=sentinels.settings.url.replace("://", f"://127.0.0.1:{free_port()},"),
        connect_seconds=10.0,
    )

    assert await dial.find_primary() == ("127.0.0.1", primary.port)
    assert await dial_of(silent).find_primary() == ("127.0.0.1", primary.port)


async def test_a_service_that_nobody_knows_is_named(sentinels: OwnSentinels) -> None:
    settings = RedisSettings.model_construct(
        url=sentinels.settings.url.replace("/main/", "/other/"), connect_seconds=10.0
    )

    with pytest.raises(RedisConnectionError, match="no Sentinel names a primary of other"):
        await dial_of(settings).find_primary()


@pytest.mark.slow
async def test_a_primary_that_was_replaced_while_it_worked_is_left(
    sentinels: OwnSentinels,
) -> None:
    ears = Ears()
    primary = await sentinels.primary()
    opened = RedisBackplane(PERIODS, sentinels.settings, node="n")
    await opened.open(ears)
    await opened.subscribe(TOPIC)
    before = await opened.publish(TOPIC, b"before", window=WINDOW)

    async with primary.client() as admin:
        assert await admin.wait(1, 60_000) == 1
    async with asyncio.timeout(PATIENCE_SECONDS):
        await sentinels.fail_over()
        while (await first_accepted(opened, b"after"))[0] == before.epoch:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    await until(lambda: TOPIC in ears.suspected)
    await first_accepted(opened, b"heard")
    await until(lambda: b"heard" in ears.texts)
    await opened.close()


async def test_a_failover_is_over_within_its_bar_and_begins_a_new_epoch(
    sentinels: OwnSentinels,
) -> None:
    ears, loop = Ears(), asyncio.get_running_loop()
    primary = await sentinels.primary()
    opened = RedisBackplane(PERIODS, sentinels.settings, node="n")
    await opened.open(ears)
    await opened.subscribe(TOPIC)
    async with process(sentinels.settings, node="m") as served, served.socket() as ada:
        await ada.hello({"topic": TOPIC})
        before = [await opened.publish(TOPIC, b'"before"', window=WINDOW) for _ in range(3)]
        async with primary.client() as admin:
            assert await admin.wait(1, 60_000) == 1

        began = loop.time()
        primary.kill()
        epoch, offset = await first_accepted(opened, b'"after"')
        took_seconds = loop.time() - began
        # What was accepted before the subscriber was back is in the log, and the topic is suspect.
        await until(lambda: ears.suspected == [TOPIC])
        await until(lambda: ears.states == [True, False])
        await opened.publish(TOPIC, b'"heard"', window=WINDOW)
        await until(lambda: b'"heard"' in ears.texts)
        gap = await told(ada, "gap")
        # The gap may cover all that was said until then, so something has to be said after it.
        last = await opened.publish(TOPIC, b'"last"', window=WINDOW)
        told_after = [await told(ada, "message")]
        while told_after[-1]["data"] != "last":
            told_after.append(await told(ada, "message"))
    await opened.close()
    await primary.start()  # a replica from now on

    print(f"it took {took_seconds:.2f} s, {DOWN_AFTER_MS} ms of them to be sure")
    assert took_seconds <= FAILOVER_BAR_SECONDS * SLACK
    assert epoch != before[-1].epoch
    assert offset == 1
    assert (gap["reason"], gap["epoch"]) == ("epoch", epoch)
    assert [one["offset"] for one in told_after] == list(range(gap["offset"] + 1, last.offset + 1))
