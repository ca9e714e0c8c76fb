"""Where a server keeps its data and its socket."""

import hashlib
import os
import shutil
import tempfile
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from app.embedded import locks
from app.embedded.account import Account
from app.embedded.account import server_account

SOCKET_PATH_MAX_BYTES = 103 - len("/.s.PGSQL.5432.lock")  # 108 on Linux, 104 on macOS
MEMORY = Path("/dev/shm")  # noqa: S108 - only for folders made by mkdtemp
MEMORY_MIN_FREE_BYTES = 2**30  # containers often give it 64 MiB only
SHORT = Path("/tmp")  # noqa: S108 - ownership is checked
OUT_OF_THE_WAY = Path("/var/tmp")  # noqa: S108 - ownership is checked
NEW_FOLDER_SECONDS = 60
IN_USE = "in-use.lock"


@dataclass
class Place:
    """The folders of one server. ``lock`` keeps an ephemeral one from being swept."""

    account: Account
    data: Path
    sockets: Path
    is_ephemeral: bool
    lock: IO[str] | None = None

    def clear(self) -> None:
        """Removes what an ephemeral server leaves."""
        if self.is_ephemeral:
            shutil.rmtree(self.data, ignore_errors=True)
        if self.lock:
            self.lock.close()


def lasting_place(root: Path) -> Place:
    """Returns the place of a server whose data stays, at or for the folder ``root``.

    As root below a private folder the data lies in /var/tmp, under a name kept in ``root``, since
    the servers' own account could not reach it otherwise.
    """
    account = server_account()
    data = root / "data"
    if not account.can_reach(root):
        name = root / "data-name"
        if not name.exists():
            name.write_text(f"embedded-{uuid.uuid4().hex}")
        data = OUT_OF_THE_WAY / name.read_text()
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    account.own(data)
    return Place(account, data, _socket_folder(data, account), is_ephemeral=False)


def ephemeral_place() -> Place:
    """Returns a new place in memory when there is plenty, and sweeps what killed runs left."""
    account = server_account()
    parent = _fast_folder()
    prefix = f"embedded-{os.geteuid()}-"
    sweep(parent, prefix)
    data = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
    lock = (data / IN_USE).open("a")
    locks.take(lock)
    account.own(data)
    return Place(account, data, data, is_ephemeral=True, lock=lock)


def _fast_folder() -> Path:
    is_usable = MEMORY.is_dir() and os.access(MEMORY, os.W_OK)
    if is_usable and shutil.disk_usage(MEMORY).free > MEMORY_MIN_FREE_BYTES:
        return MEMORY
    return Path(tempfile.gettempdir())


def _socket_folder(data: Path, account: Account) -> Path:
    if len(os.fsencode(data)) <= SOCKET_PATH_MAX_BYTES:
        return data
    name = hashlib.sha256(os.fsencode(data)).hexdigest()[:12]
    short = SHORT / f"embedded-{account.user}-{name}"
    short.mkdir(mode=0o700, exist_ok=True)
    account.own(short)
    return short


def sweep(parent: Path, prefix: str) -> None:
    """Removes the folders of our own killed runs: those whose lock nobody holds.

    Another run may end meanwhile, or sweep as well: what is gone by then needs nothing.
    """
    for folder in parent.glob(f"{prefix}*"):
        lock = folder / IN_USE
        with suppress(FileNotFoundError):
            is_new = time.time() - folder.stat().st_mtime < NEW_FOLDER_SECONDS
            if not is_new and lock.exists() and not locks.is_held(lock):
                shutil.rmtree(folder, ignore_errors=True)
