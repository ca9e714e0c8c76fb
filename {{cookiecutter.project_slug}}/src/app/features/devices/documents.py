"""JSON objects of people and devices: what is kept of them, and what is refused."""

import json

from pydantic import JsonValue

from app.errors import Invalid

Document = dict[str, JsonValue]

DOCUMENT_MAX_BYTES = 8 * 1024
DOCUMENT_MAX_LEVELS = 6
MEMBER_MAX_CHARACTERS = 100


def check(document: Document, field: str) -> None:
    """Refuses what is too large, too deep or cannot be stored.

    Raises:
        Invalid: it is; ``field`` names it.
    """
    wrong = _wrong(document)
    if wrong:
        raise Invalid(fields={field: wrong})


def _wrong(document: Document) -> str:
    try:
        encoded = json.dumps(document, allow_nan=False, ensure_ascii=False).encode()
    except RecursionError:
        return f"use at most {DOCUMENT_MAX_LEVELS} levels"
    except ValueError:  # NaN and infinities, halves of surrogate pairs
        return "must be JSON: finite numbers and whole characters"
    if len(encoded) > DOCUMENT_MAX_BYTES:
        return f"use at most {DOCUMENT_MAX_BYTES} bytes"
    if b"\\u0000" in encoded:
        return "must not hold the character NUL, which PostgreSQL cannot keep"
    if _levels(document) > DOCUMENT_MAX_LEVELS:
        return f"use at most {DOCUMENT_MAX_LEVELS} levels"
    if any(len(name) > MEMBER_MAX_CHARACTERS for name in document):
        return f"use at most {MEMBER_MAX_CHARACTERS} characters for a name"
    return ""


def _levels(value: JsonValue) -> int:
    match value:
        case dict():
            return 1 + max(map(_levels, value.values()), default=0)
        case list():
            return 1 + max(map(_levels, value), default=0)
        case _:
            return 0
