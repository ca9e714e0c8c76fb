"""What is around an event is added in one step, as structlog's own steps would add it."""

import re
from datetime import UTC
from datetime import datetime
from typing import Any

import pytest
import structlog
from structlog.contextvars import bound_contextvars

from app.telemetry import around
from app.telemetry import trace

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


def one_by_one(method: str, event: dict[str, Any]) -> dict[str, Any]:
    for step in (
        structlog.contextvars.merge_contextvars,
        trace.name_trace,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ):
        step(None, method, event)
    return event


@pytest.mark.parametrize("method", ["info", "warn", "exception", "critical"])
@pytest.mark.parametrize("brought", [{}, {"trace_id": "own", "level": "high", "task": "own"}])
def test_one_step_adds_what_four_do(method: str, brought: dict[str, Any]) -> None:
    known = trace.CURRENT.set(trace.trace_of(None, request_id="r-12345678"))
    with bound_contextvars(task="mail", job=7):
        ours = around.add_surroundings(None, method, {"event": "done", **brought})
        theirs = one_by_one(method, {"event": "done", **brought})
    trace.CURRENT.reset(known)

    assert TIME.fullmatch(ours.pop("timestamp"))
    theirs.pop("timestamp")
    assert list(ours.items()) == list(theirs.items())


def test_what_is_no_longer_bound_and_no_span_are_not_told() -> None:
    with bound_contextvars(task="mail"):
        pass

    assert set(around.add_surroundings(None, "info", {"event": "done"})) == {
        "event",
        "level",
        "timestamp",
    }


def test_times_are_told_in_their_order() -> None:
    before = datetime.now(UTC)
    told = [datetime.fromisoformat(around.timestamp()) for _ in range(5)]
    after = datetime.now(UTC)

    assert [before, *told, after] == sorted([before, *told, after])
