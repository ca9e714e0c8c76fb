"""Limits are counted for all processes wherever Redis is more than one server."""

import pytest

from app.errors import TooMany
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
