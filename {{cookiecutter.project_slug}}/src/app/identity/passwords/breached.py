"""Passwords that were in a breach: a list on disk, asked without the network.

The file is the one that *Have I Been Pwned* offers for download, ordered by hash: a line
``SHA-1 in capitals:how often`` each, a billion of them. A search by halves reads some forty blocks
of it. Nobody outside learns what was asked, not even the first digits of a hash.
"""

import hashlib
from pathlib import Path
from typing import BinaryIO

HASH_CHARACTERS = 40
LINE_MAX_BYTES = 128


class BreachedPasswords:
    """The list in a file; without one, nothing is on it."""

    def __init__(self, path: str) -> None:
        self._path = path

    @property
    def is_given(self) -> bool:
        """Whether there is a list."""
        return bool(self._path)

    def has(self, password: str) -> bool:
        """Tells whether a password is on the list.

        Raises:
            OSError: the file cannot be read.
        """
        if not self._path:
            return False
        wanted = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper()
        with Path(self._path).open("rb") as file:
            return _line_from(file, wanted.encode())[:HASH_CHARACTERS] == wanted.encode()


def _line_from(file: BinaryIO, wanted: bytes) -> bytes:
    """Returns the first line that is not below ``wanted``, empty at the end of the file."""
    low, high = 0, file.seek(0, 2)
    while low < high:
        middle = (low + high) // 2
        line = _line_after(file, middle)
        if line and line[:HASH_CHARACTERS] < wanted:
            low = middle + 1
        else:
            high = middle
    return _line_after(file, low)


def _line_after(file: BinaryIO, place: int) -> bytes:
    """Returns the first whole line that begins at ``place`` or later."""
    file.seek(max(0, place - 1))
    if place:
        file.readline(LINE_MAX_BYTES)  # the rest of one that began before, or its end alone
    return file.readline(LINE_MAX_BYTES)
