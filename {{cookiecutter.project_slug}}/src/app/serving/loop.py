"""The event loop of a serving process: uvloop where it is installed."""

import asyncio
from collections.abc import Callable
from collections.abc import Coroutine
from importlib.util import find_spec
from typing import Any


def run(main: Coroutine[Any, Any, int]) -> int:
    """Runs a coroutine on a new loop and returns its result, an exit code.

    After a failure nothing more is waited for, such as a thread that a cut request had started.
    """
    runner = asyncio.Runner(loop_factory=_loop_factory())
    code = runner.run(main)
    if code == 0:
        runner.close()
    return code


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    if find_spec("uvloop") is None:  # Windows
        return asyncio.new_event_loop
    import uvloop

    return uvloop.new_event_loop
