"""Waiting that a stop cuts short."""

import asyncio

FIRST_RETRY_SECONDS = 1.0
MOST_RETRY_SECONDS = 300.0


def retry_seconds(tries: int) -> float:
    """Returns how long to wait after ``tries`` tries have failed: twice as long each time."""
    return float(min(FIRST_RETRY_SECONDS * 2 ** (tries - 1), MOST_RETRY_SECONDS))


async def waited(stop: asyncio.Event, most_seconds: float) -> None:
    """Waits until ``stop`` is set, but not longer than ``most_seconds``."""
    try:
        async with asyncio.timeout(most_seconds):
            await stop.wait()
    except TimeoutError:
        return
