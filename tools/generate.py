"""Bakes a project from a clean export of the template, the way a user would."""

import os
import subprocess
import sys
from pathlib import Path

from tools.export import export

ROOT = Path(__file__).parents[1]
BUILD = ROOT / ".build"
TEMPLATE = ROOT / "{{cookiecutter.project_slug}}"
UV = Path(sys.prefix, "bin", "uv")


def generate(into: Path, *, overwrite: bool = False, **answers: str) -> Path:
    """Returns the folder of a project generated with ``answers`` in the folder ``into``."""
    template = export(ROOT, BUILD / "template")
    command = [Path(sys.prefix, "bin", "cookiecutter"), template, "--no-input", "-o", into]
    command += ["--overwrite-if-exists"] if overwrite else []
    command += [f"{name}={value}" for name, value in answers.items()]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return into / answers.get("project_slug", "harbour-live")


def environment(python: Path, project: Path) -> Path:
    """Returns the interpreter of an environment that holds all that ``project`` depends on."""
    name = subprocess.check_output([python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"], text=True)
    where = BUILD / "environments" / name.strip()
    sync = [UV, "sync", "--quiet", "--all-groups", "--no-install-project", "--python", python]
    subprocess.run(sync, check=True, cwd=project, env={**os.environ, "UV_PROJECT_ENVIRONMENT": str(where)})
    return where / "bin" / "python"
