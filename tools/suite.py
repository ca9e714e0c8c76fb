"""Runs everything that CI runs, one step after the other, and says what it ran.

``python -m tools.suite`` runs all steps; names after it choose some: ``lint project slow template containers``.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.generate import BUILD
from tools.generate import ROOT
from tools.generate import TEMPLATE
from tools.generate import environment
from tools.generate import generate
from tools.pythons import main_and_other

EVERYTHING = "everything"
PARALLEL = "2"
PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider")


@dataclass(frozen=True)
class Step:
    """One command of the suite; ``group`` is the name that chooses it."""

    group: str
    title: str
    command: tuple[str | Path, ...]
    where: Path = ROOT


def lint_steps(python: Path, version: str) -> Iterator[Step]:
    """Yields what the project's own lint and types check, in the template folder as it lies."""
    yield Step("lint", f"project: ruff check ({version})", (python, "-m", "ruff", "check", "--no-cache"), TEMPLATE)
    format_check = (python, "-m", "ruff", "format", "--check", "--no-cache")
    yield Step("lint", f"project: ruff format ({version})", format_check, TEMPLATE)
    types = (python, "-m", "mypy", "--cache-dir", BUILD / f"mypy-{version}")
    yield Step("lint", f"project: mypy --strict ({version})", types, TEMPLATE)


def steps(python: Path, other: Path | None) -> Iterator[Step]:
    """Yields the steps in the order in which they find mistakes fastest."""
    yield Step("lint", "template: ruff check", (sys.executable, "-m", "ruff", "check", "--no-cache"))
    yield Step("lint", "template: ruff format", (sys.executable, "-m", "ruff", "format", "--check", "--no-cache"))
    lines = [(python, name_of(python))] + ([(other, name_of(other))] if other else [])
    for interpreter, version in lines:
        yield from lint_steps(interpreter, version)
    # The first line of Quart is tried on a generated project, the other one in the template as it lies.
    places = list(zip(lines, (BUILD / EVERYTHING, TEMPLATE), strict=False))
    for group, title, options in (("project", "tests", ("-n", PARALLEL)), ("slow", "slow tests", ("-m", "slow"))):
        for (interpreter, version), where in places:
            yield Step(group, f"project: {title} ({version})", (interpreter, *PYTEST, *options), where)
    template = (sys.executable, *PYTEST, "-n", PARALLEL, "--dist", "loadgroup", "-m", "not containers", "tests")
    yield Step("template", "template: bakes, answers, pairs", template)
    yield Step("containers", "template: containers", (sys.executable, *PYTEST, "-m", "containers", "tests"))


def name_of(python: Path) -> str:
    """Returns the version of the interpreter and of the Quart in its environment."""
    program = "import sys, importlib.metadata as m; print('%d.%d' % sys.version_info[:2], m.version('quart'))"
    version, quart = subprocess.check_output([python, "-c", program], text=True).split()
    return f"Python {version}, Quart {quart}"


def run(step: Step, python: Path) -> tuple[bool, float]:
    """Runs one step and returns whether it passed and how many seconds it took."""
    print(f"\n=== {step.title}", flush=True)
    started = time.monotonic()
    variables = {**os.environ, "PYTHONPATH": str(ROOT) if step.where == ROOT else "src:."}
    variables |= {"PROJECT_PYTHON": str(python), "PYTHONPYCACHEPREFIX": str(BUILD / "pycache")}
    variables |= {"HYPOTHESIS_STORAGE_DIRECTORY": str(BUILD / "hypothesis")}
    variables.pop("VIRTUAL_ENV", None)
    passed = subprocess.run(step.command, cwd=step.where, env=variables).returncode == 0
    return passed, time.monotonic() - started


def main(chosen: set[str]) -> int:
    """Prepares the environments, runs the chosen steps and prints what ran; returns the exit code."""
    python, other = main_and_other()
    shutil.rmtree(BUILD / EVERYTHING, ignore_errors=True)
    project = generate(BUILD, project_slug=EVERYTHING, features="all")
    python = environment(python, project)
    other = environment(other, project) if other else None
    if not other:
        print("Only one supported Python was found: the other line of Quart is NOT tested here.")
    outcome = [(step, *run(step, python)) for step in steps(python, other) if not chosen or step.group in chosen]
    print("\n=== What ran")
    for step, passed, seconds in outcome:
        print(f"{'passed' if passed else 'FAILED'}  {seconds:7.1f} s  {step.title}")
    failed = sum(not passed for _, passed, _ in outcome)
    print(f"\n{len(outcome) - failed} passed, {failed} failed")
    return 1 if failed or not outcome else 0


if __name__ == "__main__":
    sys.exit(main(set(sys.argv[1:])))
