"""What follows from the way in which one attempt at a job ended."""

import asyncio
import json
from collections.abc import Awaitable
from collections.abc import Callable
from datetime import timedelta

import structlog
from pgqueuer.errors import RetryRequested
from pgqueuer.models import Job
from pydantic import JsonValue

from app.errors import GiveUp
from app.errors import RetryLater

FIRST_PAUSE_SECONDS = 1.0
MOST_PAUSE_SECONDS = 300.0

log = structlog.get_logger()

Run = Callable[[dict[str, JsonValue]], Awaitable[None]]


def pause_seconds(attempts: int) -> float:
    """Returns how long to wait after ``attempts`` tries have failed."""
    return float(min(FIRST_PAUSE_SECONDS * 2 ** (attempts - 1), MOST_PAUSE_SECONDS))


def later(seconds: float, reason: str) -> RetryRequested:
    """Returns what asks the queue for another try."""
    return RetryRequested(delay=timedelta(seconds=seconds), reason=reason)


def attempt(run: Run, *, max_attempts: int) -> Callable[[Job], Awaitable[None]]:
    """Wraps a task so that the queue learns from its end what to do with the job.

    An exception that leaves the wrapper parks the job as failed, with its traceback.
    """

    async def attempted(job: Job) -> None:
        tries = job.attempts + 1
        try:
            await run(json.loads(job.payload or b"{}"))
        except asyncio.CancelledError as error:
            # The worker stops before the job has ended. The queue would take a cancellation for
            # the caller's wish and forget the job.
            raise later(0, "the worker stopped") from error
        except RetryLater as error:
            if tries >= max_attempts:
                raise
            raise later(error.after_seconds, str(error)) from error
        except GiveUp as error:
            log.error("job_given_up", task=job.entrypoint, job=job.id, reason=str(error))
            raise
        except Exception as error:
            if tries >= max_attempts:
                log.error("job_failed", task=job.entrypoint, job=job.id, exc_info=True)
                raise
            log.warning("job_retries", task=job.entrypoint, job=job.id, tries=tries)
            raise later(pause_seconds(tries), str(error)) from error

    return attempted
