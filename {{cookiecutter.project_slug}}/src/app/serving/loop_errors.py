"""What the event loop has to complain of, in lines that can be counted.

asyncio tells of a process without a free descriptor a thousand times a second: 2 MB of log in eight
seconds, seen. The first lines of each second say all there is to say.
"""

import asyncio
import errno
import time
from collections.abc import Callable
from typing import Any

import structlog

LINES_PER_SECOND = 5
OUT_OF_DESCRIPTORS = {errno.EMFILE, errno.ENFILE}

log = structlog.get_logger()


class MeasuredErrors:
    """An exception handler for a loop: a few lines a second, and how many more there were."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since = clock()
        self._lines = 0

    def __call__(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Logs one complaint as the loop itself would, or counts it."""
        now = self._clock()
        if now - self._since >= 1:
            if self._lines > LINES_PER_SECOND:
                log.error("loop_errors_not_told", lines=self._lines - LINES_PER_SECOND)
            self._since, self._lines = now, 0
        self._lines += 1
        if self._lines > LINES_PER_SECOND:
            return
        error = context.get("exception")
        if isinstance(error, OSError) and error.errno in OUT_OF_DESCRIPTORS:
            log.error("out_of_descriptors", reason=context.get("message", ""), error=str(error))
        else:
            loop.default_exception_handler(context)


def measure_loop_errors() -> None:
    """Bounds the complaints of the running loop."""
    asyncio.get_running_loop().set_exception_handler(MeasuredErrors())
