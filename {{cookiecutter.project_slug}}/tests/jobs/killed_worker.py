"""A worker that marks the start of its job and never ends it; `test_jobs` kills it."""

import asyncio
import sys
from pathlib import Path

from pydantic import JsonValue

from app.database import Database
from app.jobs import Jobs
from app.settings import DatabaseSettings
from app.settings import JobsSettings


async def main(url: str, mark: Path) -> None:
    async def slow(payload: dict[str, JsonValue]) -> None:
        mark.touch()  # noqa: ASYNC240 - nothing else runs here
        await asyncio.Event().wait()

    jobs = Jobs(JobsSettings.model_construct(), Database(DatabaseSettings.model_construct(url=url)))
    jobs.task("test.slow", slow)
    await jobs.work(asyncio.Event())


asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
