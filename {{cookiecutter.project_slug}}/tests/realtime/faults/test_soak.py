"""A short soak: a minute of random faults, and one with a bug for the judge to find."""

import pytest

from tests.realtime.faults.soak import soak

pytestmark = pytest.mark.slow


async def test_random_faults_cost_nobody_a_message_in_silence() -> None:
    report = await soak(seconds=60, seed=28)

    print(report)
    assert report.faults.total() >= 4
    assert report.published > 100
    assert report.violations == []


async def test_a_bug_that_loses_one_message_in_forty_is_found() -> None:
    bug = {"NODE_BUG": "drop", "REALTIME_PREFRAMED_WRITES": "false"}

    report = await soak(seconds=4, seed=28, **bug)

    assert report.violations
