"""Rates and counts, with the time passed in."""

from uuid import uuid4

from app.principal import UserId
from app.realtime.connections.limits import Admission
from app.realtime.connections.limits import InboundLimits
from app.realtime.connections.limits import InboundRate
from app.realtime.connections.limits import Rate
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


def test_frames_of_any_kind_have_a_rate_in_bytes() -> None:
    rate, frame_bytes = InboundRate(RealtimeSettings.model_construct(), now=0.0), 64 * 1024

    at_once = [rate.is_flood(frame_bytes, now=0.0) for _ in range(9)]

    assert at_once == [False] * 8 + [True]
    assert not rate.is_flood(frame_bytes, now=0.5)
    assert rate.is_flood(frame_bytes, now=0.5)


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


def test_no_ten_seconds_may_have_a_hundred_refusals_wherever_they_begin() -> None:
    settings = RealtimeSettings.model_construct(commands_burst=1, commands_per_second=0.001)
    rate = InboundRate(settings, now=0.0)
    rate.take(1, now=0.0)
    for _ in range(60):
        rate.take(1, now=9.0)
    assert not rate.is_ignored

    for _ in range(40):
        rate.take(1, now=18.0)

    assert rate.is_ignored


def test_a_namespace_has_a_rate_of_its_own() -> None:
    settings = RealtimeSettings.model_construct(commands_burst=1, commands_per_second=0.5)
    rate = InboundRate(settings, now=0.0)
    own = Rate(per_second=4.0, burst=2)

    taken = [rate.take(1, now=0.0, namespace="devices", own=own) for _ in range(3)]

    assert taken == [0.0, 0.0, 0.25]
    assert rate.take(1, now=0.0) == 0.0
    assert rate.take(1, now=0.0) == 2.0


def test_a_kind_of_caller_has_limits_of_its_own() -> None:
    rate = InboundRate(RealtimeSettings.model_construct(), now=0.0)
    rate.take(1, now=0.0)

    rate.hold_to(InboundLimits(commands=Rate(1.0, 2), bytes=Rate(10.0, 100)), now=0.0)

    assert [rate.take(1, now=0.0) for _ in range(3)] == [0.0, 0.0, 1.0]
    assert rate.take(100, now=0.0) > 0.0


def test_bytes_that_are_no_command_count_as_bytes() -> None:
    settings = RealtimeSettings.model_construct(
        inbound_bytes_per_second=100.0, inbound_bytes_burst=200
    )
    rate = InboundRate(settings, now=0.0)

    rate.take_padding(200, now=0.0)

    assert rate.take(50, now=0.0) == 0.5


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
    assert admission.enter_caller(ada) is None

    assert admission.enter_caller(ada) is not None
    assert admission.enter_caller(grace) is None
    admission.leave_caller(ada)
    assert admission.enter_caller(ada) is None
