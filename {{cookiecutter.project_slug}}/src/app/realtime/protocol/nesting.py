"""How deeply a client's data is nested: one client must not send what another cannot read.

Most parsers of JSON call themselves for each level and give up somewhere (Python 3.11 at about a
thousand), and then on the whole frame. The publishers of our own code are trusted.
"""

import re

LEVELS_MAX = 64

_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_NO_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")


def is_too_deep(data: bytes) -> bool:
    """Whether the JSON text ``data`` has more than ``LEVELS_MAX`` levels."""
    if data.count(b"[") + data.count(b"{") <= LEVELS_MAX:
        return False
    level = 0
    for bracket in _STRINGS.sub(b"", data).translate(None, _NO_BRACKETS):
        level += 1 if bracket in b"[{" else -1
        if level > LEVELS_MAX:
            return True
    return False
