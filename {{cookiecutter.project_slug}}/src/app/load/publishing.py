"""The messages: so many a second, whatever the service answers."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack

from app.load.plan import Plan
from app.load.tally import Tally
from app.realtime.client import Credentials
from app.realtime.client import DeadlinePassed
from app.realtime.client import Disconnected
from app.realtime.client import RealtimeClient
from app.realtime.client import RealtimeError
from app.realtime.client import Refused

PER_PUBLISHER = 100  # messages a second on one socket, well below its limits
UNDER_WAY = 16  # for each publisher
TRIES = 3


async def publish_all(plan: Plan, tally: Tally, credentials: Credentials) -> None:
    """Publishes every message at its time; one that has no answer yet holds up few others."""
    async with AsyncExitStack() as stack:
        publishers = [
            await stack.enter_async_context(
                RealtimeClient(
                    plan.url,
                    credentials=credentials,
                    client="load/1",
                    on_status=tally.note_status,
                )
            )
            for _ in range(-(-round(plan.rate) // PER_PUBLISHER) or 1)
        ]
        for publisher in publishers:
            await publisher.ready()
        numbers, began = iter(range(plan.messages)), time.perf_counter()
        try:
            async with asyncio.TaskGroup() as group:
                for publisher in publishers * min(UNDER_WAY, plan.messages):
                    group.create_task(_publish(plan, tally, publisher, numbers, began))
        except* RealtimeError as failures:
            raise failures.exceptions[0] from None


async def _publish(
    plan: Plan, tally: Tally, publisher: RealtimeClient, numbers: Iterator[int], began: float
) -> None:
    padding = "x" * plan.message_bytes
    for number in numbers:
        await asyncio.sleep(max(0.0, began + number / plan.rate - time.perf_counter()))
        message = {"number": number, "sent_at": time.perf_counter(), "padding": padding}
        for _ in range(TRIES):
            try:
                key = f"{plan.run}-{number}"
                await publisher.publish(plan.topic(number), message, key=key)
            except (DeadlinePassed, Disconnected):
                continue  # with the same key it cannot happen twice
            except Refused as refusal:
                if refusal.code in {"forbidden", "unknown_topic"}:
                    raise
                tally.refused += 1
            else:
                tally.accept(number)
            break
