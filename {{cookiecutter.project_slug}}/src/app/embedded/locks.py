"""File locks that the kernel drops however their holder dies, ``kill -9`` included."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Holds the lock alone, waiting for it."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def share(path: Path) -> IO[str]:
    """Returns an open file that shares the lock until it is closed."""
    file = path.open("a")
    fcntl.flock(file, fcntl.LOCK_SH)
    return file


def take(file: IO[str]) -> bool:
    """Takes the lock of an open file alone if nobody else has it, without waiting."""
    return _try(file, fcntl.LOCK_EX)


def is_held(path: Path) -> bool:
    """Tells whether somebody holds the lock alone. Asking disturbs nobody else who asks."""
    with path.open("a") as file:
        return not _try(file, fcntl.LOCK_SH)


def is_shared(path: Path) -> bool:
    """Tells whether somebody shares the lock."""
    with path.open("a") as file:
        return not _try(file, fcntl.LOCK_EX) and _try(file, fcntl.LOCK_SH)


def _try(file: IO[str], kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
