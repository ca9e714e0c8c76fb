"""What an action's failure becomes on a socket."""

import pytest

from app.errors import AppError
from app.errors import Conflict
from app.errors import Forbidden
from app.errors import Invalid
from app.errors import NotFound
from app.errors import TooLarge
from app.errors import TooMany
from app.errors import Unauthenticated
from app.errors import Unavailable
from app.realtime.protocol.messages import refusal_of


@pytest.mark.parametrize(
    ("failure", "code", "retry", "after_ms"),
    [
        (Invalid("no topic"), "invalid", False, None),
        (TooLarge(limit_bytes=5), "too_large", False, None),
        (TooMany(after_seconds=2), "rate_limited", True, 2000),
        (Unavailable("10.0.0.1 is away", after_seconds=1.5), "unavailable", True, 1500),
        (Forbidden("not yours"), "forbidden", False, None),
        (NotFound("room 7"), "forbidden", False, None),
        (Conflict("x"), "forbidden", False, None),
        (Unauthenticated(), "forbidden", False, None),
    ],
)
def test_a_failure_becomes_a_refusal(
    failure: AppError, code: str, retry: bool, after_ms: int | None
) -> None:
    refusal = refusal_of(failure)

    assert (refusal.code, refusal.retry, refusal.after_ms) == (code, retry, after_ms)


def test_a_refusal_tells_nothing_that_is_nobodys_business() -> None:
    assert "10.0.0.1" not in refusal_of(Unavailable("10.0.0.1 is away")).message
    assert "room" not in refusal_of(NotFound("room 7")).message
