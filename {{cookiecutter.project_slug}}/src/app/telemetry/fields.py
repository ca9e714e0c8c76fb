"""What no line may hold: secrets, texts without end, characters that forge other lines."""

import re
from functools import lru_cache

from structlog.typing import EventDict

FIELD_CHARACTERS = 4_000
HIDDEN = "[hidden]"
SECRET_NAMES = re.compile(r"password|passwd|secret|token|cookie|authorization|credential", re.I)
# The password in an address such as postgresql://user:password@host/name.
SECRET_IN_ADDRESS = re.compile(r"(://[^:/@\s]*:)[^@/\s]+(?=@)")

# C0, DEL, C1 and the two line separators of Unicode, as Python would write them in a literal.
CONTROL_CHARACTERS = (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029)
ESCAPES = {code: ascii(chr(code))[1:-1] for code in CONTROL_CHARACTERS}


def hide_secrets(logger: object, method: str, event: EventDict) -> EventDict:
    """Replaces fields whose name says that they hold a secret."""
    for name in event:
        if _is_secret(name):
            event[name] = HIDDEN
    return event


@lru_cache(maxsize=256)
def have_secret(names: tuple[str, ...]) -> bool:
    """Tells whether one of the names of fields says that it holds a secret."""
    return any(map(_is_secret, names))


@lru_cache(maxsize=1024)
def _is_secret(name: str) -> bool:
    return SECRET_NAMES.search(name) is not None


def shorten_fields(logger: object, method: str, event: EventDict) -> EventDict:
    """Cuts long texts, so that no caller can fill the log with one field."""
    for name, value in event.items():
        if isinstance(value, str) and len(value) > FIELD_CHARACTERS and name != "exception":
            event[name] = value[:FIELD_CHARACTERS] + "..."
    return event


def escape_controls(logger: object, method: str, event: EventDict) -> EventDict:
    """Escapes control characters, which a terminal would obey; JSON does so by itself."""
    for name, value in event.items():
        if isinstance(value, str):
            event[name] = value.translate(ESCAPES)
    return event


def without_passwords(line: str) -> str:
    """Hides passwords in addresses, wherever in a line: a driver's message, a traceback."""
    return SECRET_IN_ADDRESS.sub(rf"\1{HIDDEN}", line) if "://" in line else line
