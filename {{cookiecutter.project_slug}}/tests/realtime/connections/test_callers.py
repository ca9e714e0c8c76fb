"""Callers without a connection, counted by user."""

from uuid import uuid4

from app.principal import UserId
from app.realtime.connections.callers import REMEMBERED_MAX
from app.realtime.connections.callers import Callers
from app.realtime.connections.limits import InboundLimits
from app.realtime.connections.limits import Rate
from app.settings import RealtimeSettings


def test_a_user_is_known_again_and_the_least_recent_is_forgotten() -> None:
    callers = Callers(RealtimeSettings.model_construct())
    ada, grace = UserId(uuid4()), UserId(uuid4())
    first, second = callers.find(ada, None, now=0.0), callers.find(grace, None, now=0.0)
    assert callers.find(ada, None, now=1.0) is first

    for _ in range(REMEMBERED_MAX - 1):
        callers.find(UserId(uuid4()), None, now=2.0)

    assert callers.find(ada, None, now=3.0) is first
    assert callers.find(grace, None, now=3.0) is not second


def test_a_kind_of_caller_may_have_limits_of_its_own() -> None:
    callers = Callers(RealtimeSettings.model_construct())
    limits = InboundLimits(commands=Rate(0.1, 1), bytes=Rate(1_000, 1_000))

    caller = callers.find(UserId(uuid4()), limits, now=0.0)

    assert [caller.rate.take(1, now=0.0) > 0 for _ in range(2)] == [False, True]
