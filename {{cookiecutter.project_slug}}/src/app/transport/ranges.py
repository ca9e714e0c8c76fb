"""Which parts of a file a client asks for: the header Range, within bounds (RFC 9110, 14).

Quart answers 500 to the last bytes of a file (``bytes=-500``) and 416 to two ranges; a server that
sends whatever is asked for can be made to send a file a thousand times over.
"""

import re
from itertools import pairwise

from werkzeug.exceptions import RequestedRangeNotSatisfiable

RANGES_MAX = 8
HEADER_MAX_CHARACTERS = 200
ONE = re.compile(r"[ \t]*(\d{0,15})-(\d{0,15})[ \t]*")

Span = tuple[int, int]


def wanted_spans(header: str, size_bytes: int) -> list[Span] | None:
    """Returns what to send of a file of ``size_bytes``: first byte, and the one after the last.

    None stands for the whole: what cannot be read is ignored, as the RFC has it, and so is what no
    player asks for, many ranges or ranges that overlap.

    Raises:
        RequestedRangeNotSatisfiable: all that is asked for lies behind the end.
    """
    unit, _, listed = header.partition("=")
    if unit.strip().lower() != "bytes" or len(header) > HEADER_MAX_CHARACTERS:
        return None
    asked = [_asked(item, size_bytes) for item in listed.split(",")]
    if len(asked) > RANGES_MAX or None in asked:
        return None
    spans = sorted(span for span in asked if span and span[0] < span[1])
    if not spans:
        raise RequestedRangeNotSatisfiable(size_bytes)
    overlap = any(left[1] > right[0] for left, right in pairwise(spans))
    return None if overlap else spans


def _asked(item: str, size_bytes: int) -> Span | None:
    """Returns one range, empty when it lies behind the end, or None when it is none."""
    found = ONE.fullmatch(item)
    if not found or item.strip() == "-":
        return None
    first, last = found.groups()
    if not first:
        return (max(0, size_bytes - int(last)), size_bytes)
    end = int(last) + 1 if last else size_bytes
    if end <= int(first) and last:
        return None
    return (int(first), min(end, size_bytes))
