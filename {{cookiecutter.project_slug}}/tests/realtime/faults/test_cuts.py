"""Connections cut again and again at a fixed publish rate: nothing lost, nothing twice."""

import pytest

from app.settings import Settings
from tests.realtime.faults.application import Application
from tests.realtime.faults.cuts import TOPIC
from tests.realtime.faults.cuts import Plan
from tests.realtime.faults.cuts import cut_repeatedly
from tests.realtime.faults.follower import Follower
from tests.realtime.faults.nodes import nodes
from tests.realtime.faults.steps import Subscriber

CAREFUL = 20
PLAN = Plan(seconds=24, cut_seconds=0.3, every_seconds=1.0, messages_per_second=25)
PACE = {"REALTIME_RETRY_WINDOW_SECONDS": "2"}  # back before the next cut


def make_followers(port: int) -> list[Subscriber]:
    """Returns applications on our client, and last two twins without one half of its care each."""
    return [
        *(Application(f"careful {number}", TOPIC, port) for number in range(CAREFUL)),
        Follower("without since", TOPIC, lambda: port, resumes=False),
        Follower("without comparing", TOPIC, lambda: port, compares=False),
    ]


@pytest.mark.slow
async def test_a_cut_every_second_loses_and_doubles_nothing(settings: Settings) -> None:
    async with nodes(2, settings.redis.url, **PACE) as two:
        run = await cut_repeatedly(two, PLAN, make_followers)

    *careful, without_since, without_comparing = run.verdicts
    print(f"{run.cuts} cuts, {run.published} messages")
    assert run.cuts >= 6  # a slow machine makes a third of those that are meant
    assert run.published >= 100
    assert [line for verdict in careful for line in verdict.violations] == []
    assert [follower.history.gaps for follower in run.followers[:CAREFUL]] == [[]] * CAREFUL
    assert all(follower.greetings > 2 for follower in run.followers[:CAREFUL])
    assert without_since.lost
    assert without_comparing.doubled
    assert run.disagreements == []
