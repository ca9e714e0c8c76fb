"""Logs: one line per event whatever is in it, and no waiting for whoever reads them."""

import io
import json
import logging
import os
import threading
from collections.abc import Iterator
from typing import Literal

import pytest
import structlog
from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies

from app.settings import Settings
from app.telemetry import configure_logging
from app.telemetry.logs import FIELD_CHARACTERS
from app.telemetry.logs import DroppingQueueHandler

WAIT_SECONDS_HANG_GUARD = 30


@pytest.fixture(autouse=True)
def unchanged() -> Iterator[None]:
    """Gives the run its logging back."""
    root = logging.getLogger()
    handlers, level, configured = list(root.handlers), root.level, structlog.get_config()
    yield
    for handler in set(root.handlers) - set(handlers):
        root.removeHandler(handler)
    root.setLevel(level)
    structlog.configure(**configured)


def settings(log_format: Literal["console", "json"] = "json") -> Settings:
    return Settings.model_construct(log_format=log_format, log_level="info")


def formatted(handler: DroppingQueueHandler, event: str, **fields: object) -> str:
    """Returns the line that an event becomes."""
    structlog.get_logger("test").info(event, **fields)
    return next_line(handler)


def next_line(handler: DroppingQueueHandler) -> str:
    """Returns the oldest line that waits to be written."""
    return handler.lines.get(timeout=WAIT_SECONDS_HANG_GUARD).getMessage()


@pytest.fixture
def handler(monkeypatch: pytest.MonkeyPatch) -> DroppingQueueHandler:
    """A configured handler whose queue nobody empties."""
    monkeypatch.setattr("app.telemetry.logs.WaitlessListener.start", lambda listener: None)
    return configure_logging(settings())


def test_an_event_is_one_json_object_with_its_fields(handler: DroppingQueueHandler) -> None:
    line = json.loads(formatted(handler, "room_opened", room="harbour", people=2))

    assert line["event"] == "room_opened"
    assert (line["room"], line["people"], line["level"]) == ("harbour", 2, "info")
    assert line["timestamp"].endswith("Z")


@given(text=strategies.text(max_size=200))
@hypothesis_settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_no_text_breaks_its_line(handler: DroppingQueueHandler, text: str) -> None:
    line = formatted(handler, text, field=text)

    assert len(line.splitlines()) == 1
    assert json.loads(line)["field"] == text


def test_a_long_field_is_cut(handler: DroppingQueueHandler) -> None:
    line = json.loads(formatted(handler, "big", body="x" * 1_000_000))

    assert len(line["body"]) == FIELD_CHARACTERS + len("...")


def test_lines_that_find_the_queue_full_are_dropped_and_counted(
    handler: DroppingQueueHandler,
) -> None:
    log = structlog.get_logger("test")
    handler.lines.maxsize = 100

    for number in range(100 + 7):
        log.info("flood", number=number)

    assert handler.dropped == 7


def test_an_output_that_nobody_reads_stops_nobody() -> None:
    reading, writing = os.pipe()
    stuck = os.fdopen(writing, "w")
    done = threading.Event()
    handlers: list[DroppingQueueHandler] = []

    def work() -> None:
        handlers.append(configure_logging(settings(), stream=stuck))
        log = structlog.get_logger("test")
        for number in range(2_000):
            log.info("flood", number=number, padding="x" * 200)
        done.set()

    threading.Thread(target=work, daemon=True).start()

    finished = done.wait(WAIT_SECONDS_HANG_GUARD)
    # Now somebody reads, so that the writer does not complain into the output of the tests.
    threading.Thread(target=lambda: [*iter(lambda: os.read(reading, 65_536), b"")]).start()
    while not handlers[0].lines.empty():
        threading.Event().wait(0.01)

    assert finished


def test_the_lines_of_libraries_come_out_in_the_same_shape(
    handler: DroppingQueueHandler,
) -> None:
    logging.getLogger("some.library").warning("took %d s", 3)

    assert json.loads(next_line(handler))["event"] == "took 3 s"


def test_an_exception_stays_inside_its_line(handler: DroppingQueueHandler) -> None:
    try:
        raise ValueError("one\ntwo")
    except ValueError:
        structlog.get_logger("test").exception("failed")

    line = next_line(handler)
    assert len(line.splitlines()) == 1
    assert "ValueError: one" in json.loads(line)["exception"]


def test_people_get_a_readable_line() -> None:
    stream = io.StringIO()
    configure_logging(settings("console"), stream=stream)

    structlog.get_logger("test").info("room_opened", room="harbour")

    deadline = threading.Event()
    while "room_opened" not in stream.getvalue():
        assert not deadline.wait(0.01)
    assert "room=harbour" in stream.getvalue()
