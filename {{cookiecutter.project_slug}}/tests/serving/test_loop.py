"""The loop of a process ends, whatever is left on it."""

import gc
import subprocess
import sys

from app.serving.loop import YOUNG_OBJECTS

# A process of its own: what is left of such a loop belongs to nobody.
PROGRAM = """
import asyncio, contextlib, os
from app.serving.loop import run

async def left():
    while True:
        with contextlib.suppress(*{ignored}):
            await asyncio.sleep(3600)

async def main():
    main.left = asyncio.create_task(left(), name="left")
    await asyncio.sleep(0)
    return 0

code = run(main())
print("ended", flush=True)
os._exit(code)
"""
HANG_SECONDS = 120


def ending(ignored: str) -> tuple[int, str]:
    """Returns the exit code and the output of a program whose task ignores these exceptions."""
    command = [sys.executable, "-c", PROGRAM.format(ignored=ignored)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=HANG_SECONDS)
    return done.returncode, done.stdout + done.stderr


def test_a_task_that_is_left_is_cancelled_and_costs_nothing() -> None:
    code, output = ending("()")

    assert (code, output) == (0, "ended\n")


def test_a_task_that_ignores_its_end_is_named_and_holds_nobody_up() -> None:
    code, output = ending("[asyncio.CancelledError]")

    assert code == 1
    assert "tasks_left_behind" in output
    assert "left" in output.split("tasks_left_behind")[1]
    assert "ended" in output


COLLECTOR = """
import gc, os
from app.factory import create_app
from app.serving.loop import run

async def main():
    print(gc.get_freeze_count() > {least}, gc.get_threshold()[0], flush=True)
    return 0

os._exit(run(main()))
"""


def test_the_collector_leaves_alone_what_was_there_from_the_start_and_looks_seldom() -> None:
    """Looking at every object of thousands of sockets takes as long as nobody is answered."""
    command = [sys.executable, "-c", COLLECTOR.format(least=50_000)]

    done = subprocess.run(command, capture_output=True, text=True, timeout=HANG_SECONDS)

    assert done.stdout == f"True {YOUNG_OBJECTS}\n"
    assert gc.get_threshold()[0] < YOUNG_OBJECTS / 5, "Python itself looks far more often"
