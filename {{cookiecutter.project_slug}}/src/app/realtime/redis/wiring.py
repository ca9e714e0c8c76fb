"""What the wires to Redis are made of, whatever it is: one server, a Cluster, Sentinels."""

from dataclasses import dataclass
from typing import Protocol

from app.realtime.redis.commands import Commands
from app.realtime.redis.contact import RedisContact
from app.realtime.redis.interests import Ears
from app.realtime.redis.interests import Interests
from app.realtime.redis.keys import RedisKeys
from app.redis_url import RedisServers
from app.settings import RealtimeSettings
from app.settings import RedisSettings


@dataclass(frozen=True, slots=True)
class Wiring:
    """What every kind of wires is made of."""

    servers: RedisServers
    settings: RealtimeSettings
    redis: RedisSettings
    keys: RedisKeys
    node: str
    contact: RedisContact
    ears: Ears


class Wires(Protocol):
    """The connections of one process."""

    @property
    def commands(self) -> Commands:
        """What takes commands."""

    @property
    def interests(self) -> Interests:
        """What is listened to."""

    async def open(self) -> None:
        """Starts the connections, and returns whether or not they can be made."""

    async def close(self) -> None:
        """Ends the connections."""

    @property
    def failing(self) -> list[str]:
        """Names the tasks that keep crashing."""
