"""Jobs: what waits, what failed and why, and another try."""

from app.features.administration.jobs import pages
from app.features.administration.jobs import routes

__all__ = ["pages", "routes"]
