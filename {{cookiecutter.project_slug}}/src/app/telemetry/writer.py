"""Writes lines from a thread of its own, so that nobody who logs waits for whoever reads.

A standard output that nobody reads would otherwise stop the event loop, and with it the service:
seen after 481 requests.
"""

import contextlib
import os
import queue
import threading
import time
from typing import TextIO

QUEUE_LINES = 10_000
CLOSE_SECONDS = 1.0
FULL_PIPE_SECONDS = 0.01


class LineWriter:
    """A bounded queue and its drainer; a line that finds the queue full is dropped and counted."""

    def __init__(self, stream: TextIO, *, queue_lines: int = QUEUE_LINES) -> None:
        self.dropped = 0
        # The descriptor and not the stream: a thread that is stuck in a buffered stream holds its
        # lock, and the interpreter then aborts instead of ending.
        self._descriptor = stream.fileno()
        self._lines: queue.Queue[bytes | None] = queue.Queue(queue_lines)
        self._thread = threading.Thread(target=self._drain, name="log-writer", daemon=True)
        self._thread.start()

    def put(self, line: str) -> bool:
        """Queues a line and never waits; False when there was no room for it."""
        try:
            self._lines.put_nowait(line.encode(errors="backslashreplace") + b"\n")
        except queue.Full:
            self.dropped += 1
            return False
        return True

    def close(self) -> None:
        """Gives what is queued a moment to be written; an output that is stuck holds nobody up."""
        with contextlib.suppress(queue.Full):
            self._lines.put_nowait(None)
            self._thread.join(timeout=CLOSE_SECONDS)

    def _drain(self) -> None:
        while line := self._lines.get():
            with contextlib.suppress(OSError):  # the reader is gone: there is nobody to tell
                self._write(line)

    def _write(self, line: bytes) -> None:
        while line:
            try:
                line = line[os.write(self._descriptor, line) :]
            except BlockingIOError:  # somebody made the pipe that we share non-blocking
                time.sleep(FULL_PIPE_SECONDS)
