"""Reading forms: names and JSON in them, and what is wrong, in words for people."""

import json

from pydantic import ValidationError

from app.errors import Invalid
from app.features.devices.documents import Document

# What a form says of a field instead of a pattern, by the field and the kind of mistake.
PLAIN_WORDS = {
    ("name", "string_too_short"): "Give it a name.",
    ("name", "string_pattern_mismatch"): "Use small letters, digits and . _ -, a letter first.",
    ("metrics", "too_short"): "Name one thing at least.",
    ("metrics", "string_pattern_mismatch"): "Use small letters, digits and _, a letter first.",
    ("tags", "string_pattern_mismatch"): "Use small letters, digits and . _ : -, up to 40 of them.",
    ("devices", "too_short"): "Choose one device at least.",
    ("devices", "too_long"): "1,000 at most are chosen one by one: choose all that match.",
    ("devices", "uuid_parsing"): "Choose one device at least.",
}


def wrong_fields(error: ValidationError) -> dict[str, str]:
    """Returns the first thing that is wrong with each field."""
    wrong: dict[str, str] = {}
    for one in error.errors():
        field = str(one["loc"][0])
        told = str(one["msg"]).removeprefix("Value error, ")
        plain = PLAIN_WORDS.get((field, one["type"]), told[:1].upper() + told[1:])
        wrong.setdefault(field, plain)
    return wrong


def names_in(text: str) -> list[str]:
    """Returns the names in a field, which stand between spaces or commas.

    >>> names_in("north, roof")
    ['north', 'roof']
    """
    return text.replace(",", " ").split()


def read_document(text: str, field: str) -> Document:
    """Returns the JSON object that somebody wrote; nothing at all is an empty one.

    Raises:
        Invalid: it is none; ``field`` names it.
    """
    try:
        document = json.loads(text.strip() or "{}")
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise Invalid(fields={field: 'Write a JSON object, such as {"interval_seconds": 5}'})
    return document
