"""Writes lines from a thread of its own, so that nobody who logs waits for whoever reads.

A standard output that nobody reads would otherwise stop the event loop, and with it the service:
seen after 481 requests.
"""

import contextlib
import os
import threading
import time
from collections import deque
from typing import TextIO

QUEUE_LINES = 10_000
CLOSE_SECONDS = 1.0
FULL_PIPE_SECONDS = 0.01
# Lines of so long are written together: to wake a thread for each would cost the event loop more
# than everything else about a line, because the interpreter changes hands each time.
GATHER_SECONDS = 0.05
GATHER_LINES = 1_000


class LineWriter:
    """A bounded queue and its drainer; a line that finds the queue full is dropped and counted."""

    def __init__(self, stream: TextIO, *, queue_lines: int = QUEUE_LINES) -> None:
        self.dropped = 0
        # The descriptor and not the stream: a thread that is stuck in a buffered stream holds its
        # lock, and the interpreter then aborts instead of ending.
        self._descriptor = stream.fileno()
        self._lines: deque[bytes] = deque()
        self._queue_lines = queue_lines
        self._has_lines = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._drain, name="log-writer", daemon=True)
        self._thread.start()

    def put(self, line: str | bytes) -> bool:
        """Queues a line and never waits; False when there was no room for it."""
        if len(self._lines) >= self._queue_lines:
            self.dropped += 1
            return False
        data = line if isinstance(line, bytes) else line.encode(errors="backslashreplace")
        self._lines.append(data + b"\n")
        if not self._has_lines.is_set():
            self._has_lines.set()
        return True

    def close(self) -> None:
        """Gives what is queued a moment to be written; an output that is stuck holds nobody up."""
        self._closing.set()
        self._has_lines.set()
        self._thread.join(timeout=CLOSE_SECONDS)

    def _drain(self) -> None:
        while True:
            self._has_lines.wait()
            self._closing.wait(GATHER_SECONDS)
            # Before the look, so that a line that comes after it wakes this thread again.
            self._has_lines.clear()
            while self._lines:
                count = min(len(self._lines), GATHER_LINES)
                lines = b"".join(self._lines.popleft() for _ in range(count))
                with contextlib.suppress(OSError):  # the reader is gone: there is nobody to tell
                    self._write(lines)
            if self._closing.is_set():
                return

    def _write(self, lines: bytes) -> None:
        while lines:
            try:
                lines = lines[os.write(self._descriptor, lines) :]
            except BlockingIOError:  # somebody made the pipe that we share non-blocking
                time.sleep(FULL_PIPE_SECONDS)
