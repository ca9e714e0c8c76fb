"""Limits: shared by all processes through Redis, and kept without it."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from quart import Quart
from redis.asyncio import Redis

from app.errors import TooMany
from app.settings import RedisSettings
from app.settings import Settings
from app.web.limiter import AWAY_SECONDS
from app.web.limiter import Limiter
from app.web.limits import limit
from app.web.limits import network
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
