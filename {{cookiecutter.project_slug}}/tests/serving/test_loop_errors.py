"""What the event loop complains of is bounded."""

import asyncio
import errno
import logging

import pytest
from structlog.testing import capture_logs

from app.serving.loop_errors import LINES_PER_SECOND
from app.serving.loop_errors import MeasuredErrors

NO_DESCRIPTOR = OSError(errno.EMFILE, "Too many open files")


async def test_a_storm_is_a_few_lines_and_a_count() -> None:
    now = 0.0
    handle = MeasuredErrors(clock=lambda: now)
    loop = asyncio.get_running_loop()

    with capture_logs() as lines:
        for _ in range(1_000):
            handle(loop, {"message": "accept", "exception": NO_DESCRIPTOR})
        now = 1.0
        handle(loop, {"message": "accept", "exception": NO_DESCRIPTOR})

    events = [line["event"] for line in lines]
    assert events.count("out_of_descriptors") == LINES_PER_SECOND + 1
    assert lines[LINES_PER_SECOND]["lines"] == 1_000 - LINES_PER_SECOND


async def test_any_other_complaint_is_told_as_the_loop_tells_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    handle = MeasuredErrors()

    handle(asyncio.get_running_loop(), {"message": "something broke", "exception": KeyError("x")})

    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    assert "something broke" in caplog.text
