"""The ways in which an action can fail, and nothing about how a failure is shown.

AppError
├── Unauthenticated     nobody is signed in, or no longer
│   ├── SecondFactorNeeded  the password is right; a code is still to come
│   └── BadToken        the token that was sent stands for nobody
├── Forbidden           somebody is, and may not
│   ├── ScopeNeeded     their token is not good for it
│   ├── RecentSignInNeeded  they may, once they have proved again who they are
│   └── SecondFactorRequired  they may, once they have set up a second factor
├── NotFound            there is no such thing, or none that the caller may know of
├── Conflict            it clashes with what is there already
│   └── Stale           it has changed since the caller looked
├── Invalid             what was sent makes no sense; ``fields`` says where
│   └── IdempotencyKeyReused  the key of the request was used for something else before
├── TooLarge            more than ``limit_bytes``
├── TooMany             too often; come back after ``after_seconds``
└── Unavailable         something that the action needs is away for now
    └── OutOfSpace      there is no room to store it
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


class SecondFactorNeeded(Unauthenticated):
    """The password is right, and a code has to follow, together with ``half_sign_in``."""

    def __init__(self, detail: str = "", *, half_sign_in: str) -> None:
        super().__init__(detail)
        self.half_sign_in = half_sign_in


class BadToken(Unauthenticated):
    """The token that was sent stands for nobody, or no longer."""


class Forbidden(AppError):
    """The caller is known and may not do this."""


class ScopeNeeded(Forbidden):
    """The caller's token lacks ``scope``; an empty one says that no token will do."""

    def __init__(self, detail: str = "", *, scope: str) -> None:
        super().__init__(detail)
        self.scope = scope


class RecentSignInNeeded(Forbidden):
    """The caller may do this, but proved who they are too long ago."""


class SecondFactorRequired(Forbidden):
    """The caller has to set up a second factor before anything else is open to them."""


class NotFound(AppError):
    """There is no such thing, or none that the caller may know of."""


class Conflict(AppError):
    """The action clashes with what is stored already."""


class Stale(Conflict):
    """What the caller wants to change is not what they have seen any more."""


class Invalid(AppError):
    """What was sent makes no sense.

    ``fields`` maps the path of each bad field (``"body"``, ``"members.0"``) to what is wrong.
    """

    def __init__(self, detail: str = "", *, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.fields = dict(fields or {})


class IdempotencyKeyReused(Invalid):
    """The idempotency key of the request stands for another one, which was done before."""


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
    """Something that the action needs is away; trying again after ``after_seconds`` may work.

    ``is_cut`` says that a connection that worked has ended: a fresh one may work at once.
    """

    def __init__(
        self, detail: str = "", *, after_seconds: float = 1.0, is_cut: bool = False
    ) -> None:
        super().__init__(detail)
        self.after_seconds = after_seconds
        self.is_cut = is_cut


class OutOfSpace(Unavailable):
    """There is no room to store what was sent."""


class JobError(Exception):
    """A job ended in a way that the job itself has judged."""


class RetryLater(JobError):
    """The job wants another try after ``after_seconds``."""

    def __init__(self, reason: str = "", *, after_seconds: float) -> None:
        super().__init__(reason)
        self.after_seconds = after_seconds


class GiveUp(JobError):
    """The job will never work, so it is not tried again."""
