"""What follows from the way in which one attempt at a job ended."""

import asyncio
import json
import time
from collections.abc import Awaitable
from collections.abc import Callable
from datetime import timedelta

import structlog
from pgqueuer.errors import RetryRequested
from pgqueuer.models import Job
from pydantic import JsonValue
from structlog.contextvars import bound_contextvars

from app.errors import GiveUp
from app.errors import RetryLater
from app.jobs.pauses import retry_seconds
from app.telemetry.trace import bound_trace
from app.telemetry.trace import trace_of

REQUEST_ID = "request_id"
TRACEPARENT = "traceparent"

log = structlog.get_logger()

Run = Callable[[dict[str, JsonValue]], Awaitable[None]]
Count = Callable[[Job], Awaitable[int]]


def later(seconds: float, reason: str) -> RetryRequested:
    """Returns what asks the queue for another try."""
    return RetryRequested(delay=timedelta(seconds=seconds), reason=reason)


def attempt(run: Run, *, max_attempts: int, lost: Count) -> Callable[[Job], Awaitable[None]]:
    """Wraps a task so that the queue learns from its end what to do with the job.

    1. It returns: the job is done.
    2. The worker stops: back into the queue. The library would take a cancellation for the
       caller's wish and forget the job.
    3. ``RetryLater`` or any exception: another try, unless this was the last one.
    4. ``GiveUp``, or the last try: the job is parked as failed. The library logs the traceback.
    5. Its worker died with it again and again (``lost``): parked too, or it would kill for ever.
    """

    async def judged(job: Job) -> None:
        tries = job.attempts + 1
        try:
            if await lost(job) >= max_attempts:
                raise GiveUp("its worker died each time")
            await run(json.loads(job.payload or b"{}"))
        except asyncio.CancelledError as error:
            log.warning("job_put_back")
            raise later(0, "the worker stopped") from error
        except GiveUp as error:
            log.error("job_given_up", reason=str(error))
            raise
        except Exception as error:
            if tries >= max_attempts:
                log.error("job_failed", tries=tries, reason=repr(error))
                raise
            chosen = error.after_seconds if isinstance(error, RetryLater) else None
            seconds = retry_seconds(tries) if chosen is None else chosen
            log.warning("job_retries", tries=tries, after_seconds=seconds, reason=repr(error))
            raise later(seconds, str(error)) from error

    async def attempted(job: Job) -> None:
        headers = {name: str(value) for name, value in (job.headers or {}).items()}
        facts = {REQUEST_ID: headers[REQUEST_ID]} if REQUEST_ID in headers else {}
        started = time.perf_counter()
        with (
            bound_trace(trace_of(headers.get(TRACEPARENT)), **facts),
            bound_contextvars(task=job.entrypoint, job=job.id),
        ):
            await judged(job)
            log.info("job_done", ms=round(1000 * (time.perf_counter() - started), 1))

    return attempted
