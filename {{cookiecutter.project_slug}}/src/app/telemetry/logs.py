"""Structured logs: one line per event, for people in development and as JSON in production."""

import atexit
import logging
import sys
from typing import TextIO

import structlog
from structlog.typing import Processor

from app.settings import Settings
from app.telemetry.fields import escape_controls
from app.telemetry.fields import hide_secrets
from app.telemetry.fields import shorten_fields
from app.telemetry.fields import without_passwords
from app.telemetry.writer import LineWriter

# Libraries that tell more than anybody wants to know.
QUIET_LOGGERS = ("hypercorn.error", "uvicorn.error", "alembic", "asyncio", "pgqueuer")

SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


class LineHandler(logging.Handler):
    """Formats in the task that logs, where its context is, and leaves the writing to a thread."""

    def __init__(self, writer: LineWriter) -> None:
        super().__init__()
        self._writer = writer
        self._dropped_told = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Queues the line; the first that finds room again tells how many did not."""
        try:
            line = without_passwords(self.format(record))
        except Exception:
            self.handleError(record)
            return
        if not self._writer.put(line):
            return
        lines = self._writer.dropped - self._dropped_told
        if lines:
            self._dropped_told += lines
            logging.getLogger(__name__).warning("log_lines_dropped: %d", lines)

    def close(self) -> None:
        """Writes what is queued, within a second."""
        self._writer.close()
        super().close()


def formatter(settings: Settings) -> structlog.stdlib.ProcessorFormatter:
    """Returns what turns an event into its line."""
    is_for_machines = settings.log_format == "json"
    for_people: list[Processor] = [
        escape_controls,
        structlog.dev.ConsoleRenderer(
            colors=sys.stdout.isatty(),
            exception_formatter=structlog.dev.plain_traceback,  # others show local variables
        ),
    ]
    for_machines: list[Processor] = [
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(),
    ]
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=SHARED,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            hide_secrets,
            shorten_fields,
            *(for_machines if is_for_machines else for_people),
        ],
    )


def configure_logging(settings: Settings, *, stream: TextIO | None = None) -> None:
    """Routes structlog and the standard library's loggers to ``stream`` (standard output).

    A second call replaces the first.
    """
    root = logging.getLogger()
    for former in [former for former in root.handlers if isinstance(former, LineHandler)]:
        root.removeHandler(former)
        former.close()
    handler = LineHandler(LineWriter(stream or sys.stdout))
    handler.setFormatter(formatter(settings))
    atexit.register(handler.close)
    root.addHandler(handler)
    root.setLevel(settings.log_level.upper())
    for name in QUIET_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
