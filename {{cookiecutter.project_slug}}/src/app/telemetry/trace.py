"""Which trace a piece of work belongs to: W3C Trace Context, level 1.

https://www.w3.org/TR/trace-context/: who calls us may say in ``traceparent`` what they are part of;
we are one more span of it, and what we set off, a job for example, is told the same. There is no
exporter here: the ids are in every line of the log, where a collector finds them.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final
from typing import NamedTuple

from structlog.contextvars import bound_contextvars
from structlog.typing import EventDict

from app.telemetry.random_hex import random_hex

HEADER: Final = b"traceparent"
# Version, trace, parent, flags; later versions may go on after another hyphen.
TRACEPARENT: Final = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
LONGEST: Final = 512
SAMPLED: Final = 0x01


class Trace(NamedTuple):
    """A span of ours: the trace that it is part of, and its own id; the request, if it is one."""

    trace_id: str
    span_id: str
    sampled: bool = False
    request_id: str = ""

    @property
    def traceparent(self) -> str:
        """What to tell those whom we call."""
        return f"00-{self.trace_id}-{self.span_id}-{SAMPLED if self.sampled else 0:02x}"


# Set directly by whoever cannot afford `bound_trace`, which binds what lines are told by name.
CURRENT: Final[ContextVar[Trace | None]] = ContextVar("trace", default=None)


def current_trace() -> Trace | None:
    """Returns the span of the work that is being done, if it is known."""
    return CURRENT.get()


def name_trace(logger: object, method: str, event: EventDict) -> EventDict:
    """Has an event name the span that it belongs to, and its request."""
    trace = CURRENT.get()
    if trace is not None:
        event.setdefault("trace_id", trace.trace_id)
        event.setdefault("span_id", trace.span_id)
        if trace.request_id:
            event.setdefault("request_id", trace.request_id)
    return event


def trace_of(traceparent: str | None, *, request_id: str = "") -> Trace:
    """Returns a new span of the caller's trace; of a new trace when they name none properly."""
    told = None if traceparent is None else _parsed(traceparent)
    if told is None:
        fresh = random_hex.take(48)
        return Trace(fresh[:32], fresh[32:], request_id=request_id)
    trace_id, sampled = told
    return Trace(trace_id, random_hex.take(16), sampled, request_id)


@contextmanager
def bound_trace(trace: Trace, **facts: str) -> Iterator[None]:
    """Has every line of the log inside the block name the span, and the further ``facts``."""
    token = CURRENT.set(trace)
    try:
        with bound_contextvars(trace_id=trace.trace_id, span_id=trace.span_id, **facts):
            yield
    finally:
        CURRENT.reset(token)


def _parsed(traceparent: str) -> tuple[str, bool] | None:
    found = TRACEPARENT.fullmatch(traceparent) if len(traceparent) <= LONGEST else None
    if found is None:
        return None
    version, trace_id, parent_id, flags, rest = found.groups()
    if version == "ff" or (version == "00" and rest):
        return None
    if not (trace_id.strip("0") and parent_id.strip("0")):
        return None
    return trace_id, bool(int(flags, 16) & SAMPLED)
