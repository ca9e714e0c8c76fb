"""Repeated cuts: 100 clients, all connections cut for 2 s again and again, once with Redis restarted.

The measuring itself lies with the service's fault tests (`tests/realtime/faults/measure.py`) and
runs as a process of its own: the clients must not share this one's core.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import app

from benchmarks.report import Row
from benchmarks.report import at_least
from benchmarks.report import at_most

SERVICE = Path(app.__file__).parents[2]


@dataclass(frozen=True)
class Cuts:
    """What one run told of itself."""

    restarts_redis: bool
    told: dict[str, object]


def measure(seconds: float) -> tuple[list[Row], list[Cuts]]:
    """Runs without and with a restart of Redis half-way."""
    calm, restarted = (_run(seconds, restarts_redis=restarts) for restarts in (False, True))
    return [
        at_least("2 s cuts: delivered", _number(calm, "delivered_percent"), "%", bound=100, aim=100),
        at_most("2 s cuts: doubled", _number(calm, "doubled"), "messages", bound=0, aim=0),
        at_most("2 s cuts, Redis restarted: lost untold", _number(restarted, "lost"), "gaps", bound=0, aim=0),
        at_most("2 s cuts, Redis restarted: doubled", _number(restarted, "doubled"), "messages", bound=0, aim=0),
    ], [calm, restarted]


def _run(seconds: float, *, restarts_redis: bool) -> Cuts:
    command = [sys.executable, "-m", "tests.realtime.faults.measure", "--seconds", str(seconds)]
    finished = subprocess.run(
        [*command, *(["--restart-redis"] if restarts_redis else [])],
        cwd=SERVICE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(SERVICE / "src"), str(SERVICE)])},
        stdout=subprocess.PIPE,
        check=True,
        preexec_fn=_use_all_cores,
    )
    return Cuts(restarts_redis, json.loads(finished.stdout))


def _use_all_cores() -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, range(os.cpu_count() or 1))


def _number(cuts: Cuts, name: str) -> float:
    return float(str(cuts.told[name]))
