"""A client behind a network that has gone dark, at the deadlines that the service really has."""

import asyncio
import json
import os
import shutil
import sys

import pytest

from app.settings import RealtimeSettings
from app.settings import Settings

SLACK_SECONDS = 5.0


@pytest.mark.soak
@pytest.mark.skipif(
    os.name != "posix" or os.geteuid() != 0 or not shutil.which("iptables"),
    reason="needs root, network namespaces and iptables",
)
async def test_a_client_that_vanishes_is_let_go_by_two_heartbeats(settings: Settings) -> None:
    program = await asyncio.create_subprocess_exec(
        *("unshare", "--net", sys.executable, "-m", "tests.realtime.faults.partition"),
        settings.redis.url,
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await program.communicate()

    assert program.returncode == 0
    found = json.loads(said.splitlines()[-1])
    print(found)
    heartbeat_seconds = RealtimeSettings.model_construct().ping_seconds
    assert found["socket"] <= 2 * heartbeat_seconds + SLACK_SECONDS
    assert found["presence"] <= 2 * heartbeat_seconds + SLACK_SECONDS
    assert found["stock_holds"]
