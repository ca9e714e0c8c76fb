"""Connections: what is open in every process, and cutting one."""

from app.features.administration.realtime import pages
from app.features.administration.realtime import routes

__all__ = ["pages", "routes"]
