"""Structured logs: one line per event, for people in development and as JSON in production."""

import atexit
import json
import logging
import sys
from collections.abc import Callable
from typing import Any
from typing import TextIO

import structlog
from structlog.typing import Processor

from app.settings import Settings
from app.telemetry.around import add_surroundings
from app.telemetry.capping import Capped
from app.telemetry.fields import escape_controls
from app.telemetry.fields import hide_secrets
from app.telemetry.fields import shorten_fields
from app.telemetry.plain_json import encoded
from app.telemetry.plain_json import plain_line
from app.telemetry.shortcut import Shortcut
from app.telemetry.shortcut import Steps
from app.telemetry.shortcut import open_shortcut
from app.telemetry.writer import LineWriter

# Libraries that tell more than anybody wants to know.
QUIET_LOGGERS = ("hypercorn.error", "uvicorn.error", "alembic", "asyncio", "pgqueuer")

SHARED: list[Processor] = [add_surroundings]


class LineHandler(logging.Handler):
    """Formats in the task that logs, where its context is, and leaves the writing to a thread."""

    def __init__(self, writer: LineWriter) -> None:
        super().__init__()
        self._writer = writer
        self._dropped_told = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Queues the line; the first that finds room again tells how many did not."""
        try:
            line = self.format(record)
        except Exception:
            self.handleError(record)
            return
        self.put(line)

    def put(self, line: str | bytes) -> None:
        """Queues a line that is ready."""
        if not self._writer.put(line):
            return
        lines = self._writer.dropped - self._dropped_told
        if lines:
            self._dropped_told += lines
            logging.getLogger(__name__).warning("log_lines_dropped: %d", lines)

    @property
    def dropped(self) -> int:
        """How many lines found no room."""
        return self._writer.dropped

    def close(self) -> None:
        """Writes what is queued, within a second."""
        self._writer.close()
        super().close()


def dropped_lines() -> int:
    """Returns how many lines this process could not write, because nobody read its output."""
    handlers = logging.getLogger().handlers
    return sum(handler.dropped for handler in handlers if isinstance(handler, LineHandler))


def formatter(settings: Settings) -> structlog.stdlib.ProcessorFormatter:
    """Returns what turns a record of the standard library into its line."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=SHARED,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            *rendering(settings),
        ],
    )


def rendering(settings: Settings) -> list[Processor]:
    """Returns what turns an event into its line, one after the other."""
    is_for_machines = settings.log_format == "json"
    for_people: list[Processor] = [
        escape_controls,
        Capped(
            structlog.dev.ConsoleRenderer(
                colors=sys.stdout.isatty(),
                exception_formatter=structlog.dev.plain_traceback,  # others show local variables
            )
        ),
    ]
    for_machines: list[Processor] = [
        structlog.processors.format_exc_info,
        Capped(structlog.processors.JSONRenderer(_json)),
    ]
    return [hide_secrets, shorten_fields, *(for_machines if is_for_machines else for_people)]


def _json(event: Any, *, default: Callable[[Any], Any]) -> str:
    data = encoded(event)
    if data is not None:
        line = data.decode()
        if line.isascii() and line.isprintable():
            return line
    return json.dumps(event, default=default, separators=(",", ":"))


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
    processors: list[Processor] = [
        structlog.stdlib.filter_by_level,
        *SHARED,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ]
    quickly = plain_line if settings.log_format == "json" else None
    steps = Steps(SHARED, rendering(settings), quickly)
    open_shortcut(Shortcut(handler, put=handler.put, usual=processors, steps=steps))
    structlog.configure(
        processors=processors,
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
