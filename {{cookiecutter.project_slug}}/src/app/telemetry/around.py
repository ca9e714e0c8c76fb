"""What is around an event, in one step: what was bound, the span, the level, the time.

structlog has a step for each. Every request writes a line, and what a step costs in a busy service
is less its work than its code, which other code has pushed out of the processor's cache meanwhile.
"""

import time
from typing import Final

from structlog.contextvars import _CONTEXT_VARS as BOUND
from structlog.contextvars import merge_contextvars
from structlog.stdlib import add_log_level
from structlog.typing import EventDict

from app.telemetry.trace import name_trace

LEVELS: Final = frozenset({"debug", "info", "warning", "error", "critical"})


def add_surroundings(logger: object, method: str, event: EventDict) -> EventDict:
    """Adds what was bound to the context, the span and its request, the level and the time."""
    if BOUND:  # as soon as anything was ever bound in this process
        merge_contextvars(logger, method, event)
    name_trace(logger, method, event)
    if method in LEVELS:
        event["level"] = method
    else:  # `exception`, say
        add_log_level(None, method, event)
    event["timestamp"] = timestamp()
    return event


def timestamp() -> str:
    """Returns the time as ISO 8601 has it, in UTC, to the microsecond."""
    global _second
    now = time.time()
    second = int(now)
    known, text = _second
    if second != known:
        text = time.strftime("%Y-%m-%dT%H:%M:%S.", time.gmtime(second))
        _second = second, text
    # A seventh digit in front keeps the zeros, without the language of formats.
    return f"{text}{str(int((now - second) * 1_000_000) + 1_000_000)[1:]}Z"


# The last second that was asked for, and its text; one value, so that threads see both or neither.
_second: tuple[int, str] = (-1, "")
