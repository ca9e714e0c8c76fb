"""People: finding accounts, shutting out, letting in, roles, sessions."""

from app.features.administration.people import pages
from app.features.administration.people import routes

__all__ = ["pages", "routes"]
