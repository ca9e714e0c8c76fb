"""Every combination of answers gives a project that passes its own lint, types and start-up, and tests of its own.

Which tests, none of them in a browser: without any feature, and with each alone, all can be collected; of pairs the
types tell that what a test imports is there. Without any feature all run but those of packages that lie below the
features and cannot tell whether there are any. With some features those of each that stands alone, and those that look
at the project as a whole: its routes, documents, settings and tables. Features do not know each other, so nothing else
can tell two combinations apart.

``PROJECT_PYTHON`` is the interpreter whose environment holds the dependencies of the full project: all bakes share it.
The tests of the project with every feature are a step of their own in ``tools/suite.py``.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.combinations import FEATURES
from tests.combinations import as_answer
from tests.combinations import combinations
from tests.conftest import Bake
from tests.conftest import Baked

PYTHON = os.environ.get("PROJECT_PYTHON", sys.executable)
TEST_PARALLEL = "2"  # the other bakes are done long before
OF_THE_WHOLE = "tests/test_*.py"
BELOW_FEATURES = (
    "abuse",
    "browser",
    "embedded",
    "identity",
    "jobs",
    "load",
    "mail",
    "realtime",
    "telemetry",
    "transport",
)
FAST = "not slow and not soak and not browser"
# What one process compiles of a bake, and pytest rewrites, the next ones find: it takes longer than collecting does.
NOT_INHERITED = ("PYTHONDONTWRITEBYTECODE", "PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT", "PYTEST_ADDOPTS")

pytestmark = pytest.mark.generated


def run(baked: Baked, *arguments: str | Path) -> str:
    """Runs a module with the shared environment in a baked project and returns what it printed."""
    variables = {**os.environ, "PYTHONPATH": "src:."}
    for name in (*NOT_INHERITED, "PYTEST_CURRENT_TEST"):
        variables.pop(name, None)
    command = [PYTHON, "-m", *map(str, arguments)]
    done = subprocess.run(command, cwd=baked.project, env=variables, capture_output=True, text=True)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def those_to_run(project: Path, features: frozenset[str]) -> list[str | Path]:
    """Returns which tests to run of a project with ``features``, as arguments of pytest."""
    if not features:
        return ["-m", FAST, *(f"--ignore=tests/{name}" for name in BELOW_FEATURES)]
    alone = [f"tests/features/{name}" for name in features] if len(features) == 1 else []
    found = [path for pattern in (OF_THE_WHOLE, *alone) for path in sorted(project.glob(pattern))]
    return ["-m", FAST, *found]


@pytest.fixture(autouse=True)
def _bytecode(tmp_path: Path) -> Iterator[None]:
    """Forgets what was compiled of a bake: nobody runs it again."""
    yield
    if kept := os.environ.get("PYTHONPYCACHEPREFIX"):
        shutil.rmtree(Path(kept, *tmp_path.parts[1:]), ignore_errors=True)


@pytest.fixture(scope="session")
def type_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Returns a folder where mypy keeps what it learned of the libraries: it is the same for all bakes.

    ``PROJECT_TYPE_CACHE`` is a folder to begin with; each worker has a copy, because mypy wants it for itself.
    """
    folder = tmp_path_factory.mktemp("mypy")
    if known := os.environ.get("PROJECT_TYPE_CACHE"):
        shutil.copytree(known, folder, dirs_exist_ok=True)
    return folder


@pytest.mark.parametrize("features", combinations(), ids=as_answer)
def test_lint_format_types_and_start_up_are_clean(bake: Bake, type_cache: Path, features: frozenset[str]) -> None:
    baked = bake(features=as_answer(features))

    run(baked, "ruff", "check", "--no-cache")
    run(baked, "ruff", "format", "--check", "--no-cache")
    run(baked, "mypy", "--cache-dir", type_cache)
    routes = run(baked, "app", "routes")

    assert "/livez" in routes
    assert {name for name in FEATURES if f"/{name}" in routes} == features


@pytest.mark.parametrize("features", [some for some in combinations() if some != set(FEATURES)], ids=as_answer)
def test_its_own_tests_pass(bake: Bake, features: frozenset[str]) -> None:
    baked = bake(features=as_answer(features))

    if len(features) <= 1:
        run(baked, "pytest", "-q", "-p", "no:cacheprovider", "--collect-only")
    chosen = those_to_run(baked.project, features)
    run(baked, "pytest", "-q", "-p", "no:cacheprovider", "-n", TEST_PARALLEL, *chosen)
