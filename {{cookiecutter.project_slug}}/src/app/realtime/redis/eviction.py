"""A warning at the start: a Redis that evicts keys takes epochs and presence with them."""

import structlog

from app.realtime.backplane import BackplaneUnavailable
from app.realtime.redis.commands import Commands

log = structlog.get_logger()


async def warn_of_eviction(pipeline: Commands) -> None:
    """Logs one line if the server has a memory limit and a policy that drops keys at it.

    A server that is away is not asked again: this is advice, not a check.
    """
    try:
        told = await pipeline.command("INFO", "memory", repeatable=True)
    except BackplaneUnavailable:
        return
    facts = dict(line.split(":", 1) for line in told.decode().splitlines() if ":" in line)
    policy = facts.get("maxmemory_policy", "noeviction")
    if facts.get("maxmemory", "0") != "0" and policy != "noeviction":
        log.warning("redis.may_evict", policy=policy, advice="set maxmemory-policy noeviction")
