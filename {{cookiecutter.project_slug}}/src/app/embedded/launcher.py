"""How a program gets its servers: join the running ones, or start them.

    with Embedded(Path(".run")) as urls:
        urls.database, urls.redis

Any number of processes may do so with the same folder at once; they share the servers, which
stop when the last of them has left or died.
"""

import json
import os
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from app.embedded import leftovers
from app.embedded import locks
from app.embedded.errors import EmbeddedError
from app.embedded.supervisor import OWN_LOCK
from app.embedded.supervisor import STATE
from app.embedded.supervisor import USE_LOCK

POLL_SECONDS = 0.005
STOP_SECONDS = 15.0
STOP_POLL_SECONDS = 0.05
LOG_TAIL_CHARACTERS = 2000


@dataclass(frozen=True)
class Urls:
    """The addresses of both servers."""

    database: str = ""
    redis: str = ""


class Embedded:
    """A context manager that yields Urls; leaving it lets the servers go.

    An address in ``given`` wins, each on its own: no server of that kind is started.
    ``ephemeral`` servers keep their data in memory and lose it; only one kind may share a folder.
    """

    def __init__(self, root: Path, *, given: Urls | None = None, ephemeral: bool = False) -> None:
        self._root = root.absolute()
        self._given = given or Urls()
        self._span = "ephemeral" if ephemeral else "lasting"
        self._held = ExitStack()
        self._kinds: list[str] = []

    def __enter__(self) -> Urls:
        with ExitStack() as stack:
            redis = self._given.redis or self._obtain("redis", stack)
            database = self._given.database or self._obtain("database", stack)
            self._held = stack.pop_all()
        return Urls(database, redis)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._held.close()
        for name in self._kinds:
            _wait_if_last(self._root / name)

    def _obtain(self, kind: str, held: ExitStack) -> str:
        root = self._root / kind
        root.mkdir(parents=True, exist_ok=True)
        with locks.exclusive(root / "start.lock"):
            self._kinds.append(kind)
            held.enter_context(locks.share(root / USE_LOCK))  # waits for one that is stopping
            state = read_state(root) if locks.is_held(root / OWN_LOCK) else {}
            if "url" not in state:
                state = self._start(root, kind)
        if "error" in state:
            raise EmbeddedError(state["error"])
        return state["url"]

    def _start(self, root: Path, kind: str) -> dict[str, str]:
        leftovers.stop(read_state(root))
        (root / STATE).unlink(missing_ok=True)
        log = root / "supervisor.log"
        with log.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603
                [sys.executable, "-P", "-m", "app.embedded", str(root), kind, self._span],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd="/",
                env=_environment(),
                start_new_session=True,
            )
        while not (state := read_state(root)):
            if process.poll() is not None and not read_state(root):
                raise EmbeddedError(log.read_text()[-LOG_TAIL_CHARACTERS:])
            time.sleep(POLL_SECONDS)
        process.returncode = 0  # it outlives us, about which Popen would warn
        return state


def _wait_if_last(root: Path) -> None:
    """Waits until the server has stopped, unless somebody else uses it."""
    deadline = time.monotonic() + STOP_SECONDS
    while locks.is_held(root / OWN_LOCK) and time.monotonic() < deadline:
        if locks.is_shared(root / USE_LOCK):
            return
        time.sleep(STOP_POLL_SECONDS)


def _environment() -> dict[str, str]:
    paths = (str(Path(entry).absolute()) for entry in sys.path)
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}


def read_state(root: Path) -> dict[str, str]:
    """Returns what the supervisor of one server said last; empty when it has said nothing."""
    try:
        state: dict[str, str] = json.loads((root / STATE).read_text())
    except (OSError, ValueError):
        return {}
    return state
