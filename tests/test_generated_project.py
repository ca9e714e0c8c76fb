"""Every combination of answers gives a project that passes its own lint, types, start-up and tests.

``PROJECT_PYTHON`` is the interpreter whose environment holds the dependencies of the full project: all bakes share it.
The tests of the project with every feature are a step of their own in ``tools/suite.py``.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.combinations import FEATURES
from tests.combinations import as_answer
from tests.combinations import combinations
from tests.conftest import Bake
from tests.conftest import Baked

PYTHON = os.environ.get("PROJECT_PYTHON", sys.executable)
TEST_PARALLEL = "0"

pytestmark = pytest.mark.generated


def run(baked: Baked, *arguments: str | Path) -> str:
    """Runs a module with the shared environment in a baked project and returns what it printed."""
    variables = {**os.environ, "PYTHONPATH": "src:.", "PYTHONDONTWRITEBYTECODE": "1"}
    for name in ("PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT", "PYTEST_ADDOPTS", "PYTEST_CURRENT_TEST"):
        variables.pop(name, None)
    command = [PYTHON, "-m", *map(str, arguments)]
    done = subprocess.run(command, cwd=baked.project, env=variables, capture_output=True, text=True)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.mark.parametrize("features", combinations(), ids=as_answer)
def test_lint_format_types_and_start_up_are_clean(bake: Bake, tmp_path: Path, features: frozenset[str]) -> None:
    baked = bake(features=as_answer(features))

    run(baked, "ruff", "check", "--no-cache")
    run(baked, "ruff", "format", "--check", "--no-cache")
    run(baked, "mypy", "--cache-dir", tmp_path / "mypy")
    routes = run(baked, "app", "routes")

    assert "/livez" in routes
    assert {name for name in FEATURES if f"/{name}" in routes} == features


@pytest.mark.parametrize("features", [some for some in combinations() if some != set(FEATURES)], ids=as_answer)
def test_its_own_tests_pass(bake: Bake, features: frozenset[str]) -> None:
    baked = bake(features=as_answer(features))

    run(baked, "pytest", "-q", "-p", "no:cacheprovider", "-n", TEST_PARALLEL)
