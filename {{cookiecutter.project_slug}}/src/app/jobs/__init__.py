"""The port to the background job queue, which is pgqueuer: jobs live in PostgreSQL."""

from app.jobs.jobs import Jobs

__all__ = ["Jobs"]
