"""Runs everything that CI runs, one step after the other, and says what it ran.

``python -m tools.suite`` runs all steps; names after it choose some: ``lint project slow template containers``.
"""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from functools import partial
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from tools.generate import BUILD
from tools.generate import ROOT
from tools.generate import TEMPLATE
from tools.generate import UV
from tools.generate import environment
from tools.generate import generate
from tools.pythons import main_and_other

EVERYTHING = "everything"
# The mark of what Chromium makes of pages on which nothing is live: run on the first line of Python and Quart only.
ONE_LINE = "one_line"
PARALLEL = "2"
PARALLEL_SLOW = "3"
PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider")


@dataclass(frozen=True)
class Step:
    """One command of the suite; ``group`` is the name that chooses it.

    Steps ``beside`` each other run at the same time: none of them waits for anything or looks at a clock.
    """

    group: str
    title: str
    command: tuple[str | Path, ...]
    where: Path = ROOT
    beside: bool = False


Outcome = tuple[Step, bool, float]


def lint_steps(lines: list[tuple[Path, str]]) -> Iterator[Step]:
    """Yields what the project's own lint and types check, in the template folder as it lies."""
    for python, version in lines:
        yield Step("lint", f"project: ruff check ({version})", (python, "-m", "ruff", "check", "--no-cache"), TEMPLATE)
        format_check = (python, "-m", "ruff", "format", "--check", "--no-cache")
        yield Step("lint", f"project: ruff format ({version})", format_check, TEMPLATE)
    for python, version in lines:
        types = (python, "-m", "mypy", "--cache-dir", type_cache(version))
        yield Step("lint", f"project: mypy --strict ({version})", types, TEMPLATE, beside=True)


def type_cache(version: str) -> Path:
    """Returns where mypy keeps what it learned with one interpreter."""
    return BUILD / f"mypy {version}"


def steps(python: Path, other: Path | None) -> Iterator[Step]:
    """Yields the steps in the order in which they find mistakes fastest."""
    yield Step("lint", "template: ruff check", (sys.executable, "-m", "ruff", "check", "--no-cache"))
    yield Step("lint", "template: ruff format", (sys.executable, "-m", "ruff", "format", "--check", "--no-cache"))
    lines = [(python, name_of(python))] + ([(other, name_of(other))] if other else [])
    yield from lint_steps(lines)
    # The first line of Quart is tried on a generated project, the other one in the template as it lies.
    places = list(zip(lines, (BUILD / EVERYTHING, TEMPLATE), strict=False))
    # Slow tests wait most of their time, and one may take as long as fifty others: whoever is done takes from the rest.
    slow = ("-n", PARALLEL_SLOW, "--dist", "worksteal")
    for group, title, marks, options in (
        ("project", "tests", "not slow and not soak", ("-n", PARALLEL)),
        ("slow", "slow tests", "slow", slow),
    ):
        for (interpreter, version), where in places:
            which = marks if interpreter == python else f"{marks} and not {ONE_LINE}"
            yield Step(group, f"project: {title} ({version})", (interpreter, *PYTEST, "-m", which, *options), where)
    template = (sys.executable, *PYTEST, "-n", PARALLEL, "--dist", "loadgroup", "-m", "not containers", "tests")
    yield Step("template", "template: bakes, answers, pairs", template)
    yield Step("containers", "template: containers", (sys.executable, *PYTEST, "-m", "containers", "tests"))


def left_out(python: Path, other: Path) -> str:
    """Returns what is not run on the other line, in a sentence."""
    collect = (python, *PYTEST, "--collect-only", "-m", f"{ONE_LINE} and not soak")
    variables = {**os.environ, "PYTHONPATH": "src:.", "PYTHONPYCACHEPREFIX": str(BUILD / "pycache")}
    told = subprocess.run(collect, stdout=subprocess.PIPE, text=True, cwd=TEMPLATE, env=variables).stdout
    count = re.search(r"(\d+)/\d+ tests collected", told)
    return f"{count[1] if count else 'No'} tests marked {ONE_LINE} are not run on {name_of(other)}: pages in a browser."


@cache
def name_of(python: Path) -> str:
    """Returns the version of the interpreter and of the Quart in its environment."""
    program = "import sys, importlib.metadata as m; print('%d.%d' % sys.version_info[:2], m.version('quart'))"
    version, quart = subprocess.check_output([python, "-c", program], text=True).split()
    return f"Python {version}, Quart {quart}"


def run_all(some: Iterable[Step], python: Path) -> Iterator[Outcome]:
    """Runs steps one after the other, and those that are beside each other at once."""
    for are_beside, together in groupby(some, key=attrgetter("beside")):
        if are_beside:
            with ThreadPoolExecutor() as pool:
                yield from pool.map(partial(run, python=python), together)
        else:
            yield from (run(step, python) for step in together)


def run(step: Step, python: Path) -> Outcome:
    """Runs one step and returns it, whether it passed and how many seconds it took."""
    title = f"\n=== {step.title}"
    if not step.beside:
        print(title, flush=True)
    started = time.monotonic()
    variables = {**os.environ, "PYTHONPATH": str(ROOT) if step.where == ROOT else "src:."}
    variables |= {"PROJECT_PYTHON": str(python), "PYTHONPYCACHEPREFIX": str(BUILD / "pycache")}
    if type_cache(name_of(python)).is_dir():
        variables["PROJECT_TYPE_CACHE"] = str(type_cache(name_of(python)))
    variables |= {"HYPOTHESIS_STORAGE_DIRECTORY": str(BUILD / "hypothesis")}
    variables["UV"] = str(UV)  # fetches npm for the tests where the machine has none
    variables.pop("VIRTUAL_ENV", None)
    told = subprocess.PIPE if step.beside else None
    done = subprocess.run(step.command, cwd=step.where, env=variables, stdout=told, text=True)
    if step.beside:
        print(f"{title}\n{done.stdout}", end="", flush=True)
    return step, done.returncode == 0, time.monotonic() - started


def main(chosen: set[str]) -> int:
    """Prepares the environments, runs the chosen steps and prints what ran; returns the exit code."""
    python, other = main_and_other()
    shutil.rmtree(BUILD / EVERYTHING, ignore_errors=True)
    project = generate(BUILD, project_slug=EVERYTHING, features="all")
    python = environment(python, project)
    other = environment(other, project) if other else None
    if not other:
        print("Only one supported Python was found: the other line of Quart is NOT tested here.")
    wanted = [step for step in steps(python, other) if not chosen or step.group in chosen]
    outcome = list(run_all(wanted, python))
    print("\n=== What ran")
    for step, passed, seconds in outcome:
        print(f"{'passed' if passed else 'FAILED'}  {seconds:7.1f} s  {step.title}")
    if other and {step.group for step, _, _ in outcome} & {"project", "slow"}:
        print(left_out(python, other))
    failed = sum(not passed for _, passed, _ in outcome)
    print(f"\n{len(outcome) - failed} passed, {failed} failed")
    return 1 if failed or not outcome else 0


if __name__ == "__main__":
    sys.exit(main(set(sys.argv[1:])))
