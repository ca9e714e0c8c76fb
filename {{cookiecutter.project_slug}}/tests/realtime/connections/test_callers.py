"""Callers without a connection, counted by user."""

from uuid import uuid4

from app.principal import UserId
from app.realtime.connections.callers import REMEMBERED_MAX
from app.realtime.connections.callers import Callers
from app.settings import RealtimeSettings


def test_a_user_is_known_again_and_the_least_recent_is_forgotten() -> None:
    callers = Callers(RealtimeSettings.model_construct())
    ada, grace = UserId(uuid4()), UserId(uuid4())
    first, second = callers.find(ada, now=0.0), callers.find(grace, now=0.0)
    assert callers.find(ada, now=1.0) is first

    for _ in range(REMEMBERED_MAX - 1):
        callers.find(UserId(uuid4()), now=2.0)

    assert callers.find(ada, now=3.0) is first
    assert callers.find(grace, now=3.0) is not second
