"""The short way of an event into the log: past the logging module, where nobody can tell.

structlog makes an event a record of the standard library, which looks for its handlers and has one
of ours format it. For the one line that every request writes, that costs several times the line.
So where our handler is the only one, and everything is set up as `configure_logging` has left it,
the same functions are applied to the event by hand. Otherwise it takes the usual way.
"""

import logging
from collections.abc import Callable
from collections.abc import Sequence
from functools import cache
from typing import Any
from typing import NamedTuple

import structlog
from structlog.typing import EventDict
from structlog.typing import Processor


class Steps(NamedTuple):
    """What is done to an event: what is around it is added, then it is made a line.

    ``quickly`` makes the line of an event for which ``rendering`` has nothing to do, and returns
    None of any other.
    """

    context: Sequence[Processor]
    rendering: Sequence[Processor]
    quickly: Callable[[EventDict], bytes | None] | None = None


class Shortcut:
    """The way to one handler.

    ``usual`` is what structlog was configured with, ``steps`` all that then happens to an event;
    ``put`` takes the line.
    """

    def __init__(
        self,
        handler: logging.Handler,
        *,
        put: Callable[[str | bytes], None],
        usual: list[Processor],
        steps: Steps,
    ) -> None:
        self._handler = handler
        self._put = put
        self._usual = usual
        self._last = usual[-1]
        self._steps = steps

    def is_open(self, logger: logging.Logger) -> bool:
        """Tells whether an event of ``logger`` would reach the handler as it is, and nobody else.

        Others who listen: a test that captures the log, an error tracker, a handler of one logger.
        """
        handlers, usual = logging.root.handlers, self._usual
        if len(handlers) != 1 or handlers[0] is not self._handler or logger.filters:
            return False
        if self._handler.filters or self._handler.level:
            return False
        if structlog.get_config()["processors"] is not usual or usual[-1] is not self._last:
            return False
        above: logging.Logger | None = logger
        while above is not None and above is not logging.root:
            if above.handlers or above.disabled or not above.propagate:
                return False
            above = above.parent
        return True

    def write(self, level: int, event: EventDict) -> None:
        """Makes an event a line; what cannot be told is told on the error output, as ever."""
        context, rendering, quickly = self._steps
        method = _method(level)
        try:
            line: Any = event
            for step in context:
                line = step(None, method, line)
            quick = quickly(line) if quickly else None
            if quick is None:
                for step in rendering:
                    line = step(None, method, line)
        except Exception:
            self._handler.handleError(logging.makeLogRecord({"msg": str(event.get("event"))}))
        else:
            self._put(line if quick is None else quick)


@cache
def _method(level: int) -> str:
    return logging.getLevelName(level).lower()


_shortcut: Shortcut | None = None


def open_shortcut(shortcut: Shortcut) -> None:
    """Has events take this way from now on."""
    global _shortcut
    _shortcut = shortcut


def has_shortcut(logger: logging.Logger) -> bool:
    """Tells whether events of ``logger`` take it."""
    return _shortcut is not None and _shortcut.is_open(logger)


def write_event(logger: logging.Logger, level: int, event: str, /, **fields: Any) -> None:
    """Writes an event of ``logger``, in the shortest way that is open."""
    write_fields(logger, level, event, fields)


def write_fields(logger: logging.Logger, level: int, event: str, fields: EventDict) -> None:
    """Writes an event whose ``fields`` nobody else keeps, in the shortest way that is open."""
    if not has_shortcut(logger):
        getattr(structlog.get_logger(logger.name), _method(level))(event, **fields)
    elif _shortcut is not None and logger.isEnabledFor(level):
        fields["event"] = event
        _shortcut.write(level, fields)
