"""A server as a process of its own on the first core, and what it costs."""

import os
import socket
import subprocess
import time
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path

SERVER_CORE = 0
CLIENT_CORE = 1
START_SECONDS = 60.0
STOP_SECONDS = 15.0


class Server:
    """A running server. Each line with a number that it reads makes it send so many messages."""

    def __init__(
        self, command: Sequence[str | Path], port: int, *, environment: Mapping[str, str], log: Path, folder: Path
    ) -> None:
        self.port = port
        self._log = log.open("wb")
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            env={**os.environ, **environment},
            cwd=folder,
        )
        try:
            os.sched_setaffinity(self._process.pid, {SERVER_CORE})
            self._wait_until_it_listens()
        except BaseException:
            self.stop()
            raise

    def send(self, messages: int) -> None:
        """Has the server send ``messages`` to everybody, one right after the other."""
        assert self._process.stdin
        self._process.stdin.write(b"%d\n" % messages)
        self._process.stdin.flush()

    @property
    def cpu_seconds(self) -> float:
        """Time on a core, of all threads, user and system together."""
        tasks = Path(f"/proc/{self._process.pid}/task").iterdir()
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9

    @property
    def pss_bytes(self) -> int:
        """Memory of the process; what it shares is split between those who share it."""
        for line in Path(f"/proc/{self._process.pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
        raise ValueError("the kernel does not tell")

    def stop(self) -> None:
        """Ends the process."""
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()

    def _wait_until_it_listens(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise RuntimeError(f"the server has ended, see {self._log.name}")
            try:
                socket.create_connection(("127.0.0.1", self.port), 1.0).close()
            except OSError:
                time.sleep(0.05)
            else:
                return
        raise RuntimeError(f"the server does not listen, see {self._log.name}")


def free_port() -> int:
    """Returns a port of the loopback interface that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]
