"""The body of a request on its way to a disk: whole and under a name of ours, or not at all.

    received = await receive_file(request.body, folder)
    await keep(received.path, received.sha256)

The route declares with `app.transport.body_limit` how much it takes. What a client calls its file
plays no part: it never becomes a path.
"""

import asyncio
import errno
import hashlib
import os
import secrets
from collections.abc import AsyncIterable
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from app.errors import OutOfSpace

# No room on the disk, in the quota, or under the largest file that the process may write.
NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
BATCH_BYTES = 256 * 1_024
UNFINISHED = ".part"

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """A file that has arrived whole and is on the disk."""

    path: Path
    size_bytes: int
    sha256: str


async def receive_file(body: AsyncIterable[bytes], folder: Path) -> ReceivedFile:
    """Stores ``body`` in ``folder`` under a random name, as it arrives, hashing on the way.

    Nothing of it stays when it does not arrive whole: the client leaves, the body is too large, the
    disk is full. The file is on the disk, not only in a cache of it, when this returns.

    Raises:
        OutOfSpace: there is no room for it.
    """
    unfinished = folder / f"{secrets.token_hex(16)}{UNFINISHED}"
    try:
        with _Writing(unfinished) as writing:
            async for batch in _batches(body):
                await _in_thread(partial(writing.add, batch))
            return await _in_thread(writing.finish)
    except OSError as error:
        if error.errno in NO_ROOM:
            raise OutOfSpace(f"no room in {folder}") from error
        raise


async def _batches(body: AsyncIterable[bytes]) -> AsyncIterable[bytes]:
    """Yields the body in pieces worth a visit to a thread."""
    held: list[bytes] = []
    held_bytes = 0
    async for chunk in body:
        held.append(chunk)
        held_bytes += len(chunk)
        if held_bytes >= BATCH_BYTES:
            yield b"".join(held)
            held, held_bytes = [], 0
    if held:
        yield b"".join(held)


async def _in_thread(step: Callable[[], Result]) -> Result:
    """Runs a step in a thread, to its end even when the task is cancelled: it holds the file."""
    running = asyncio.get_running_loop().run_in_executor(None, step)
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait({running})
        raise


class _Writing:
    """One file while it grows; at the end of the context it is closed, and gone unless finished."""

    def __init__(self, path: Path) -> None:
        self._path = path
        # Unbuffered: what did not fit must not be tried once more by closing the file.
        self._file = path.open("xb", buffering=0)
        self._hash = hashlib.sha256()
        self._size_bytes = 0

    def __enter__(self) -> "_Writing":
        return self

    def __exit__(self, *failure: object) -> None:
        # At once and not in a thread: a cancelled task may not get to await anything more.
        self._file.close()
        self._path.unlink(missing_ok=True)

    def add(self, batch: bytes) -> None:
        """Writes; blocks."""
        self._hash.update(batch)
        self._size_bytes += len(batch)
        rest = memoryview(batch)
        while rest:
            rest = rest[self._file.write(rest) :]

    def finish(self) -> ReceivedFile:
        """Gives the file its name once it is on the disk; blocks."""
        os.fsync(self._file.fileno())
        self._file.close()
        final = self._path.with_suffix("")
        self._path.rename(final)
        return ReceivedFile(final, self._size_bytes, self._hash.hexdigest())
