"""Subscribing: first listen, then read the log, then open the gate.

That order alone neither loses nor reorders. The last step has no ``await`` in it: merging, the
answer and going live are one piece, for every topic of the request together.
"""

import asyncio
from collections.abc import Callable
from collections.abc import Coroutine
from collections.abc import Sequence
from typing import Any

from app.realtime.connections.connection import Connection
from app.realtime.core import Core
from app.realtime.subscribing.attempt import Attempt
from app.realtime.subscribing.recovery import Budget
from app.realtime.subscribing.subscription import Outcome
from app.realtime.subscribing.subscription import Wanted

READINGS_MAX = 2


async def subscribe(
    core: Core,
    connection: Connection,
    wanted: Sequence[Wanted],
    *,
    answer: Callable[[Sequence[Outcome]], None],
) -> None:
    """Subscribes ``connection`` to all topics of a request and calls ``answer`` once, last.

    What ``answer`` queues comes before anything the topics say from then on.
    """
    budget = Budget(core.settings.recovery_hello_max_bytes)
    attempts = [Attempt(core, connection, one, budget) for one in wanted]
    await _together([attempt.prepare() for attempt in attempts])
    for _ in range(READINGS_MAX - 1):
        broken = [attempt for attempt in attempts if attempt.judge() is None]
        if not broken:
            break
        await _together([attempt.read() for attempt in broken])
    answer(_settle(core, attempts))


def _settle(core: Core, attempts: Sequence[Attempt]) -> list[Outcome]:
    bytes_left = core.settings.recovery_hello_max_bytes
    outcomes = []
    for attempt in attempts:
        outcome, size_bytes = attempt.settle(max_bytes=bytes_left)
        bytes_left -= size_bytes
        outcomes.append(outcome)
    return outcomes


async def _together(work: Sequence[Coroutine[Any, Any, None]]) -> None:
    if len(work) == 1:
        await work[0]
        return
    async with asyncio.TaskGroup() as group:
        for one in work:
            group.create_task(one, name="subscribe")
