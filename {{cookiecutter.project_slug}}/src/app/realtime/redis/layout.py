"""The number of partitions that a Cluster is used with: stored with it, and the same for ever.

Two processes with different numbers would look for the same topic in different places: publishers
would not be heard, and offsets would be given out twice. So the second one does not start.
"""

from app.realtime.redis.commands import Commands
from app.realtime.redis.keys import RedisKeys


class LayoutMismatch(RuntimeError):
    """Others use this Cluster with another number of partitions."""


async def check_layout(commands: Commands, keys: RedisKeys) -> None:
    """Stores the number of partitions, or compares it with the one that is stored.

    Raises:
        LayoutMismatch: they differ.
        BackplaneUnavailable: the node is away.
    """
    number = len(keys.partitions)
    stored = await commands.command("SET", keys.layout, number, "NX", "GET", repeatable=True)
    if stored is not None and int(stored) != number:
        raise LayoutMismatch(
            f"this Cluster is used with {int(stored)} partitions and this program wants {number}: "
            f"run the version that wants {int(stored)}, choose another REDIS_KEY_PREFIX, or stop "
            f"every process and delete the key {keys.layout}"
        )
