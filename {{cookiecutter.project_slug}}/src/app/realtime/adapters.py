"""Chooses the adapters of the realtime ports by the settings."""

from app.realtime.backplane import Backplane
from app.realtime.memory.backplane import MemoryBackplane
from app.realtime.memory.presence import MemoryPresence
from app.realtime.metrics import Meters
from app.realtime.presence_store import PresenceStore
from app.realtime.redis.backplane import RedisBackplane
from app.realtime.redis.presence import RedisPresence
from app.settings import RealtimeSettings
from app.settings import RedisSettings


def open_backplane(
    settings: RealtimeSettings, redis: RedisSettings, node: str, meters: Meters | None = None
) -> tuple[Backplane, PresenceStore]:
    """Returns the backplane and the presence store of one process, called ``node``.

    Neither is connected yet: their own ``open`` does that.
    """
    if settings.backplane == "memory":
        memory = MemoryBackplane()
        return memory, MemoryPresence(
            memory,
            members_max=settings.presence_members,
            linger_seconds=settings.presence_linger_seconds,
        )
    backplane = RedisBackplane(settings, redis, node=node, meters=meters)
    return backplane, RedisPresence(backplane, settings, node=node)
