"""Several serving processes on one port."""

import os
import signal
import sys
from pathlib import Path

import pytest
import structlog

from app.serving.child import Child
from app.serving.lifeline import Lifeline
from app.serving.processes import keep_all
from app.serving.signals import StopSignals
from app.settings import Settings
from tests.people import Person
from tests.programs import PATIENCE_SECONDS
from tests.programs import PATIENT
from tests.programs import answers
from tests.programs import environment_of
from tests.programs import eventually
from tests.programs import running
from tests.serving.test_drain import Crowd
from tests.serving.test_drain import open_crowd
from tests.serving.test_drain import stop
from tests.stock_service import stock_service

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc"),
]


def children_of(pid: int) -> set[int]:
    """Returns the direct children of a process."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return {int(child) for children in tasks for child in children.read_text().split()}


async def test_a_killed_process_is_replaced_and_sigterm_stops_all_in_order(
    settings: Settings,
) -> None:
    environment = environment_of(settings, **PATIENT)
    async with running("app", "serve", "--processes", "2", environment=environment) as program:
        parent = program.process.pid
        await answers(f"{settings.public_url}/livez", status=200)
        before = children_of(parent)
        assert len(before) == 2

        os.kill(max(before), signal.SIGKILL)
        replaced = await eventually(
            lambda: len(children_of(parent)) == 2 and children_of(parent) != before,
            within_seconds=PATIENCE_SECONDS,
        )
        survivor_stayed = min(before) in children_of(parent)
        program.send(signal.SIGTERM)
        code = await program.ended()

    assert replaced
    assert survivor_stayed
    assert code == 0, program.output


def peers_of(pid: int) -> set[int]:
    """Returns the remote ports of the TCP connections of a process."""
    files = {os.readlink(entry) for entry in Path(f"/proc/{pid}/fd").iterdir()}
    table = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {int(row[2].rpartition(":")[2], 16) for row in table if f"socket:[{row[9]}]" in files}


async def test_a_killed_process_costs_the_other_no_socket(settings: Settings, ada: Person) -> None:
    environment = environment_of(settings, **PATIENT, REALTIME_CONNECTIONS_PER_USER="1000")
    serving = f"url={settings.public_url}"
    async with running("app", "serve", "--processes", "2", environment=environment) as program:
        assert await eventually(
            lambda: program.output.count(serving) == 2,
            within_seconds=PATIENCE_SECONDS,
        )
        before = children_of(program.process.pid)
        crowd = await open_crowd(settings, ada, sockets=60, streams=0)
        doomed, other = sorted(before)
        theirs = peers_of(doomed)
        cut = [client for client in crowd.sockets if client.port in theirs]
        kept = [client for client in crowd.sockets if client.port in peers_of(other)]

        os.kill(doomed, signal.SIGKILL)
        is_replaced = await eventually(
            lambda: len(children_of(program.process.pid) - before) == 1,
            within_seconds=PATIENCE_SECONDS,
        )
        codes = {await client.close_code() for client in cut}
        for client in kept:
            client.send('{"type":"subscribe","id":2,"topic":"nothing:1"}')
        answered = [await client.receive() for client in kept]
        serves_again = await eventually(
            lambda: program.output.count(serving) == 3,
            within_seconds=PATIENCE_SECONDS,
        )
        await stop(program, Crowd(kept, []))

    assert cut
    assert kept
    assert len(cut) + len(kept) == 60
    assert codes == {1006}
    assert len(answered) == len(kept)
    assert is_replaced
    assert serves_again


async def test_hypercorn_as_it_comes_stops_them_all_and_calls_that_success() -> None:
    async with stock_service("--workers", "2") as stock:
        before = children_of(stock.program.process.pid)

        os.kill(max(before), signal.SIGKILL)
        code = await stock.program.ended()

    assert len(before) >= 2
    assert code == 0


async def test_processes_end_when_their_parent_is_killed(settings: Settings) -> None:
    environment = environment_of(settings, **PATIENT, REALTIME_DRAIN_WINDOW_SECONDS="0")
    async with running("app", "serve", "--processes", "2", environment=environment) as program:
        await answers(f"{settings.public_url}/livez", status=200)
        children = children_of(program.process.pid)
        assert len(children) == 2

        program.send(signal.SIGKILL)
        gone = await eventually(
            lambda: not any(Path(f"/proc/{child}").exists() for child in children),
            within_seconds=PATIENCE_SECONDS,
        )

    assert gone


async def test_a_child_that_cannot_be_kept_running_ends_the_others_with_a_failure() -> None:
    lifeline = Lifeline()
    broken = Child("broken", ("no-such-command",), lifeline=lifeline, stop_seconds=5)
    other = Child("other", ("routes",), lifeline=lifeline, stop_seconds=5)

    with structlog.testing.capture_logs() as logs:
        code = await keep_all([broken, other], StopSignals(), attempts=2)

    lifeline.close()
    assert code == 1
    assert "gave_up" in {entry["event"] for entry in logs}
