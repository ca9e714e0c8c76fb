"""One server as a child process: what PostgreSQL and Valkey have in common."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from abc import ABC
from abc import abstractmethod
from collections.abc import Callable
from pathlib import Path

from app.embedded.account import Account
from app.embedded.errors import EmbeddedError
from app.embedded.place import Place

PR_SET_PDEATHSIG = 1
START_SECONDS = 60
STOP_SECONDS = 10
POLL_SECONDS = 0.005
LOG_TAIL_CHARACTERS = 2000


class Server(ABC):
    """A server that can be started, killed and started again at the same address."""

    name: str
    stop_signal: signal.Signals

    def __init__(self, place: Place) -> None:
        self.place = place
        self.log = place.data / f"{self.name}.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    @abstractmethod
    def url(self) -> str:
        """The address for clients."""

    @property
    def account(self) -> Account:
        """Who the server runs as."""
        return self.place.account

    @property
    def pid(self) -> int:
        """The process id of the running server; 0 when there is none."""
        return self._process.pid if self._process and self.is_running() else 0

    def start(self) -> None:
        """Starts the server and returns once it answers.

        Raises EmbeddedError with the end of its log when it does not.
        """
        command = self._prepare()
        self._process = self._spawn(command)
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if not self.is_running() or time.monotonic() > deadline:
                self.kill()
                raise EmbeddedError(f"{self.name} did not start:\n{self._log_tail()}")
            time.sleep(POLL_SECONDS)

    def is_running(self) -> bool:
        """Tells whether the process is there."""
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """Stops the server in order, or by force when it does not obey."""
        if self._process is None:
            return
        self._process.send_signal(self.stop_signal)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """Kills the server as a crash of the machine would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    @abstractmethod
    def _prepare(self) -> list[str]:
        """Makes the data folder ready and returns the command line."""

    @abstractmethod
    def _answers(self) -> bool:
        """Tells whether the server serves."""

    def _run(self, command: list[str]) -> None:
        """Runs a program to its end with the log as its output."""
        if code := self._spawn(command).wait():
            raise EmbeddedError(f"{Path(command[0]).name} failed ({code}):\n{self._log_tail()}")

    def _spawn(self, command: list[str]) -> subprocess.Popen[bytes]:
        account = self.account
        with self.log.open("ab") as log:
            account.own(self.log)
            return subprocess.Popen(  # noqa: S603
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                # No locale of the machine matters; on macOS others make postgres multithreaded.
                env={**os.environ, "LC_ALL": "C"},
                user=account.user if account.is_other else None,
                group=account.group if account.is_other else None,
                extra_groups=[] if account.is_other else None,
                preexec_fn=_die_with(os.getpid()) if sys.platform == "linux" else None,
            )

    def _log_tail(self) -> str:
        return self.log.read_text(errors="replace")[-LOG_TAIL_CHARACTERS:]


def _die_with(parent: int) -> Callable[[], None]:
    """Returns what a new child runs first, so that it ends when its parent is killed."""
    prctl = ctypes.CDLL(None).prctl

    def arrange() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGINT, 0, 0, 0)
        if os.getppid() != parent:  # it was killed before we asked
            os._exit(1)

    return arrange
