"""Why a socket is closed, and what the client is to do about it.

One rule is enough for a client: 44xx means stop until the app acts, everything else means try
again with full jitter, the first try included. ``docs/close-codes.md`` lists the catalogue.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final


class CloseCode(IntEnum):
    """The codes that a socket of ours can end with."""

    NORMAL = 1000
    TOO_BIG = 1009
    INTERNAL = 1011
    RESTART = 1012
    BAD_FRAME = 4400
    UNAUTHENTICATED = 4401
    FORBIDDEN = 4403
    REPLACED = 4409
    OVERLOADED = 4503
    SLOW = 4508
    NO_PONG = 4510
    RATE_LIMITED = 4529

    @property
    def retry(self) -> bool:
        """Whether coming back by itself is the right answer of a client."""
        return not 4400 <= self < 4500


@dataclass(frozen=True, slots=True)
class Closing:
    """The meaning of a code and the client's duty."""

    meaning: str
    duty: str


CATALOGUE: Final = {
    CloseCode.NORMAL: Closing("the client said goodbye", "nothing"),
    CloseCode.TOO_BIG: Closing("a line or a frame over the limit", "send less, come back"),
    CloseCode.INTERNAL: Closing("our fault: a handler crashed", "come back and resume"),
    CloseCode.RESTART: Closing("a restart, or the socket is old", "come back and resume"),
    CloseCode.BAD_FRAME: Closing("not a frame of ours", "stop: it is a bug in the client"),
    CloseCode.UNAUTHENTICATED: Closing("no session, an ended one, or no hello", "sign in first"),
    CloseCode.FORBIDDEN: Closing("signed in, and not allowed here", "stop"),
    CloseCode.REPLACED: Closing("a newer connection took the place", "stop"),
    CloseCode.OVERLOADED: Closing("too many connections, or a part is away", "come back later"),
    CloseCode.SLOW: Closing("too much was waiting to be read", "come back and resume"),
    CloseCode.NO_PONG: Closing("no sign of life after a ping", "come back and resume"),
    CloseCode.RATE_LIMITED: Closing("the rate limit was ignored", "come back later, send less"),
}

# Who broke the rules, or is not there, is waited for a second, once the close is written.
NOT_WAITED_FOR: Final = frozenset(
    {CloseCode.TOO_BIG, CloseCode.BAD_FRAME, CloseCode.NO_PONG, CloseCode.RATE_LIMITED}
)
