"""The Redis backplane when the server, or the way to it, fails. Real servers, real faults."""

import asyncio
from collections.abc import AsyncIterator
from collections.abc import Iterator
from contextlib import asynccontextmanager

import pytest
from redis.asyncio import Redis
from structlog.testing import capture_logs

from app.realtime.backplane import BackplaneUnavailable
from app.realtime.redis.backplane import RedisBackplane
from app.realtime.topics import Window
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
WINDOW = Window(messages=500, seconds=300)


@pytest.fixture(params=PROGRAMS)
def server(request: pytest.FixtureRequest) -> Iterator[OwnRedis]:
    """Yields a server that is not started yet."""
    with own_redis(request.param) as made:
        yield made


@asynccontextmanager
async def backplane(
    redis: RedisSettings, ears: Ears, *, periods: RealtimeSettings = PERIODS, node: str = "n"
) -> AsyncIterator[RedisBackplane]:
    """Yields an open backplane."""
    made = RedisBackplane(periods, redis, node=node)
    await made.open(ears)
    try:
        yield made
    finally:
        await made.close()


async def probes_sent(admin: Redis) -> int:
    statistics = await admin.info("commandstats")
    return int(statistics.get("cmdstat_publish", {}).get("calls", 0))


async def test_a_server_that_is_away_at_open_is_waited_for(server: OwnRedis) -> None:
    ears = Ears()
    with capture_logs() as logs:
        async with backplane(server.settings, ears) as opened:
            await until(lambda: ears.states == [True])
            with pytest.raises(BackplaneUnavailable, match=r"redis\.sock is away"):
                await opened.publish(TOPIC, b"1", window=WINDOW)
            with pytest.raises(BackplaneUnavailable):
                await opened.subscribe(TOPIC)

            await server.start()
            await until(lambda: ears.states == [True, False])

            await opened.subscribe(TOPIC)
            await opened.publish(TOPIC, b"2", window=WINDOW)
            await until(lambda: ears.texts == [b"2"])

    assert [line["event"] for line in logs] == ["redis.away", "redis.back"]


async def test_a_killed_subscriber_is_back_at_its_first_try_and_says_so(server: OwnRedis) -> None:
    await server.start()
    ears = Ears()
    async with backplane(server.settings, ears) as opened, server.client() as admin:
        await opened.subscribe(TOPIC)
        await opened.subscribe("room:8")

        assert await admin.client_kill_filter(_type="pubsub") >= 1

        await until(lambda: ears.suspected == [TOPIC, "room:8"])
        await opened.publish(TOPIC, b"after", window=WINDOW)
        await until(lambda: ears.texts == [b"after"])
        assert ears.states == []
        assert value(opened.meters, "reconnects_total", link="subscriber") == 1


async def test_what_was_said_while_the_subscriber_was_gone_shows_as_a_hole(
    server: OwnRedis,
) -> None:
    await server.start()
    ears = Ears()
    async with backplane(server.settings, ears) as opened, server.client() as admin:
        await opened.subscribe(TOPIC)

        await admin.client_kill_filter(_type="pubsub")
        lost = await opened.publish(TOPIC, b"lost", window=WINDOW)  # or heard, if we are slow
        await until(lambda: ears.suspected == [TOPIC])
        heard = await opened.publish(TOPIC, b"heard", window=WINDOW)
        await until(lambda: b"heard" in ears.texts)

        history = await opened.history(TOPIC, window=WINDOW, after=0, limit=10)
        assert heard.offset == lost.offset + 1
        assert [entry.data for entry in history.entries] == [b"lost", b"heard"]


async def test_keyed_publishes_survive_a_killed_connection_once_each(server: OwnRedis) -> None:
    await server.start()
    ears = Ears()
    async with backplane(server.settings, ears) as opened, server.client() as admin:
        await opened.subscribe(TOPIC)

        publishing = [
            asyncio.ensure_future(
                opened.publish(TOPIC, b"%d" % number, window=WINDOW, key=f"k{number}")
            )
            for number in range(300)
        ]
        await admin.client_kill_filter(_type="normal", skipme=True)
        await asyncio.gather(*publishing)

        history = await opened.history(TOPIC, window=WINDOW, after=0, limit=500)
        assert [entry.data for entry in history.entries] == [b"%d" % n for n in range(300)]
        assert ears.states == []


async def test_a_publish_without_a_key_is_not_repeated(server: OwnRedis) -> None:
    await server.start()
    ears = Ears()
    async with backplane(server.settings, ears) as opened:
        await opened.publish(TOPIC, b"0", window=WINDOW)

        server.freeze()
        publishing = asyncio.ensure_future(opened.publish(TOPIC, b"1", window=WINDOW))
        await asyncio.sleep(0.05)  # on the wire by then
        server.kill()
        with pytest.raises(BackplaneUnavailable, match="was lost"):
            await publishing
        await until(lambda: ears.states == [True])
        await server.start()
        await until(lambda: ears.states == [True, False])

        assert await opened.tops([TOPIC]) == [None]


async def test_a_keyed_publish_is_repeated_on_the_next_connection(server: OwnRedis) -> None:
    await server.start()
    async with backplane(server.settings, Ears()) as opened, server.client() as admin:
        await opened.publish(TOPIC, b"0", window=WINDOW)

        server.freeze()
        publishing = asyncio.ensure_future(opened.publish(TOPIC, b"1", window=WINDOW, key="k"))
        await asyncio.sleep(0.05)  # on the wire by then
        server.thaw()
        await admin.client_kill_filter(_type="normal", skipme=True)
        published = await publishing

        history = await opened.history(TOPIC, window=WINDOW, after=0, limit=10)
        assert [entry.data for entry in history.entries] == [b"0", b"1"]
        assert published.offset == 2


async def test_a_server_restarted_empty_begins_a_new_epoch(server: OwnRedis) -> None:
    await server.start()
    ears = Ears()
    async with backplane(server.settings, ears) as opened:
        await opened.subscribe(TOPIC)
        before = [await opened.publish(TOPIC, b"1", window=WINDOW) for _ in range(3)]

        server.kill()
        await until(lambda: ears.states == [True])
        await server.start()
        await until(lambda: ears.states == [True, False])
        after = await opened.publish(TOPIC, b"2", window=WINDOW)

        assert ears.suspected == [TOPIC]
        assert after.offset == 1
        assert after.epoch not in {published.epoch for published in before}
        await until(lambda: ears.texts[-1] == b"2")


async def test_a_lost_meta_key_begins_a_new_epoch_without_the_old_log(server: OwnRedis) -> None:
    await server.start()
    async with backplane(server.settings, Ears()) as opened, server.client() as admin:
        before = [await opened.publish(TOPIC, b"old", window=WINDOW) for _ in range(3)]

        assert await admin.delete(opened.keys.meta(TOPIC)) == 1
        after = await opened.publish(TOPIC, b"new", window=WINDOW)

        history = await opened.history(TOPIC, window=WINDOW, after=0, limit=10)
        assert (after.offset, after.epoch == before[0].epoch) == (1, False)
        assert [entry.data for entry in history.entries] == [b"new"]


async def test_a_lost_log_leaves_the_epoch_and_the_offsets(server: OwnRedis) -> None:
    await server.start()
    async with backplane(server.settings, Ears()) as opened, server.client() as admin:
        before = await opened.publish(TOPIC, b"1", window=WINDOW)

        assert await admin.delete(opened.keys.log(TOPIC)) == 1
        after = await opened.publish(TOPIC, b"2", window=WINDOW)

        history = await opened.history(TOPIC, window=WINDOW, after=0, limit=10)
        assert (after.epoch, after.offset) == (before.epoch, 2)
        assert [entry.offset for entry in history.entries] == [2]


async def test_scripts_that_the_server_forgot_are_sent_again(server: OwnRedis) -> None:
    await server.start()
    async with backplane(server.settings, Ears()) as opened, server.client() as admin:
        await opened.publish(TOPIC, b"0", window=WINDOW)

        await admin.script_flush()
        await asyncio.gather(
            *(opened.publish(TOPIC, b"%d" % number, window=WINDOW) for number in range(1, 20))
        )

        history = await opened.history(TOPIC, window=WINDOW, after=0, limit=50)
        assert sorted(int(entry.data) for entry in history.entries) == list(range(20))


async def test_a_frozen_server_is_given_up_in_time_and_taken_back(server: OwnRedis) -> None:
    await server.start()
    ears = Ears()
    async with backplane(server.settings, ears, periods=HASTY) as opened:
        await opened.subscribe(TOPIC)
        await opened.publish(TOPIC, b"1", window=WINDOW)

        server.freeze()
        with pytest.raises(BackplaneUnavailable, match=r"no answer within 1 s"):
            await opened.publish(TOPIC, b"2", window=WINDOW)
        with pytest.raises(BackplaneUnavailable, match="is away"):
            await opened.signal(TOPIC, b"3")
        server.thaw()

        await until(lambda: ears.states == [True, False])
        await opened.publish(TOPIC, b"4", window=WINDOW)
        await until(lambda: b"4" in ears.texts)


async def test_a_subscription_that_is_not_confirmed_in_time_is_unavailable(
    server: OwnRedis,
) -> None:
    await server.start()
    async with backplane(server.settings, Ears(), periods=HASTY) as opened:
        await opened.subscribe("room:8")

        server.freeze()
        asking = [opened.subscribe(TOPIC), opened.subscribe(TOPIC)]
        outcomes = await asyncio.gather(*asking, return_exceptions=True)
        server.thaw()

        assert ["did not confirm" in str(outcome) for outcome in outcomes] == [True, True]
        await opened.subscribe(TOPIC)


async def test_an_interest_renewed_before_its_end_was_confirmed_is_confirmed_anew(
    server: OwnRedis,
) -> None:
    await server.start()
    ears = Ears()
    async with backplane(server.settings, ears) as opened:
        await opened.subscribe("room:8")

        server.freeze()
        first = asyncio.ensure_future(opened.subscribe(TOPIC))
        await asyncio.sleep(0.01)  # on the wire by then
        opened.unsubscribe(TOPIC)
        await asyncio.sleep(0.1)  # longer than the delay
        second = asyncio.ensure_future(opened.subscribe(TOPIC))
        await asyncio.sleep(0.01)
        server.thaw()
        await asyncio.gather(first, second)

        await opened.publish(TOPIC, b"1", window=WINDOW)
        await until(lambda: ears.texts == [b"1"])


async def test_closing_ends_those_who_wait(server: OwnRedis) -> None:
    await server.start()
    opened = RedisBackplane(PERIODS, server.settings, node="n")
    await opened.open(Ears())
    await opened.subscribe("room:8")

    server.freeze()
    opened.unsubscribe("room:8")
    waiting = asyncio.gather(opened.subscribe(TOPIC), return_exceptions=True)
    await asyncio.sleep(0.01)
    await opened.close()
    server.thaw()

    (outcome,) = await waiting
    assert isinstance(outcome, BackplaneUnavailable)
    with pytest.raises(BackplaneUnavailable):
        await opened.publish(TOPIC, b"1", window=WINDOW)


async def test_more_than_the_bound_is_refused_at_once(server: OwnRedis) -> None:
    await server.start()
    async with backplane(server.settings, Ears()) as opened:
        await opened.publish(TOPIC, b"1", window=WINDOW)
        server.freeze()

        asked = [asyncio.ensure_future(opened.signal(TOPIC, b"x")) for _ in range(10_050)]
        await until(lambda: any(one.done() for one in asked))
        at_once = [one.done() for one in asked]
        server.thaw()
        outcomes = await asyncio.gather(*asked, return_exceptions=True)

        refused = [isinstance(one, BackplaneUnavailable) for one in outcomes]
        assert at_once == refused
        assert sum("too many" in str(one) for one in outcomes) == sum(refused) == 50


async def test_what_redis_refuses_is_unavailable_with_its_reason(server: OwnRedis) -> None:
    await server.start()
    async with backplane(server.settings, Ears()) as opened, server.client() as admin:
        await admin.set(opened.keys.meta(TOPIC), "a string where a hash belongs")

        with pytest.raises(BackplaneUnavailable, match=r"refused: .*WRONGTYPE"):
            await opened.publish(TOPIC, b"1", window=WINDOW)

        assert (await opened.publish("room:8", b"1", window=WINDOW)).offset == 1


async def test_a_deaf_subscriber_is_found_by_its_probe(server: OwnRedis) -> None:
    await server.start()
    ears = Ears()
    periods = PERIODS.model_copy(update={"probe_seconds": 0.3})
    async with DeafWire(server) as wire, backplane(wire.settings, ears, periods=periods) as opened:
        await opened.subscribe(TOPIC)

        wire.deafen()
        await opened.publish(TOPIC, b"lost", window=WINDOW)

        await until(lambda: ears.suspected == [TOPIC])
        await opened.publish(TOPIC, b"heard", window=WINDOW)
        await until(lambda: ears.texts == [b"heard"])
        assert value(opened.meters, "probe_failures_total") >= 1
        assert value(opened.meters, "reconnects_total", link="subscriber") >= 1


async def test_without_a_probe_a_deaf_subscriber_stays_deaf(server: OwnRedis) -> None:
    await server.start()
    ears = Ears()
    async with DeafWire(server) as wire, backplane(wire.settings, ears) as opened:
        await opened.subscribe(TOPIC)
        await opened.publish(TOPIC, b"heard", window=WINDOW)
        await until(lambda: ears.texts == [b"heard"])

        wire.deafen()
        await opened.publish(TOPIC, b"lost", window=WINDOW)
        await asyncio.sleep(0.9)  # more than the probe needs in the test above

        assert ears.texts == [b"heard"]
        assert ears.suspected == []


async def test_a_quiet_subscriber_that_hears_its_probe_is_left_alone(server: OwnRedis) -> None:
    await server.start()
    ears = Ears()
    periods = PERIODS.model_copy(update={"probe_seconds": 1.0})
    async with (
        backplane(server.settings, ears, periods=periods) as opened,
        server.client() as admin,
    ):
        await opened.subscribe(TOPIC)

        async with asyncio.timeout(60):
            while await probes_sent(admin) < 2:  # noqa: ASYNC110 - the server tells no event
                await asyncio.sleep(0.05)

        assert ears.suspected == []


@pytest.mark.parametrize(
    ("limit", "policy", "warnings"),
    [("100mb", "allkeys-lru", 1), ("0", "allkeys-lru", 0), ("100mb", "noeviction", 0)],
)
async def test_a_server_that_may_evict_is_warned_of(
    server: OwnRedis, limit: str, policy: str, warnings: int
) -> None:
    await server.start()
    async with server.client() as admin:
        await admin.config_set("maxmemory", limit)
        await admin.config_set("maxmemory-policy", policy)

    with capture_logs() as logs:
        async with backplane(server.settings, Ears()) as opened:
            await opened.tops([TOPIC])  # asked after the policy was

    assert [line["policy"] for line in logs if line["event"] == "redis.may_evict"] == [
        policy
    ] * warnings


async def test_strange_bytes_on_a_channel_end_nothing(server: OwnRedis) -> None:
    await server.start()
    ears = Ears()
    async with backplane(server.settings, ears) as opened, server.client() as stranger:
        await opened.subscribe(TOPIC)

        with capture_logs() as logs:
            for garbage in (b"", b"m", b"mx|y", b"s[", b"p{}", b"?what"):
                await stranger.publish(opened.keys.channel(TOPIC), garbage)
            await opened.publish(TOPIC, b"1", window=WINDOW)
            await until(lambda: ears.texts == [b"1"])

        assert {line["event"] for line in logs} == {"realtime.announcement_failed"}
        assert ears.suspected == []
