"""Logs with request ids."""

from app.telemetry.logs import configure_logging
from app.telemetry.request_log import RequestLog
from app.telemetry.request_log import caller_address
from app.telemetry.request_log import current_request_id
from app.telemetry.request_log import note

__all__ = ["RequestLog", "caller_address", "configure_logging", "current_request_id", "note"]
