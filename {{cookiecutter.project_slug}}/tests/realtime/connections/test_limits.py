"""Rates and counts, with the time passed in."""

from uuid import uuid4

from app.principal import UserId
from app.realtime.connections.limits import Admission
from app.realtime.connections.limits import InboundRate
from app.realtime.connections.limits import TokenBucket
from app.settings import RealtimeSettings


def test_a_bucket_lets_a_burst_through_and_then_its_rate() -> None:
    bucket = TokenBucket(2.0, burst=3, now=0.0)

    taken = [bucket.take(1, now=0.0) for _ in range(4)]

    assert taken == [0.0, 0.0, 0.0, 0.5]
    assert bucket.take(1, now=0.5) == 0.0


def test_a_bucket_never_holds_more_than_its_burst() -> None:
    bucket = TokenBucket(2.0, burst=3, now=0.0)

    assert bucket.take(3, now=100.0) == 0.0
    assert bucket.take(1, now=100.0) == 0.5


def test_more_than_a_burst_passes_a_full_bucket_and_empties_it() -> None:
    bucket = TokenBucket(2.0, burst=3, now=0.0)

    assert bucket.take(10, now=0.0) == 0.0
    assert bucket.take(1, now=0.0) == 0.5


def test_bytes_are_limited_as_well_as_commands() -> None:
    settings = RealtimeSettings.model_construct(
        inbound_bytes_per_second=100.0, inbound_bytes_burst=200
    )
    rate = InboundRate(settings, now=0.0)

    assert rate.take(200, now=0.0) == 0.0
    assert rate.take(50, now=0.0) == 0.5


def test_a_hundred_refusals_in_ten_seconds_are_too_many() -> None:
    settings = RealtimeSettings.model_construct(commands_burst=1, commands_per_second=0.01)
    rate = InboundRate(settings, now=0.0)

    for _ in range(100):
        rate.take(1, now=1.0)
    assert not rate.is_ignored

    rate.take(1, now=1.0)
    assert rate.is_ignored


def test_refusals_are_forgotten_after_ten_seconds() -> None:
    settings = RealtimeSettings.model_construct(commands_burst=1, commands_per_second=0.01)
    rate = InboundRate(settings, now=0.0)
    for _ in range(100):
        rate.take(1, now=1.0)

    rate.take(1, now=12.0)

    assert not rate.is_ignored


def test_an_address_has_a_limited_number_of_connections() -> None:
    admission = Admission(RealtimeSettings.model_construct(connections_per_address=1), now=0.0)
    assert admission.enter("10.0.0.1", now=0.0) is None

    full = admission.enter("10.0.0.1", now=0.0)

    assert full is not None
    assert full.reason == "address"
    assert admission.enter("10.0.0.2", now=0.0) is None
    admission.leave("10.0.0.1")
    assert admission.enter("10.0.0.1", now=0.0) is None


def test_handshakes_have_a_rate() -> None:
    admission = Admission(RealtimeSettings.model_construct(handshakes_per_second=1.0), now=0.0)
    assert admission.enter("10.0.0.1", now=0.0) is None

    full = admission.enter("10.0.0.1", now=0.0)

    assert full is not None
    assert (full.reason, full.after_seconds) == ("handshakes", 1.0)


def test_a_user_has_a_limited_number_of_connections() -> None:
    admission = Admission(RealtimeSettings.model_construct(connections_per_user=1), now=0.0)
    ada, grace = UserId(uuid4()), UserId(uuid4())
    assert admission.enter_user(ada) is None

    assert admission.enter_user(ada) is not None
    assert admission.enter_user(grace) is None
    admission.leave_user(ada)
    assert admission.enter_user(ada) is None
