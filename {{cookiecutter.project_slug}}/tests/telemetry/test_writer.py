"""The writer: nobody waits for an output that nobody reads, and what is lost is counted."""

import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import TextIO

import pytest

from app.settings import Settings
from app.telemetry.logs import LineHandler
from app.telemetry.logs import formatter
from app.telemetry.writer import LineWriter
from tests import programs

PIPE_BYTES = 65_536
LINE = "x" * 1_000
STUCK = """
import logging
from app.settings import Settings
from app.telemetry import configure_logging

configure_logging(Settings.model_construct(log_format="json", log_level="info"))
for number in range(20_000):
    logging.getLogger("flood").info("%d %s", number, "x" * 200)
print("alive", file=__import__("sys").stderr, flush=True)
"""


@pytest.fixture
def pipe() -> Iterator[tuple[int, TextIO]]:
    """A pipe that nobody reads until the test does."""
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as stream:
        yield reading, stream
        os.set_blocking(reading, False)
        while True:
            try:
                if not os.read(reading, PIPE_BYTES):
                    break
            except BlockingIOError:
                break
    os.close(reading)


def read_lines(reading: int, count: int) -> list[str]:
    """Reads whole lines from a descriptor."""
    found = b""
    while found.count(b"\n") < count:
        found += os.read(reading, PIPE_BYTES)
    return found.decode().splitlines()


class Held(LineWriter):
    """A writer whose thread stands before its output until it is let go."""

    def __init__(self, stream: TextIO, *, queue_lines: int) -> None:
        self.stands = threading.Event()
        self.go_on = threading.Event()
        super().__init__(stream, queue_lines=queue_lines)

    def _write(self, lines: bytes) -> None:
        self.stands.set()
        self.go_on.wait()
        super()._write(lines)

    def fill(self) -> int:
        """Puts lines until one is refused; returns how many were taken."""
        taken = 1
        self.put(LINE)
        assert self.stands.wait(programs.PATIENCE_SECONDS)  # nobody makes room from now on
        while self.put(LINE):
            taken += 1
        return taken


def test_lines_come_out_whole_and_in_order(pipe: tuple[int, TextIO]) -> None:
    reading, stream = pipe
    writer = LineWriter(stream)

    for number in range(1_000):
        writer.put(str(number))
    lines = read_lines(reading, 1_000)
    writer.close()

    assert lines == [str(number) for number in range(1_000)]


def test_lines_that_find_no_room_are_dropped_and_counted(pipe: tuple[int, TextIO]) -> None:
    reading, stream = pipe
    writer = Held(stream, queue_lines=10)

    taken = writer.fill()
    refused = [writer.put(LINE) for _ in range(5)]
    writer.go_on.set()

    assert (taken, refused) == (11, [False] * 5)
    assert writer.dropped == 1 + refused.count(False)
    assert read_lines(reading, taken) == [LINE] * taken
    writer.close()


def test_the_first_line_that_finds_room_again_tells_of_the_others(
    pipe: tuple[int, TextIO],
) -> None:
    reading, stream = pipe
    writer = Held(stream, queue_lines=10)
    handler = LineHandler(writer)
    handler.setFormatter(formatter(Settings.model_construct(log_format="json")))
    logger, telling = logging.getLogger("test.flood"), logging.getLogger("app.telemetry.logs")
    before = telling.handlers, telling.propagate
    logger.handlers, logger.propagate = [handler], False
    telling.handlers, telling.propagate = [handler], False

    taken = writer.fill()
    logger.warning("lost")
    writer.go_on.set()
    read_lines(reading, taken)
    logger.warning("room again")
    lines = read_lines(reading, 2)
    telling.handlers, telling.propagate = before

    assert json.loads(lines[0])["event"] == "room again"
    assert json.loads(lines[1])["event"] == "log_lines_dropped: 2"
    handler.close()


def test_a_pipe_that_somebody_made_non_blocking_loses_nothing(pipe: tuple[int, TextIO]) -> None:
    reading, stream = pipe
    os.set_blocking(stream.fileno(), False)
    writer = LineWriter(stream)

    for _ in range(200):  # more than a pipe holds
        writer.put(LINE)
    lines = read_lines(reading, 200)
    writer.close()

    assert lines == [LINE] * 200


def test_a_reader_that_is_gone_harms_nobody() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as stream:
        writer = LineWriter(stream)

        taken = writer.put(LINE)
        writer.close()

    assert taken
    assert writer.dropped == 0


def test_a_full_queue_does_not_hold_up_the_end(pipe: tuple[int, TextIO]) -> None:
    writer = Held(pipe[1], queue_lines=1)
    writer.fill()

    writer.close()

    assert writer.dropped == 1
    writer.go_on.set()
    writer.close()


def test_a_program_whose_output_nobody_reads_works_on_and_ends_in_order() -> None:
    program = subprocess.Popen(
        [sys.executable, "-c", STUCK],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=programs.ROOT,
        env={"PYTHONPATH": "src", "PATH": os.environ["PATH"]},
    )

    code = program.wait(timeout=programs.PATIENCE_SECONDS)
    assert program.stderr
    assert program.stdout
    said = program.stderr.read()
    program.stderr.close()
    program.stdout.close()

    assert said.strip() == b"alive"
    assert code == 0


def test_lines_that_come_together_are_written_together(pipe: tuple[int, TextIO]) -> None:
    reading, stream = pipe
    written = []

    class Watched(LineWriter):
        def _write(self, lines: bytes) -> None:
            written.append(lines)
            super()._write(lines)

    writer = Watched(stream)
    for number in range(100):
        writer.put(str(number))
    writer.close()

    assert read_lines(reading, 100) == [str(number) for number in range(100)]
    assert len(written) < 50  # one by one before, and a hundred changes of thread
