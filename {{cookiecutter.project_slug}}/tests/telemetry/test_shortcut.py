"""The short way into the log: the same lines as the long way, and never past anybody else."""

import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from typing import Literal
from uuid import UUID

import pytest
import structlog

from app.settings import Settings
from app.telemetry import configure_logging
from app.telemetry import trace
from app.telemetry.shortcut import has_shortcut
from app.telemetry.shortcut import write_event

NAME = "app.telemetry.test_shortcut"
log = logging.getLogger(NAME)
TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")


class Log:
    """A log in a file, and nothing beside it while the block lasts; ``lines`` are read after it."""

    def __init__(self, path: Path, log_format: Literal["json", "console"]) -> None:
        self._path = path
        self._settings = Settings.model_construct(log_format=log_format, log_level="info")
        self.lines: list[str] = []

    def __enter__(self) -> None:
        root = logging.getLogger()
        self._before = (root.handlers, root.level, structlog.get_config())
        root.handlers = []
        self._stream = self._path.open("w")
        configure_logging(self._settings, stream=self._stream)
        (self._handler,) = root.handlers
        assert has_shortcut(log)

    def __exit__(self, *fault: object) -> None:
        self._handler.close()
        self._stream.close()
        root = logging.getLogger()
        root.handlers, level, configured = self._before
        root.setLevel(level)
        structlog.configure(**configured)
        self.lines = self._path.read_text().splitlines()


@pytest.fixture(params=["json", "console"])
def alone(request: pytest.FixtureRequest, tmp_path: Path) -> Log:
    return Log(tmp_path / "log", request.param)


class Passing(logging.Filter):
    """Lets everything through, and counts."""

    seen = 0

    def filter(self, record: logging.LogRecord) -> bool:
        """Counts one."""
        self.seen += 1
        return True


FIELDS: list[dict[str, Any]] = [
    {"method": "GET", "path": "/", "status": 200, "ms": 0.1, "bytes": 0},
    {"path": 'quotes" and \\ and ünïcode \u2028 and \x1b[31m and \x7f\n'},
    {"path": "/" + "x" * 5_000, "many": ["y" * 500] * 100},
    {"url": "redis://ada:hunter2@cache/0", "session_token": "hunter3", "Password": 4},
    {"user_id": UUID(int=7), "nothing": None, "is_it": True, "nested": {"a": [1, 2.5]}},
    {"request_id": "brought-along", "timestamp": "never", "level": "high"},
]


@pytest.mark.parametrize("fields", FIELDS)
def test_the_short_way_writes_what_the_long_one_does(alone: Log, fields: dict[str, Any]) -> None:
    passing = Passing()
    span = trace.trace_of(None, request_id="r-12345678")
    known = trace.CURRENT.set(span)
    with alone:
        write_event(log, logging.INFO, "request", **fields)
        log.addFilter(passing)
        write_event(log, logging.INFO, "request", **fields)
        log.removeFilter(passing)
    trace.CURRENT.reset(known)

    short, long = (TIME.sub("", line) for line in alone.lines)
    assert passing.seen == 1
    assert short == long
    assert "hunter" not in short
    assert span.span_id in short or "cut_from_bytes" in short


def test_the_short_way_heeds_levels(alone: Log) -> None:
    with alone:
        write_event(log, logging.DEBUG, "too_little")
        log.setLevel(logging.WARNING)
        write_event(log, logging.INFO, "still_too_little")
        log.setLevel(logging.NOTSET)
        write_event(log, logging.WARNING, "enough")

    (line,) = alone.lines
    assert "enough" in line
    assert "warning" in line


def by_a_capture(events: list[str]) -> None:
    with structlog.testing.capture_logs() as lines:
        write_event(log, logging.INFO, "heard")
    events += [line["event"] for line in lines]


def by_a_handler(events: list[str], *, of: str) -> None:
    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            events.append(record.msg["event"] if isinstance(record.msg, dict) else record.msg)

    listener = Listener()
    logging.getLogger(of).addHandler(listener)
    write_event(log, logging.INFO, "heard")
    logging.getLogger(of).removeHandler(listener)


def by_other_processors(events: list[str]) -> None:
    def listen(logger: Any, method: str, event: Any) -> Any:
        events.append(event["event"])
        raise structlog.DropEvent

    before = structlog.get_config()
    structlog.configure(processors=[listen])
    write_event(log, logging.INFO, "heard")
    structlog.configure(**before)


@pytest.mark.parametrize(
    "listen",
    [
        by_a_capture,
        by_other_processors,
        lambda events: by_a_handler(events, of=""),
        lambda events: by_a_handler(events, of="app"),
        lambda events: by_a_handler(events, of=NAME),
    ],
)
def test_whoever_else_listens_hears_it(alone: Log, listen: Callable[[list[str]], None]) -> None:
    events: list[str] = []

    with alone:
        listen(events)

    assert events == ["heard"]


def test_an_event_that_cannot_be_told_is_reported_as_ever(
    alone: Log, capsys: pytest.CaptureFixture[str]
) -> None:
    class Untold:
        def __repr__(self) -> str:
            raise ZeroDivisionError("no words")

    with alone:
        write_event(log, logging.INFO, "strange", field=Untold())

    assert alone.lines == []
    assert "ZeroDivisionError" in capsys.readouterr().err
