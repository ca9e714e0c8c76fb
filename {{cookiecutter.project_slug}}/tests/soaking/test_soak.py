"""The soak of the whole service in a few seconds, and one that leaks for the check to find."""

import sys

import pytest

from app.settings import Settings
from tests.servers import Emptier
from tests.soaking.soak import soak

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="reads the memory of a process in /proc"),
]

SECONDS = 4.0
# In seconds and not minutes caches and arenas still fill: a first job alone takes 7 MiB once.
SLOPE_MAX_MIB_PER_MINUTE = 300.0
# What the planted leak makes at least: a MiB with every request, of which there are two a second.
PLANTED_MIB_PER_MINUTE = 120.0


async def test_in_seconds_nothing_is_kept_and_nothing_unhandled(
    settings: Settings, migrated: Emptier
) -> None:
    report = await soak(settings, seconds=SECONDS, slope_max=SLOPE_MAX_MIB_PER_MINUTE)
    await migrated.empty()

    print(report)
    assert len(report.visits) == 7
    assert report.violations == []


async def test_planted_leaks_of_each_kind_are_found(settings: Settings, migrated: Emptier) -> None:
    report = await soak(
        settings,
        seconds=SECONDS,
        slope_max=PLANTED_MIB_PER_MINUTE / 2,
        gone_seconds=1.0,
        SOAK_LEAK="memory,tasks,files",
    )
    await migrated.empty()

    print(report)
    web = "\n".join(line for line in report.violations if line.startswith("web: "))
    assert "memory grows" in web
    assert "descriptors before" in web
    assert "tasks before" in web
