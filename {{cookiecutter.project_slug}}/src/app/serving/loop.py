"""The event loop of a serving process: uvloop where it is installed."""

import asyncio
import gc
from collections.abc import Callable
from collections.abc import Coroutine
from importlib.util import find_spec
from typing import Any

import structlog

LEFT_SECONDS = 5.0
# How many more objects there are than after the last look until the collector looks for cycles.
YOUNG_OBJECTS = 20_000

log = structlog.get_logger()


def run(main: Coroutine[Any, Any, int]) -> int:
    """Runs a coroutine on a new loop and returns its result, an exit code.

    Tasks that it leaves are cancelled. One that does not end by that within ``LEFT_SECONDS`` is
    named in a line and left, and the exit code is 1: ``asyncio.Runner`` would wait for ever.
    After a failure nothing more is waited for, such as a thread that a cut request had started.
    """
    calm_the_collector()
    runner = asyncio.Runner(loop_factory=_loop_factory())
    code = runner.run(main)
    if code != 0:
        return code
    if left := runner.run(_cancel_all()):
        log.error("tasks_left_behind", tasks=sorted(left))
        return 1
    runner.close()
    return 0


def calm_the_collector() -> None:
    """Has the garbage collector look less often, and never at what was there from the start.

    Python looks for cycles whenever 700 or 2,000 objects are new, which is every burst of messages;
    what is under way then counts as old, and by a quarter of that more it looks at everything
    there is. With thousands of sockets this takes a second, in which nobody is answered.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, *gc.get_threshold()[1:])


async def _cancel_all() -> list[str]:
    """Cancels every other task; returns the names of those that go on."""
    tasks = {task for task in asyncio.all_tasks() if task is not asyncio.current_task()}
    for task in tasks:
        task.cancel()
    if not tasks:
        return []
    _, going_on = await asyncio.wait(tasks, timeout=LEFT_SECONDS)
    return [task.get_name() for task in going_on]


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    if find_spec("uvloop") is None:  # Windows
        return asyncio.new_event_loop
    import uvloop

    return uvloop.new_event_loop
