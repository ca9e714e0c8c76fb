from dataclasses import replace
from datetime import UTC
from datetime import datetime
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from app.features.devices.commands.life import OPEN
from app.features.devices.commands.life import Life
from app.features.devices.commands.life import Outcome

NOON = datetime(2030, 1, 31, 12, tzinfo=UTC)
NEW = Life("queued", expires_at=NOON + timedelta(seconds=60), timeout_seconds=10)

FOLLOWERS = {
    "queued": {"queued", "sent", "expired"},
    "sent": {"sent", "acknowledged", "failed", "timed_out"},
}


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


@pytest.mark.parametrize("outcome", ["acknowledged", "failed"])
def test_a_command_is_fetched_and_answered(outcome: Outcome) -> None:
    sent = NEW.delivered(after(1))
    ended = sent.answered(outcome, after(2))

    assert (sent.state, sent.sent_at, sent.deliveries) == ("sent", after(1), 1)
    assert (ended.state, ended.ended_at) == (outcome, after(2))


def test_what_nobody_fetched_has_expired_at_its_end() -> None:
    assert NEW.at(after(59.9)) is NEW
    assert NEW.at(after(60)).state == "expired"
    assert NEW.at(after(9_999)).ended_at == after(60)


def test_what_nobody_answered_has_timed_out_since_it_was_fetched_first() -> None:
    sent = NEW.delivered(after(1)).delivered(after(9))

    assert sent.deliveries == 2
    assert sent.at(after(10.9)).state == "sent"
    assert sent.at(after(11)).state == "timed_out"


def test_what_was_fetched_in_time_may_be_answered_after_its_expiry() -> None:
    sent = NEW.delivered(after(59))

    assert sent.answered("acknowledged", after(65)).state == "acknowledged"


def test_what_has_expired_is_not_given_to_the_device() -> None:
    late = NEW.delivered(after(60))

    assert (late.state, late.deliveries) == ("expired", 0)


def test_an_answer_without_a_question_changes_nothing() -> None:
    assert NEW.answered("acknowledged", after(1)) is NEW


STEPS = st.lists(
    st.tuples(st.sampled_from(["delivered", "acknowledged", "failed", "at"]), st.floats(0, 30)),
    max_size=12,
)


@settings(max_examples=200, deadline=None)
@given(STEPS)
def test_whatever_happens_no_state_is_skipped_and_the_last_one_stays(
    steps: list[tuple[str, float]],
) -> None:
    life, now = NEW, NOON
    for step, pause_seconds in steps:
        now += timedelta(seconds=pause_seconds)
        before = life.at(now)
        match step:
            case "delivered":
                life = life.delivered(now)
            case "at":
                life = before
            case "acknowledged" | "failed":
                life = life.answered(step, now)
        assert life.state in FOLLOWERS.get(before.state, {before.state})
        if before.is_over:
            assert replace(life, deliveries=0) == replace(before, deliveries=0)
        assert (life.ended_at is None) == (life.state in OPEN)
