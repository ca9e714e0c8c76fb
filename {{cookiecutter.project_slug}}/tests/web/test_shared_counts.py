"""Limits are counted for all processes wherever Redis is more than one server."""

import pytest

from app.errors import TooMany
from app.errors import Unavailable
from app.settings import RedisSettings
from app.web.limiter import Limiter
from tests.realtime.own_cluster import OwnCluster


async def test_two_processes_count_together_on_a_cluster(emptied_cluster: OwnCluster) -> None:
    one, other = (Limiter(emptied_cluster.settings) for _ in range(2))

    for limiter in (one, other, one, other):
        await limiter.spend("4/minute", "route", "caller")
    with pytest.raises(TooMany):
        await one.spend("4/minute", "route", "caller")

    await one.close()
    await other.close()


@pytest.mark.parametrize(
    "url", ["redis+cluster://127.0.0.1:1", "redis+sentinel://127.0.0.1:1/main/0"]
)
async def test_where_nobody_answers_a_process_counts_for_itself_or_says_so(url: str) -> None:
    limiter = Limiter(RedisSettings.model_construct(url=url))

    await limiter.spend("1/minute", "route", "caller")
    with pytest.raises(TooMany):
        await limiter.spend("1/minute", "route", "caller")
    with pytest.raises(Unavailable):
        await limiter.spend("1/minute", "password", "caller", only_shared=True)

    await limiter.close()
