"""Trace context: taken from callers who say it properly, passed on to jobs, in every line."""

import re
from typing import Any

import pytest
import structlog
from quart.typing import TestClientProtocol as Client

from app.telemetry import RequestLog
from app.telemetry.trace import bound_trace
from app.telemetry.trace import current_trace
from app.telemetry.trace import trace_of

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"
TOLD = f"00-{TRACE}-{PARENT}-01"


def test_a_span_of_ours_is_part_of_the_callers_trace() -> None:
    trace = trace_of(TOLD)

    assert trace.trace_id == TRACE
    assert trace.span_id != PARENT
    assert trace.traceparent == f"00-{TRACE}-{trace.span_id}-01"


def test_a_later_version_may_say_more() -> None:
    assert trace_of(f"cc-{TRACE}-{PARENT}-00-what-the-future-holds").trace_id == TRACE
    assert trace_of(f"cc-{TRACE}-{PARENT}-00").traceparent.endswith("-00")


@pytest.mark.parametrize(
    "told",
    [
        None,
        "",
        "nonsense",
        f"ff-{TRACE}-{PARENT}-01",
        f"00-{TRACE}-{PARENT}-01-more",
        f"00-{'0' * 32}-{PARENT}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{PARENT}-01",
        f"00-{TRACE}-{PARENT}",
        f"00-{TRACE[:-1]}-{PARENT}-01",
        f"00-{TRACE}-{PARENT}-01\n",
        f" {TOLD}",
        f"cc-{TRACE}-{PARENT}-00-" + "x" * 1_000,
    ],
)
def test_what_is_no_trace_begins_a_new_one(told: str | None) -> None:
    trace = trace_of(told)

    assert re.fullmatch("[0-9a-f]{32}", trace.trace_id)
    assert re.fullmatch("[0-9a-f]{16}", trace.span_id)
    assert trace.trace_id != TRACE
    assert not trace.sampled


def test_lines_inside_name_the_span_and_lines_outside_do_not() -> None:
    trace = trace_of(TOLD)
    with bound_trace(trace, request_id="r-1234567"):
        inside, known = structlog.contextvars.get_contextvars(), current_trace()
    outside = structlog.contextvars.get_contextvars()

    assert inside == {"trace_id": TRACE, "span_id": trace.span_id, "request_id": "r-1234567"}
    assert known == trace
    assert outside == {}
    assert current_trace() is None


@pytest.mark.parametrize(
    ("headers", "is_theirs"),
    [
        ([(b"traceparent", TOLD.encode())], True),
        ([(b"traceparent", TOLD.encode())] * 2, False),
        ([(b"traceparent", b"\xff\xfe")], False),
        ([], False),
    ],
)
async def test_a_request_runs_in_the_trace_of_its_caller(
    headers: list[tuple[bytes, bytes]], is_theirs: bool
) -> None:
    seen: list[str] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        trace = current_trace()
        assert trace
        seen.append(trace.trace_id)

    scope = {"type": "http", "method": "GET", "path": "/", "headers": headers}
    await RequestLog(application)(scope, None, None)

    assert (seen == [TRACE]) is is_theirs


async def test_the_whole_service_takes_any_of_it(client: Client) -> None:
    for told in (TOLD, "x" * 5_000, "\x7f", ""):
        assert (await client.get("/livez", headers={"traceparent": told})).status_code == 200
