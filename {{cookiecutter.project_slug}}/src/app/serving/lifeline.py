"""Children that end when their parent is gone, however it went.

The parent keeps the write end of a pipe that nobody writes to. The kernel closes it when the
parent dies, ``kill -9`` included, and every child that reads sees the end. This works the same on
every system, and unlike a death signal it lets the child end in order.
"""

import os
import signal
import threading
import time
from collections.abc import Mapping

VARIABLE = "APP_LIFELINE_FD"
ORDERLY_SECONDS = 8.0


class Lifeline:
    """The parent's end, kept for as long as the parent lives."""

    def __init__(self) -> None:
        self.child_end, self._own_end = os.pipe()

    @property
    def environment(self) -> Mapping[str, str]:
        """What a child needs in its environment; it must also inherit ``child_end``."""
        return {VARIABLE: str(self.child_end)}

    def close(self) -> None:
        """Lets the children go: they end as if this process had died."""
        os.close(self._own_end)
        os.close(self.child_end)


def follow_parent() -> None:
    """Ends this process after its parent, when the parent has asked for that."""
    child_end = os.environ.pop(VARIABLE, "")
    if child_end:
        threading.Thread(
            target=_wait_for_the_end, args=(int(child_end),), name="lifeline", daemon=True
        ).start()


def _wait_for_the_end(child_end: int) -> None:
    os.read(child_end, 1)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(ORDERLY_SECONDS)
    os._exit(1)
