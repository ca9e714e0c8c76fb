"""The audit log: filtered, in pages, and as a file."""

from app.features.administration.audit import pages
from app.features.administration.audit import routes

__all__ = ["pages", "routes"]
