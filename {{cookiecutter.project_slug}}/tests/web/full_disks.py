"""Disks that are full: a real one in memory where mounting is permitted, and a limit everywhere."""

import resource
import subprocess
import tempfile
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import AbstractContextManager
from contextlib import contextmanager
from pathlib import Path

MIB = 1_024 * 1_024
ROOM_BYTES = 2 * MIB

FullDisk = Callable[[Path], AbstractContextManager[None]]


@contextmanager
def file_limit(folder: Path) -> Iterator[None]:
    """Makes every write beyond `ROOM_BYTES` of a file fail, with EFBIG in place of ENOSPC."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM_BYTES, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def tmpfs(folder: Path) -> Iterator[None]:
    """Puts a file system of `ROOM_BYTES` in place of a folder.

    Raises:
        CalledProcessError: this is not permitted.
    """
    options = ["-t", "tmpfs", "-o", f"size={ROOM_BYTES}", "tmpfs"]
    subprocess.run(["mount", *options, str(folder)], check=True, capture_output=True)
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True, capture_output=True)


def full_disks() -> dict[str, FullDisk]:
    """Returns the ways there are on this machine: root may mount, others mostly may not."""
    ways: dict[str, FullDisk] = {"file_limit": file_limit}
    with tempfile.TemporaryDirectory(prefix="mount") as folder:
        try:
            with tmpfs(Path(folder)):
                ways["tmpfs"] = tmpfs
        except (OSError, subprocess.CalledProcessError):
            return ways
    return ways
