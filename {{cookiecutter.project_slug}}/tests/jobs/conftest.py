"""Jobs over an empty queue."""

import pytest

from app.database import Database
from app.jobs import Jobs
from app.settings import JobsSettings


@pytest.fixture
def jobs(database: Database) -> Jobs:
    return Jobs(JobsSettings.model_construct(max_attempts=3, stop_seconds=0.5), database)
