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
SECOND_FACTOR_NEEDED = ProblemType(
    "second-factor-needed",
    401,
    "A code is still to come",
    "Send half_sign_in and a code of the app to /api/v1/accounts/sign-in/code.",
)
BAD_TOKEN = ProblemType(
    "bad-token", 401, "This token is not good", "Send a token that has not run out or been revoked."
)
FORBIDDEN = ProblemType(
    "forbidden", 403, "This is not for you", "Ask somebody who may, or who can let you."
)
SCOPE_NEEDED = ProblemType(
    "scope-needed",
    403,
    "This token may not do that",
    "Make a token that has the scope which the document names.",
)
CROSS_ORIGIN = ProblemType(
    "cross-origin",
    403,
    "This request came from elsewhere",
    "Send it from a page of this service, or with its address in the header Origin.",
)
RECENT_SIGN_IN_NEEDED = ProblemType(
    "recent-sign-in-needed",
    403,
    "Prove again who you are",
    "Send your password to /api/v1/accounts/confirm, then send the request again.",
)
SECOND_FACTOR_REQUIRED = ProblemType(
    "second-factor-required",
    403,
    "Set up a second factor first",
    "Set it up at /account/second-factor in a browser, then send the request again.",
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
SOMEBODY_ELSE = ProblemType(
    "somebody-else",
    409,
    "Somebody else is signed in now",
    "Load the page again to go on as whoever is signed in, or sign out and in again as yourself.",
)
KEY_IN_USE = ProblemType(
    "idempotency-key-in-use",
    409,
    "This is being done already",
    "Wait a moment, then send the same request again under the same key.",
)
STALE = ProblemType(
    "stale",
    412,
    "This has changed since you looked",
    "Read it again, then decide, and send what you have read as If-Match.",
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
KEY_REUSED = ProblemType(
    "idempotency-key-reused",
    422,
    "This key was used for something else",
    "Take a new key for each new request, and the old one only to send the very same again.",
)
PRECONDITION_REQUIRED = ProblemType(
    "precondition-required",
    428,
    "Say first what you have seen",
    "Read it, then send its ETag as If-Match.",
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
OUT_OF_SPACE = ProblemType(
    "out-of-space",
    507,
    "There is no room for this",
    "Nothing of it was kept. Try again later, or with less.",
)

ALL = (
    BAD_REQUEST,
    UNAUTHENTICATED,
    SECOND_FACTOR_NEEDED,
    BAD_TOKEN,
    FORBIDDEN,
    SCOPE_NEEDED,
    CROSS_ORIGIN,
    RECENT_SIGN_IN_NEEDED,
    SECOND_FACTOR_REQUIRED,
    NOT_FOUND,
    METHOD_NOT_ALLOWED,
    TIMEOUT,
    CONFLICT,
    SOMEBODY_ELSE,
    KEY_IN_USE,
    STALE,
    TOO_LARGE,
    UNSUPPORTED_MEDIA_TYPE,
    INVALID,
    KEY_REUSED,
    PRECONDITION_REQUIRED,
    TOO_MANY,
    INTERNAL,
    UNAVAILABLE,
    OUT_OF_SPACE,
)
# Of two with one status (403), the plainer comes first.
BY_STATUS = {kind.status: kind for kind in reversed(ALL)}
BY_SLUG = {kind.slug: kind for kind in ALL}
