"""A worker that begins its job and never ends it; `test_worker` kills it."""

import asyncio
import sys

from pydantic import JsonValue

from app.database import Database
from app.jobs import Jobs
from app.settings import DatabaseSettings
from app.settings import JobsSettings


async def main(url: str) -> None:
    async def slow(payload: dict[str, JsonValue]) -> None:
        print("the job has begun", flush=True)
        await asyncio.Event().wait()

    jobs = Jobs(JobsSettings.model_construct(), Database(DatabaseSettings.model_construct(url=url)))
    jobs.task("test.slow", slow)
    await jobs.work(asyncio.Event())


asyncio.run(main(sys.argv[1]))
