"""Running a coroutine as far as it goes at once, without a task.

Most writes never wait: what they await is done already. A task for each of them costs more than the
write. So the first step is made by hand, on every Python (3.12 knows eager tasks, at twice the
price), and only what is left, if anything, is for a task to await.

That is safe for coroutines that do not ask which task runs them, as ``asyncio.timeout`` does. The
servers of ``direct.TESTED`` do not ask when they send.
"""

from collections.abc import Coroutine
from collections.abc import Generator
from typing import Any


class Begun:
    """The rest of a coroutine whose first step has been made; to be awaited once, or dropped."""

    __slots__ = ("_awaited", "_running")

    def __init__(self, running: Coroutine[Any, Any, Any], awaited: Any) -> None:
        self._running = running
        self._awaited = awaited

    def __await__(self) -> Generator[Any, Any, Any]:
        """Hands on what the coroutine waits for, as if it had been awaited from the beginning."""
        running, awaited = self._running, self._awaited
        while True:
            try:
                try:
                    given = yield awaited
                except GeneratorExit:
                    running.close()
                    raise
                except BaseException as fault:
                    awaited = running.throw(fault)
                else:
                    awaited = running.send(given)
            except StopIteration as end:
                return end.value


def step_into(coroutine: Coroutine[Any, Any, Any]) -> Begun | None:
    """Runs ``coroutine`` until it waits; returns what is left of it, or None when it has ended.

    Raises what the coroutine raises before it waits.
    """
    try:
        awaited = coroutine.send(None)
    except StopIteration:
        return None
    return Begun(coroutine, awaited)
