"""A server whose supervisor was killed: on Linux it is about to end, elsewhere it lives on."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

ORDERLY_SECONDS = 10
POLL_SECONDS = 0.02


def stop(state: Mapping[str, str]) -> None:
    """Stops the server that a supervisor announced as ``state``, if it is still there."""
    if "pid" not in state:
        return
    pid, data = int(state["pid"]), state["data"]
    deadline = time.monotonic() + ORDERLY_SECONDS
    with contextlib.suppress(ProcessLookupError):
        if _is_server(pid, data):
            os.kill(pid, signal.SIGINT)
        while _is_server(pid, data):
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGKILL)
            time.sleep(POLL_SECONDS)


def _is_server(pid: int, data: str) -> bool:
    """Compares the command line: by now the number may belong to another program."""
    proc = Path("/proc")
    if (proc / "self").exists():
        try:
            command = (proc / str(pid) / "cmdline").read_text(errors="replace")
        except OSError:
            return False
        return data in command
    asked = subprocess.run(  # noqa: S603
        ["ps", "-o", "command=", "-p", str(pid)],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    return data in asked.stdout
