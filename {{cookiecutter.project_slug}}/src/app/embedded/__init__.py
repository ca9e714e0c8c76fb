"""Real PostgreSQL and Valkey from wheels, for development and tests: nothing else to install."""

from app.embedded.errors import EmbeddedError
from app.embedded.launcher import Embedded
from app.embedded.launcher import Urls

__all__ = ["Embedded", "EmbeddedError", "Urls"]
