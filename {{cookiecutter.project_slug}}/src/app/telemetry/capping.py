"""Lines of bounded length: nobody can fill the log, or break its reader, with one event."""

import json
from typing import Any
from typing import Final

from structlog.typing import EventDict
from structlog.typing import Processor
from structlog.typing import WrappedLogger

from app.telemetry.fields import without_passwords

LINE_MAX_BYTES: Final = 16 * 1_024
# What is left of a line that was longer: hiding passwords may double it once more.
REST_BYTES: Final = 7 * 1_024
FIELD_CHARACTERS: Final = 500
FIRST: Final = ("event", "level", "timestamp", "request_id", "trace_id", "exception")


class Capped:
    """Renders an event with ``render``; of one that is too long only the beginnings."""

    def __init__(self, render: Processor) -> None:
        self._render = render

    def __call__(self, logger: WrappedLogger, name: str, event: EventDict) -> str:
        """Returns the line, without passwords in addresses."""
        whole = dict(event)
        line = without_passwords(str(self._render(logger, name, event)))
        if len(line) * 4 <= LINE_MAX_BYTES or _size(line) <= LINE_MAX_BYTES:
            return line
        line = without_passwords(str(self._render(logger, name, _shortened(whole, _size(line)))))
        # Only what is meant for people can still be longer, and needs no closing bracket.
        return line.encode(errors="replace")[:LINE_MAX_BYTES].decode(errors="ignore")


def _shortened(event: EventDict, size_bytes: int) -> EventDict:
    kept: EventDict = {"cut_from_bytes": size_bytes}
    used_bytes = 0
    for name in sorted(event, key=lambda name: FIRST.index(name) if name in FIRST else len(FIRST)):
        value = _short(name, event[name])
        used_bytes += (needed := len(json.dumps({name: value})))
        if used_bytes > REST_BYTES:
            used_bytes -= needed
        else:
            kept[name] = value
    return kept


def _short(name: str, value: Any) -> Any:
    if isinstance(value, bool | float | None):
        return value
    text = str(value)
    # A traceback says at its end what was wrong.
    return text[-FIELD_CHARACTERS:] if name == "exception" else text[:FIELD_CHARACTERS]


def _size(line: str) -> int:
    return len(line.encode(errors="backslashreplace"))
