"""The lines of an answer's head: each name looked at once, and lines that come again kept.

uvicorn searches each header of each answer for what may not be there. Names are few; values may be
secrets, and are not kept, but for those of ``REPEATED`` and of what every answer ends with.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any
from typing import Final

from uvicorn.protocols.http import httptools_impl
from uvicorn.protocols.http.httptools_impl import HEADER_VALUE_RE

KEPT_NAMES = 256
LENGTH: Final = b"content-length"
# What these say changes more than the head, or there is no body: uvicorn sees to it.
UNUSUAL: Final = frozenset({b"connection", b"transfer-encoding"})
# What has the same few values in many answers, and never a secret.
REPEATED: Final = frozenset(
    {b"cache-control", b"content-type", b"date", b"ratelimit-policy", b"server", b"vary"}
)
LENGTH_LINE: Final = LENGTH + b": "
REPEATED_LINES: Final = frozenset(name + b": " for name in REPEATED)
KEPT_LINES: Final = 512
# What a value may not have: the same as uvicorn's pattern, which takes several times as long.
CONTROLS: Final = bytes(code for code in range(256) if HEADER_VALUE_RE.search(bytes((code,))))

Pair = tuple[bytes, bytes]

known_lines: Final[dict[Pair, bytes]] = {}
_shared: tuple[list[Pair], bytes] = ([], b"")


def remember_good_names(headers: Iterable[Pair] = ()) -> None:
    """Has uvicorn look only once at a name; ``headers`` are those that every answer ends with."""
    global _shared
    module: Any = httptools_impl
    if not isinstance(module.HEADER_RE, _Remembered):
        module.HEADER_RE = _Remembered(module.HEADER_RE)
    known = [*headers]
    if all(name not in UNUSUAL | {LENGTH} and _is_good(name, value) for name, value in known):
        _shared = known, b"".join(b"%b: %b\r\n" % (name.lower(), value) for name, value in known)


def shared() -> tuple[list[Pair], bytes]:
    """Returns the headers that every answer ends with, and their lines."""
    return _shared


class _Remembered:
    """A pattern that remembers what it has said."""

    def __init__(self, pattern: Any) -> None:
        self.search = lru_cache(KEPT_NAMES)(pattern.search)


def _is_good(name: bytes, value: bytes) -> bool:
    return not httptools_impl.HEADER_RE.search(name) and is_good_value(value)


def is_good_value(value: bytes) -> bool:
    """Tells whether a value has nothing in it that a header may not have."""
    return len(value.translate(None, CONTROLS)) == len(value)


@lru_cache(KEPT_NAMES)
def begin_of_line(name: bytes) -> bytes:
    """Returns a header up to its value; nothing of one that is for uvicorn to judge."""
    lower = name.lower()
    is_usual = lower not in UNUSUAL and not httptools_impl.HEADER_RE.search(lower)
    return b"%b: " % lower if is_usual else b""


def remember_line(pair: Pair, line: bytes) -> None:
    """Keeps the line of a header for `known_lines`."""
    if len(known_lines) >= KEPT_LINES:
        known_lines.clear()
    known_lines[pair] = line
