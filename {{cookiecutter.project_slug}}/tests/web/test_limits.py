"""Limits: shared by all processes through Redis, and kept without it."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from quart import Quart
from quart.typing import TestClientProtocol as Client
from redis.asyncio import Redis

from app.errors import TooMany
from app.errors import Unavailable
from app.settings import RedisSettings
from app.settings import Settings
from app.web import guard
from app.web import public
from app.web.limiter import AWAY_SECONDS
from app.web.limiter import Limiter
from app.web.limits import EXTENSION
from app.web.limits import limit
from app.web.limits import network
from app.web.meters import WebMeters
from app.web.shared_counts import _pool

AWAY = RedisSettings.model_construct(url="redis://127.0.0.1:1", key_prefix="test:")


async def test_a_caller_over_the_limit_is_told_when_to_come_back(small_app: Quart) -> None:
    client = small_app.test_client()
    for _ in range(3):
        assert (await client.get("/api/v1/rare")).status_code == 200

    response = await client.get("/api/v1/rare")
    wait = response.headers["Retry-After"]

    assert response.status_code == 429
    assert 1 <= int(wait) <= 60
    assert response.headers["RateLimit"] == f'"3-in-60";r=0;t={wait}'
    assert response.headers["RateLimit-Policy"] == '"3-in-60";q=3;w=60'


async def test_every_answer_tells_how_much_is_left(small_app: Quart) -> None:
    client = small_app.test_client()

    answers = [await client.get("/api/v1/rare") for _ in range(4)]
    unlimited = await client.get("/livez")

    told = [answer.headers["RateLimit"].split(";")[:2] for answer in answers]
    assert told == [['"3-in-60"', f"r={left}"] for left in (2, 1, 0, 0)]
    assert {answer.headers["RateLimit-Policy"] for answer in answers} == {'"3-in-60";q=3;w=60'}
    assert "RateLimit" not in unlimited.headers


async def test_several_limits_of_one_route_are_told_in_one_list(small_app: Quart) -> None:
    @small_app.get("/several")
    @guard(public)
    @limit("2/minute; 50/day")
    async def several() -> str:
        return ""

    answer = await small_app.test_client().get("/several")

    assert answer.headers["RateLimit-Policy"] == '"2-in-60";q=2;w=60, "50-in-86400";q=50;w=86400'
    assert re.fullmatch(
        r'"2-in-60";r=1;t=\d+, "50-in-86400";r=49;t=\d+', answer.headers["RateLimit"]
    )


async def test_each_caller_has_a_limit_of_their_own(small_app: Quart) -> None:
    nobody, ada = small_app.test_client(), small_app.test_client()
    ada.set_cookie("localhost", "session", "ada")
    for _ in range(4):
        last = await nobody.get("/api/v1/rare")
    assert last.status_code == 429

    assert (await ada.get("/api/v1/rare")).status_code == 200


async def test_a_view_without_a_limit_has_one_nevertheless(small_app: Quart) -> None:
    client = small_app.test_client()

    statuses = [(await client.get("/api/v1/forgotten")).status_code for _ in range(61)]

    assert statuses[-1] == 429


def test_a_limit_that_is_none_is_refused_where_it_is_written() -> None:
    with pytest.raises(ValueError, match="often"):
        limit("often")


async def test_processes_share_their_counts(settings: Settings, redis: Redis) -> None:
    assert await redis.ping()
    one, other = Limiter(settings.redis), Limiter(settings.redis)
    for _ in range(2):
        await one.spend("4/minute", "route", "caller")
        await other.spend("4/minute", "route", "caller")

    with pytest.raises(TooMany):
        await other.spend("4/minute", "route", "caller")

    await one.close()
    await other.close()


async def test_counts_do_not_stay_for_ever(settings: Settings, redis: Redis) -> None:
    limiter = Limiter(settings.redis)
    await limiter.spend("4/minute", "route", "caller")

    keys = await redis.keys(f"{settings.redis.key_prefix}limit*")
    lifetimes = [await redis.ttl(key) for key in keys]

    assert keys
    assert all(0 < seconds <= 120 for seconds in lifetimes)
    await limiter.close()


async def test_a_socket_in_the_file_system_does_as_well(
    settings: Settings, redis: Redis, tmp_path: Path
) -> None:
    # Under a test run Valkey listens on a socket or on a port: both forms must work.
    url = settings.redis.url
    pool = _pool(RedisSettings.model_construct(url=f"unix://{tmp_path}/valkey.sock?db=1"))

    limiter = Limiter(RedisSettings.model_construct(url=url))
    await limiter.spend("4/minute", "route", "caller")

    assert pool.connection_kwargs["path"] == f"{tmp_path}/valkey.sock"
    assert urlsplit(url).scheme in {"redis", "unix"}
    assert await redis.keys("*limit*")
    await limiter.close()


async def test_without_redis_a_process_counts_by_itself() -> None:
    limiter = Limiter(AWAY)
    for _ in range(3):
        await limiter.spend("3/minute", "route", "caller")

    with pytest.raises(TooMany):
        await limiter.spend("3/minute", "route", "caller")


async def test_what_guesses_could_be_spread_over_is_closed_without_redis() -> None:
    meters = WebMeters()
    limiter = Limiter(AWAY, meters=meters)

    with pytest.raises(Unavailable):
        await limiter.spend("3/minute", "route", "caller", only_shared=True)
    await limiter.spend("3/minute", "route", "caller")

    counted = meters.registry.get_sample_value
    assert counted("web_limits_closed_total") == 1
    assert counted("web_limits_counted_alone_total") == 1


async def test_a_service_without_any_redis_counts_attempts_itself() -> None:
    limiter = Limiter(RedisSettings.model_construct(url=""))

    for _ in range(3):
        await limiter.spend("3/minute", "sign-in", only_shared=True)
    with pytest.raises(TooMany):
        await limiter.spend("3/minute", "sign-in", only_shared=True)


async def test_signing_in_is_closed_without_redis_and_the_rest_is_not(
    app: Quart, client: Client, settings: Settings
) -> None:
    away = Limiter(AWAY)
    limiter = app.extensions[EXTENSION]
    limiter._shared, shared = away._shared, limiter._shared
    origin = {"Origin": settings.public_url}

    closed = [
        await client.post(path, json={}, headers=origin)
        for path in ("/api/v1/accounts/sign-in", "/api/v1/accounts/sign-up")
    ]
    page = await client.get("/sign-in")
    limiter._shared = shared

    assert [answer.status_code for answer in closed] == [503, 503]
    assert [answer.headers["Retry-After"] for answer in closed] == ["5", "5"]
    assert page.status_code == 200


async def test_redis_and_memory_agree_on_what_is_left(settings: Settings, redis: Redis) -> None:
    assert await redis.ping()
    shared, own = Limiter(settings.redis), Limiter(RedisSettings.model_construct(url=""))

    told = [
        [(await limiter.spend("4/minute", "route"))[0].remaining for _ in range(4)]
        for limiter in (shared, own)
    ]

    assert told == [[3, 2, 1, 0]] * 2
    await shared.close()


async def test_a_former_window_counts_less_and_less(settings: Settings, redis: Redis) -> None:
    limiter = Limiter(settings.redis)
    await limiter.spend("10/hour", "route")
    (current,) = await redis.keys("*limit*")
    # As if ten were spent in a window that ended a quarter of an hour ago.
    await redis.set(current, 10, px=2_700_000)

    (standing,) = await limiter.spend("10/hour", "route")

    # Ten weigh 7.5 now, with 45 of their 60 minutes left; one gives way in less than six.
    assert standing.remaining == 2
    assert 0 < standing.more_seconds <= 360
    assert 0 < await redis.pttl(current) <= 6_300_000
    await limiter.close()


async def test_redis_is_asked_again_after_a_while(settings: Settings, redis: Redis) -> None:
    now = 0.0
    limiter = Limiter(settings.redis.model_copy(update={"url": AWAY.url}), clock=lambda: now)
    await limiter.spend("3/minute", "route", "caller")
    back = Limiter(settings.redis, clock=lambda: now)
    limiter._shared = back._shared

    await limiter.spend("3/minute", "route", "caller")
    assert await redis.keys("*limit*") == []
    now = AWAY_SECONDS + 1
    await limiter.spend("3/minute", "route", "caller")

    assert await redis.keys("*limit*")
    await back.close()


@pytest.mark.parametrize(
    ("address", "caller"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("<local>", "<local>"),
    ],
)
def test_an_address_counts_with_what_its_owner_cannot_change(address: str, caller: str) -> None:
    assert network(address) == caller


async def test_no_forged_address_gets_anybody_another_limit(small_app: Quart) -> None:
    client = small_app.test_client()

    answers = [
        await client.get("/api/v1/rare", headers={"X-Forwarded-For": f"192.0.2.{number}"})
        for number in range(100)
    ]

    assert [answer.status_code for answer in answers] == [200] * 3 + [429] * 97
