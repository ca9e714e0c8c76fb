"""What the template's tests share: a clean export, and a bake of it."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tools.export import export

ROOT = Path(__file__).parents[1]
COOKIECUTTER = Path(sys.prefix, "bin", "cookiecutter")
QUESTIONS = json.loads((ROOT / "cookiecutter.json").read_text())

# Where `app dev` keeps data as root, whose folders the servers' own account cannot reach.
OUT_OF_THE_WAY = Path("/var/tmp")

Bake = Callable[..., "Baked"]


@dataclass(frozen=True)
class Baked:
    """One run of cookiecutter: where it wrote to, what it said and how it ended."""

    folder: Path
    output: str
    code: int

    @property
    def project(self) -> Path:
        """The one folder that the run wrote."""
        (project,) = self.folder.iterdir()
        return project


def forget_servers(folder: Path) -> None:
    """Removes what the servers of ``app dev`` kept in ``folder`` or, as root, for it."""
    for name in folder.glob("*/data-name"):
        shutil.rmtree(OUT_OF_THE_WAY / name.read_text())


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template as a user gets it: tracked files only."""
    return export(ROOT, tmp_path_factory.mktemp("template") / "cookiecutter-quart-realtime")


@pytest.fixture
def bake(template: Path, tmp_path: Path) -> Bake:
    """Bakes with the given answers; ``typed`` is what a person types at the prompts instead."""

    def run(*, typed: str | None = None, into: str = "baked", **answers: str) -> Baked:
        folder = tmp_path / into
        folder.mkdir(exist_ok=True)
        mode = ["--no-input"] if typed is None else []
        command = [COOKIECUTTER, template, *mode, "-o", folder, *(f"{k}={v}" for k, v in answers.items())]
        home = {**os.environ, "HOME": str(tmp_path), "TMPDIR": str(tmp_path), "PYTHONUTF8": "1"}
        done = subprocess.run(command, input=typed, capture_output=True, text=True, env=home, cwd=tmp_path)
        return Baked(folder, done.stdout + done.stderr, done.returncode)

    return run
