"""Copies the template without caches, environments or anything else that git ignores."""

import shutil
import subprocess
from pathlib import Path


def export(root: Path, into: Path) -> Path:
    """Returns ``into``, made anew from the files of ``root`` that git tracks or would track."""
    listed = subprocess.check_output(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=root, text=True
    )
    shutil.rmtree(into, ignore_errors=True)
    for name in filter(None, listed.split("\0")):
        if (root / name).is_file():
            (into / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, into / name)
    return into
