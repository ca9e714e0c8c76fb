"""Finds the interpreters that the suite runs on, without downloading any."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

NEWEST = (3, 13)
OLDEST = (3, 11)
UV = Path(sys.prefix, "bin", "uv")


def version_of(executable: str | Path) -> tuple[int, int] | None:
    """Returns the version of an interpreter, or None when it does not run (a shim of pyenv may not)."""
    program = "import sys; print(*sys.version_info[:2])"
    try:
        answer = subprocess.run([executable, "-c", program], capture_output=True, text=True, timeout=30)
    except OSError:
        return None
    found = re.fullmatch(r"(\d+) (\d+)", answer.stdout.strip())
    return (int(found[1]), int(found[2])) if found and answer.returncode == 0 else None


def candidates(version: tuple[int, int]) -> Iterator[str | Path]:
    """Yields where an interpreter of ``version`` may lie: uv's, the path's, pyenv's."""
    name = ".".join(map(str, version))
    found = subprocess.run([UV, "python", "find", "--no-python-downloads", name], capture_output=True, text=True)
    if found.returncode == 0:
        yield found.stdout.strip()
    if on_path := shutil.which(f"python{name}"):
        yield on_path
    yield "python3"
    pyenv = shutil.which("pyenv")
    default = subprocess.run([pyenv, "root"], capture_output=True, text=True).stdout.strip() if pyenv else "~/.pyenv"
    root = Path(os.environ.get("PYENV_ROOT", default)).expanduser()
    if os.access(root, os.X_OK):  # it may be another person's
        yield from sorted(root.glob(f"versions/{name}.*/bin/python"), reverse=True)


def find(version: tuple[int, int]) -> Path | None:
    """Returns an interpreter of ``version``, or None when this machine has none."""
    for candidate in candidates(version):
        if version_of(candidate) == version:
            program = "import sys; print(sys.executable)"
            return Path(subprocess.check_output([candidate, "-c", program], text=True).strip())
    return None


def main_and_other() -> tuple[Path, Path | None]:
    """Returns the interpreter of the main suite and that of the other Quart line, if there are two."""
    newest, oldest = find(NEWEST), find(OLDEST)
    main = newest or oldest or Path(sys.executable)
    return main, oldest if main != oldest else None
