"""A Redis Cluster that tests may ask for, one for the whole session."""

from collections.abc import AsyncIterator

import pytest

from app.embedded import binaries
from tests.realtime.own_cluster import OwnCluster
from tests.realtime.own_cluster import own_cluster


@pytest.fixture(scope="session")
async def cluster() -> AsyncIterator[OwnCluster]:
    """Yields a Redis Cluster of three primaries, one for the whole session."""
    async with own_cluster(str(binaries.find_valkey())) as made:
        yield made


@pytest.fixture
async def emptied_cluster(cluster: OwnCluster) -> AsyncIterator[OwnCluster]:
    """Yields the Cluster of the session, and empties it."""
    yield cluster
    await cluster.flush()
