"""Connections cut again and again at a fixed publish rate: nothing lost, nothing twice."""

from collections.abc import Callable

import pytest

from app.settings import Settings
from tests.realtime.faults.cuts import Plan
from tests.realtime.faults.cuts import cut_repeatedly
from tests.realtime.faults.follower import Follower
from tests.realtime.faults.nodes import nodes

CAREFUL = 20
PLAN = Plan(seconds=40, cut_seconds=0.3, every_seconds=1.0, messages_per_second=25)


def make_followers(port: Callable[[], int]) -> list[Follower]:
    """Returns the careful ones; and last their two twins, each without one half of the care."""
    return [
        *(Follower(f"careful {number}", "room:cuts", port) for number in range(CAREFUL)),
        Follower("without since", "room:cuts", port, resumes=False),
        Follower("without comparing", "room:cuts", port, compares=False),
    ]


@pytest.mark.slow
async def test_a_cut_every_second_loses_and_doubles_nothing(settings: Settings) -> None:
    async with nodes(2, settings.redis.url) as two:
        run = await cut_repeatedly(two, PLAN, make_followers)

    *careful, without_since, without_comparing = run.verdicts
    assert run.cuts >= 30
    assert run.published >= PLAN.seconds * PLAN.messages_per_second * 0.8
    assert [line for verdict in careful for line in verdict.violations] == []
    assert [follower.history.gaps for follower in run.followers[:CAREFUL]] == [[]] * CAREFUL
    assert all(follower.greetings >= run.cuts / 2 for follower in run.followers[:CAREFUL])
    assert without_since.lost
    assert without_comparing.doubled
    assert run.disagreements == []
