"""One timer for many."""

from app.realtime.connections.timer_wheel import TimerWheel


def test_what_is_due_comes_once() -> None:
    wheel: TimerWheel[str] = TimerWheel(slot_seconds=0.5, now=10.0)
    wheel.add("soon", due=10.4)
    wheel.add("later", due=12.0)

    assert wheel.turn(10.2) == []
    assert wheel.turn(10.5) == ["soon"]
    assert wheel.turn(12.5) == ["later"]
    assert wheel.turn(20.0) == []


def test_what_is_overdue_comes_with_the_next_turn() -> None:
    wheel: TimerWheel[str] = TimerWheel(slot_seconds=0.5, now=10.0)
    wheel.add("late", due=1.0)

    assert wheel.turn(10.5) == ["late"]


def test_what_is_taken_out_does_not_come() -> None:
    wheel: TimerWheel[str] = TimerWheel(slot_seconds=0.5, now=10.0)
    slot = wheel.add("gone", due=11.0)
    wheel.add("stays", due=11.0)

    wheel.discard("gone", slot)

    assert wheel.turn(12.0) == ["stays"]
    wheel.discard("stays", slot)


def test_a_stall_loses_nothing() -> None:
    wheel: TimerWheel[str] = TimerWheel(slot_seconds=0.5, now=0.0)
    wheel.add("one", due=1.0)
    wheel.add("two", due=2.0)

    assert wheel.turn(60.0) == ["one", "two"]


def test_time_that_goes_back_changes_nothing() -> None:
    wheel: TimerWheel[str] = TimerWheel(slot_seconds=0.5, now=10.0)
    wheel.add("one", due=11.0)

    assert wheel.turn(5.0) == []
    assert wheel.turn(11.5) == ["one"]
