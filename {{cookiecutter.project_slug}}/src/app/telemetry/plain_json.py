"""The JSON of an event that needs no care: short, in printable ASCII, without secrets."""

from collections.abc import Mapping
from typing import Any
from typing import Final

import msgspec
from structlog.typing import EventDict

from app.telemetry.fields import FIELD_CHARACTERS
from app.telemetry.fields import have_secret

# What both writers of JSON, msgspec's and the standard library's, write alike in ASCII.
PLAIN: Final = frozenset({str, int, float, bool, type(None)})
_encode: Final = msgspec.json.Encoder().encode


def encoded(event: Mapping[str, Any]) -> bytes | None:
    """Returns an event as JSON, or None when it holds more than texts, numbers and the like."""
    if not PLAIN.issuperset(map(type, event.values())):
        return None
    try:
        return _encode(event)
    except (OverflowError, ValueError):  # a number beyond 64 bits, half of a character
        return None


def plain_line(event: EventDict) -> bytes | None:
    """Returns the line of an event, or None when all the steps of rendering are to look at it.

    What these would do to it is nothing: no name is that of a secret, nothing is too long, no
    character has to be escaped that is not, and there is no address that may hold a password.
    """
    if "exc_info" in event or have_secret(tuple(event)):
        return None
    line = encoded(event)
    if line is None or len(line) > FIELD_CHARACTERS:
        return None
    return line if line.isascii() and b"\x7f" not in line and b"://" not in line else None
