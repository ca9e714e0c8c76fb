"""Chooses the adapters of the realtime ports by the settings."""

from app.realtime.backplane import Backplane
from app.realtime.memory_backplane import MemoryBackplane
from app.realtime.memory_presence import MemoryPresence
from app.realtime.presence_store import PresenceStore
from app.settings import RealtimeSettings
from app.settings import RedisSettings


def open_backplane(
    settings: RealtimeSettings, redis: RedisSettings, *, node: str
) -> tuple[Backplane, PresenceStore]:
    """Returns the backplane and the presence store of one process, called ``node``."""
    backplane = MemoryBackplane()
    return backplane, MemoryPresence(backplane, members_max=settings.presence_members)
