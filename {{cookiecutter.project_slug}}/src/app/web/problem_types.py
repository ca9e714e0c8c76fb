"""The catalogue of problems: what can go wrong at the HTTP edge, in words a client can rely on.

``docs/problems.md`` has the same entries at more length; a test keeps the two together.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProblemType:
    """A kind of problem. Its ``slug`` never changes; clients decide by it, people read the rest."""

    slug: str
    status: int
    title: str
    advice: str

    @property
    def uri(self) -> str:
        """The value of ``type``, and the address of the page that explains it."""
        return f"/problems/{self.slug}"


BAD_REQUEST = ProblemType(
    "bad-request", 400, "This request makes no sense", "Correct the request; it is not even read."
)
UNAUTHENTICATED = ProblemType(
    "unauthenticated", 401, "Sign in first", "Sign in, then send the request again."
)
FORBIDDEN = ProblemType(
    "forbidden", 403, "This is not for you", "Ask somebody who may, or who can let you."
)
CROSS_ORIGIN = ProblemType(
    "cross-origin",
    403,
    "This request came from elsewhere",
    "Send it from a page of this service, or with its address in the header Origin.",
)
NOT_FOUND = ProblemType(
    "not-found", 404, "There is nothing here", "Check the address; what was here may be gone."
)
METHOD_NOT_ALLOWED = ProblemType(
    "method-not-allowed",
    405,
    "This address does not do that",
    "Use one of the methods in the header Allow.",
)
TIMEOUT = ProblemType(
    "request-timeout", 408, "The request took too long to arrive", "Send it again, faster."
)
CONFLICT = ProblemType(
    "conflict", 409, "This clashes with what is there", "Look at the present state, then decide."
)
TOO_LARGE = ProblemType(
    "too-large", 413, "That is too much", "Send less; limit_bytes says how much may be sent."
)
UNSUPPORTED_MEDIA_TYPE = ProblemType(
    "unsupported-media-type",
    415,
    "This format is not understood",
    "Send plain application/json, uncompressed.",
)
INVALID = ProblemType(
    "invalid", 422, "Some of this needs another look", "Correct what errors lists, then send again."
)
TOO_MANY = ProblemType("too-many", 429, "That is too often", "Wait as long as Retry-After says.")
INTERNAL = ProblemType(
    "internal",
    500,
    "Something went wrong here",
    "It is our mistake and has been noted. Tell us the reference if it stays.",
)
UNAVAILABLE = ProblemType(
    "unavailable",
    503,
    "Back in a moment",
    "Something that the service needs is away. Wait as long as Retry-After says.",
)

ALL = (
    BAD_REQUEST,
    UNAUTHENTICATED,
    FORBIDDEN,
    CROSS_ORIGIN,
    NOT_FOUND,
    METHOD_NOT_ALLOWED,
    TIMEOUT,
    CONFLICT,
    TOO_LARGE,
    UNSUPPORTED_MEDIA_TYPE,
    INVALID,
    TOO_MANY,
    INTERNAL,
    UNAVAILABLE,
)
# Of two with one status (403), the plainer comes first.
BY_STATUS = {kind.status: kind for kind in reversed(ALL)}
BY_SLUG = {kind.slug: kind for kind in ALL}
