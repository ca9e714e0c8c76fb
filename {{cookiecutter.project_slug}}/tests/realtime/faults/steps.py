"""Steps that the fault tests have in common."""

from collections.abc import AsyncIterator
from collections.abc import Callable
from contextlib import AsyncExitStack
from contextlib import asynccontextmanager

from tests.programs import eventually
from tests.realtime.faults.application import Application
from tests.realtime.faults.follower import Follower
from tests.realtime.faults.history import judge
from tests.realtime.faults.publisher import Publisher

SETTLE_SECONDS = 120.0  # a loaded machine takes long

Subscriber = Follower | Application


@asynccontextmanager
async def following(*followers: Subscriber) -> AsyncIterator[None]:
    """Runs followers, from the moment when all have been greeted."""
    async with AsyncExitStack() as stack:
        for follower in followers:
            follower.start()
            stack.push_async_callback(follower.stop)
        await sees(lambda: all(follower.greetings for follower in followers))
        yield


async def sees(condition: Callable[[], bool], *, within_seconds: float = SETTLE_SECONDS) -> None:
    """Waits for a condition that has to come true."""
    assert await eventually(condition, within_seconds=within_seconds)


def violations(publisher: Publisher, *followers: Subscriber) -> list[str]:
    """Returns what is wrong with any of the histories."""
    verdicts = [judge(one.history, publisher.truth, final=publisher.newest) for one in followers]
    return [line for verdict in verdicts for line in verdict.violations]


async def finished(publisher: Publisher, *followers: Subscriber) -> None:
    """Stops the publisher and waits until everybody has had everything."""
    await publisher.stop()
    await eventually(
        lambda: all(one.history.position == publisher.newest for one in followers),
        within_seconds=SETTLE_SECONDS,
    )
