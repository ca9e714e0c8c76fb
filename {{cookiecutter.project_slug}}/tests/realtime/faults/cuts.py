"""One run of repeated cuts at a fixed publish rate, and what came of it."""

import time
from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

from app.realtime.backplane import Position
from tests.realtime.faults.balancer import Balancer
from tests.realtime.faults.history import Verdict
from tests.realtime.faults.history import disagreements
from tests.realtime.faults.history import judge
from tests.realtime.faults.nodes import Node
from tests.realtime.faults.publisher import Publisher
from tests.realtime.faults.steps import Subscriber
from tests.realtime.faults.steps import finished
from tests.realtime.faults.steps import following

TOPIC = "room:cuts"


@dataclass(frozen=True)
class Plan:
    """How long, how often, how many."""

    seconds: float
    cut_seconds: float
    every_seconds: float
    messages_per_second: float


@dataclass(frozen=True)
class Run:
    """What happened. ``verdicts`` are in the order of the followers."""

    cuts: int
    truth: Mapping[Position, int]
    followers: Sequence[Subscriber]
    verdicts: Sequence[Verdict]
    disagreements: Sequence[str]

    @property
    def published(self) -> int:
        """How many messages were acknowledged."""
        return len(self.truth)


class Mercy:
    """Spares those whom two cuts in a row have kept from a greeting, on a slow machine.

    After a third our client would go to a stream, which begins with a gap (docs/client.md).
    """

    def __init__(self, followers: Sequence[Subscriber]) -> None:
        self._followers = followers
        self._at_cuts: list[list[int]] = []

    def may_cut(self) -> bool:
        """Tells whether everybody was greeted since the cut before the last, and notes a cut."""
        greetings = [one.greetings for one in self._followers]
        long_ago = self._at_cuts[-2] if len(self._at_cuts) > 1 else [-1] * len(greetings)
        if any(now <= then for now, then in zip(greetings, long_ago, strict=True)):
            return False
        self._at_cuts.append(greetings)
        return True


async def nothing() -> None:
    """Does nothing in the middle of a run."""


async def cut_repeatedly(
    nodes: Sequence[Node],
    plan: Plan,
    make_followers: Callable[[int], Sequence[Subscriber]],
    *,
    half_way: Callable[[], Awaitable[None]] = nothing,
) -> Run:
    """Cuts every wire to the followers again and again while a publisher goes on.

    ``make_followers`` gets the port to connect to.
    """
    publisher = Publisher(TOPIC, nodes, rate_per_second=plan.messages_per_second)
    async with AsyncExitStack() as stack:
        balancer = await stack.enter_async_context(Balancer(nodes))
        followers = make_followers(balancer.port)
        await stack.enter_async_context(following(*followers))
        publisher.start()
        mercy = Mercy(followers)
        await _cut_for(plan, balancer, mercy)
        await half_way()
        await _cut_for(plan, balancer, mercy)
        await finished(publisher, *followers)
    return Run(
        cuts=balancer.cuts,
        truth=publisher.truth,
        followers=followers,
        verdicts=[judge(one.history, publisher.truth, final=publisher.newest) for one in followers],
        disagreements=disagreements(one.history for one in followers),
    )


async def _cut_for(plan: Plan, balancer: Balancer, mercy: Mercy) -> None:
    """Cuts for one half of the plan."""
    end_at = time.monotonic() + plan.seconds / 2
    await balancer.cut_again_and_again(
        every_seconds=plan.every_seconds,
        for_seconds=plan.cut_seconds,
        may_cut=mercy.may_cut,
        is_over=lambda: time.monotonic() >= end_at,
    )
