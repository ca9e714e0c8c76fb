"""Structured logs: one line per event, for people in development and as JSON in production.

Everything goes through one bounded queue to a thread of its own: a standard output that nobody
reads would otherwise stop the event loop, and with it the service (seen after 481 requests).
"""

import atexit
import logging
import queue
import sys
from logging.handlers import QueueHandler
from logging.handlers import QueueListener
from typing import TextIO

import structlog
from structlog.typing import Processor

from app.settings import Settings

QUEUE_LINES = 10_000
FIELD_CHARACTERS = 4_000
QUIET_LOGGERS = ("hypercorn.error", "uvicorn.error", "alembic", "asyncio", "pgqueuer")

SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


class DroppingQueueHandler(QueueHandler):
    """Puts a record into the queue, or drops and counts it when the queue is full."""

    def __init__(self, lines: "queue.Queue[logging.LogRecord]") -> None:
        super().__init__(lines)
        self.lines = lines
        self.dropped = 0

    def enqueue(self, record: logging.LogRecord) -> None:
        """Never waits for the reader of the queue."""
        try:
            self.lines.put_nowait(record)
        except queue.Full:
            self.dropped += 1

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        """Formats at once, in the task that logs, where its context is."""
        record.msg, record.args = self.format(record), None
        record.exc_info = record.exc_text = record.stack_info = None
        return record


class WaitlessListener(QueueListener):
    """Ends without waiting for ever on an output that nobody reads."""

    def stop(self) -> None:
        """Gives what is queued a moment to be written."""
        thread, self._thread = self._thread, None
        if thread:
            try:
                self.queue.put_nowait(self._sentinel)  # type: ignore[attr-defined]
            except queue.Full:
                return
            thread.join(timeout=1.0)


def shorten_fields(
    logger: object, method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Cuts long texts, so that no caller can fill the log with one field."""
    for name, value in event.items():
        if isinstance(value, str) and len(value) > FIELD_CHARACTERS and name != "exception":
            event[name] = value[:FIELD_CHARACTERS] + "..."
    return event


def formatter(settings: Settings) -> structlog.stdlib.ProcessorFormatter:
    """Returns what turns an event into its line; control characters come out escaped."""
    for_people = settings.log_format == "console"
    last: list[Processor] = (
        [structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty())]
        if for_people
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=SHARED,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            shorten_fields,
            *last,
        ],
    )


def configure_logging(settings: Settings, *, stream: TextIO | None = None) -> DroppingQueueHandler:
    """Routes structlog and the standard library's loggers to ``stream`` (standard output).

    Returns the handler, whose ``dropped`` counts the lines that found the queue full. A second call
    replaces the first.
    """
    root = logging.getLogger()
    for handler in [
        handler for handler in root.handlers if isinstance(handler, DroppingQueueHandler)
    ]:
        root.removeHandler(handler)
    lines: queue.Queue[logging.LogRecord] = queue.Queue(QUEUE_LINES)
    handler = DroppingQueueHandler(lines)
    handler.setFormatter(formatter(settings))
    writer = logging.StreamHandler(stream or sys.stdout)
    listener = WaitlessListener(lines, writer)
    listener.start()
    atexit.register(listener.stop)
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
    return handler
