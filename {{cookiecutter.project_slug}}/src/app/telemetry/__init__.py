"""Logs with request ids."""

from app.telemetry.logs import configure_logging
from app.telemetry.request_log import RequestLog
from app.telemetry.request_log import note

__all__ = ["RequestLog", "configure_logging", "note"]
