"""The ways in which an action can fail, and nothing about how a failure is shown.

AppError
├── Unauthenticated     nobody is signed in, or no longer
├── Forbidden           somebody is, and may not
├── NotFound            there is no such thing, or none that the caller may know of
├── Conflict            it clashes with what is there already
├── Invalid             what was sent makes no sense; ``fields`` says where
├── TooLarge            more than ``limit_bytes``
├── TooMany             too often; come back after ``after_seconds``
└── Unavailable         something that the action needs is away for now
JobError
├── RetryLater          a job that wants another try after ``after_seconds``
└── GiveUp              a job that will never work

Services raise these; ``app.web.problems`` makes HTTP of them, ``app.realtime`` error frames.
"""

from collections.abc import Mapping


class AppError(Exception):
    """An action failed for a reason that its caller can be told."""

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail)
        self.detail = detail


class Unauthenticated(AppError):
    """Nobody is signed in, or the session has ended."""


class Forbidden(AppError):
    """The caller is known and may not do this."""


class NotFound(AppError):
    """There is no such thing, or none that the caller may know of."""


class Conflict(AppError):
    """The action clashes with what is stored already."""


class Invalid(AppError):
    """What was sent makes no sense.

    ``fields`` maps the path of each bad field (``"body"``, ``"members.0"``) to what is wrong.
    """

    def __init__(self, detail: str = "", *, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.fields = dict(fields or {})


class TooLarge(AppError):
    """What was sent is over a limit of ``limit_bytes`` bytes."""

    def __init__(self, detail: str = "", *, limit_bytes: int) -> None:
        super().__init__(detail)
        self.limit_bytes = limit_bytes


class TooMany(AppError):
    """The caller acts too often and may come back after ``after_seconds``."""

    def __init__(self, detail: str = "", *, after_seconds: float) -> None:
        super().__init__(detail)
        self.after_seconds = after_seconds


class Unavailable(AppError):
    """Something that the action needs is away; trying again after ``after_seconds`` may work."""

    def __init__(self, detail: str = "", *, after_seconds: float = 1.0) -> None:
        super().__init__(detail)
        self.after_seconds = after_seconds


class JobError(Exception):
    """A job ended in a way that the job itself has judged."""


class RetryLater(JobError):
    """The job wants another try after ``after_seconds``."""

    def __init__(self, reason: str = "", *, after_seconds: float) -> None:
        super().__init__(reason)
        self.after_seconds = after_seconds


class GiveUp(JobError):
    """The job will never work, so it is not tried again."""
