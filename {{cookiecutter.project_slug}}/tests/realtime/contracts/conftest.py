"""Two processes' ends of each adapter, with their listeners: each contract holds between them."""

from collections.abc import AsyncIterator
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from redis.asyncio import Redis

from app.realtime.backplane import Backplane
from app.realtime.memory.backplane import MemoryBackplane
from app.realtime.memory.broker import MemoryBroker
from app.realtime.memory.presence import MemoryPresence
from app.realtime.presence_store import PresenceStore
from app.realtime.redis.backplane import RedisBackplane
from app.realtime.redis.presence import RedisPresence
from app.settings import RealtimeSettings
from tests.realtime.contracts.ears import Ears

PERIODS = RealtimeSettings.model_construct(
    publish_deadline_seconds=60.0,
    unsubscribe_delay_seconds=0.02,
    node_lease_seconds=60.0,
    node_beat_seconds=0.1,
    presence_members=3,
    presence_linger_seconds=0.4,
)

MakeEnd = Callable[[str], tuple[Backplane, PresenceStore]]


@dataclass(frozen=True)
class End:
    """What one process has."""

    backplane: Backplane
    presence: PresenceStore
    ears: Ears


@pytest.fixture(params=["memory", "redis", "cluster"])
def make_end(request: pytest.FixtureRequest) -> MakeEnd:
    """Returns what makes the ends of one adapter, all talking to each other."""
    if request.param == "memory":
        broker = MemoryBroker()

        def in_memory(node: str) -> tuple[Backplane, PresenceStore]:
            backplane = MemoryBackplane(broker)
            return backplane, MemoryPresence(
                backplane,
                members_max=PERIODS.presence_members,
                linger_seconds=PERIODS.presence_linger_seconds,
            )

        return in_memory
    if request.param == "cluster":
        settings = request.getfixturevalue("emptied_cluster").settings
    else:
        settings = request.getfixturevalue("settings").redis

    def in_redis(node: str) -> tuple[Backplane, PresenceStore]:
        backplane = RedisBackplane(PERIODS, settings, node=node)
        return backplane, RedisPresence(backplane, PERIODS, node=node)

    return in_redis


@pytest.fixture
async def ends(make_end: MakeEnd, redis: Redis) -> AsyncIterator[tuple[End, End]]:
    """Yields two ends, open."""
    opened = End(*make_end("left"), Ears()), End(*make_end("right"), Ears())
    for end in opened:
        await end.backplane.open(end.ears)
        await end.presence.open(end.ears)
    yield opened
    for end in opened:
        await end.presence.close()
        await end.backplane.close()


@pytest.fixture
def left(ends: tuple[End, End]) -> End:
    """Returns the end that acts."""
    return ends[0]


@pytest.fixture
def right(ends: tuple[End, End]) -> End:
    """Returns the end that hears of it."""
    return ends[1]
