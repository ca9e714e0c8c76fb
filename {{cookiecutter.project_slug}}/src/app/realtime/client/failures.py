"""What a command of the client can fail with.

RealtimeError
├── Refused         the server said no, with a code of the catalogue
├── DeadlinePassed  no answer in time: it may have taken effect
├── Disconnected    the connection ended before the answer: it may have taken effect
├── Stopped         the client has stopped for good, until ``open``
└── SignedOut       raised by a ticket callback: nobody is signed in any more, so stop
"""


class RealtimeError(Exception):
    """The base of everything that the client raises."""


class Refused(RealtimeError):
    """The server refused a command; ``retry`` says that trying again may help."""

    def __init__(self, code: str, message: str, *, retry: bool, after_ms: int = 0) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.retry = retry
        self.after_ms = after_ms


class DeadlinePassed(RealtimeError):
    """Nobody answered in time. A publish may have happened: repeat it with the same key."""


class Disconnected(RealtimeError):
    """The connection ended first. A publish may have happened: repeat it with the same key."""


class Stopped(RealtimeError):
    """The client does not come back by itself: it was closed, or told to stop with ``code``."""

    def __init__(self, code: int) -> None:
        super().__init__(f"stopped with {code}" if code else "closed")
        self.code = code


class SignedOut(RealtimeError):
    """There are no credentials to be had."""
