from uuid import UUID
from uuid import uuid4

from app.features.devices.fleet.watch import EVERY_SECONDS
from app.features.devices.fleet.watch import LOOK_SECONDS
from app.features.devices.fleet.watch import Due
from app.features.devices.fleet.watch import Watch
from app.features.devices.live_topics import LINGER_SECONDS

PUMP = uuid4()
NOTHING = Due([], [], {})


def look(watch: Watch, *connected: UUID, now: float) -> Due:
    due = watch.look(connected, now=now)
    watch.wrote(due, now=now)
    return due


def test_a_device_that_stays_is_written_once_a_minute() -> None:
    watch = Watch()

    written = [look(watch, PUMP, now=now) for now in range(0, 180, 5)]

    assert written[0] == Due([PUMP], [], {}), "it came"
    assert [due for due in written[1:] if any(due)] == [Due([], [PUMP], {})] * 2


def test_a_device_that_leaves_for_good_is_written_two_looks_later() -> None:
    watch = Watch()
    for now in range(0, 70, 5):
        look(watch, PUMP, now=now)

    told = {now: look(watch, now=now) for now in range(70, 100, int(LOOK_SECONDS))}

    assert [now for now, due in told.items() if due.gone] == [80], "and it is gone once"
    assert told[80] == Due([], [], {PUMP: 70}), "since it left"
    assert LINGER_SECONDS + LOOK_SECONDS > 80 - 70


def test_a_device_that_flaps_is_written_no_more_often_than_one_that_stays() -> None:
    for steps in (1, 2, 3, 7):  # in and out for a moment, and for longer
        watch, written = Watch(), 0
        for step in range(240):
            present = (PUMP,) if step // steps % 2 else ()
            written += sum(len(part) for part in look(watch, *present, now=step * LOOK_SECONDS))

        minutes = 240 * LOOK_SECONDS / EVERY_SECONDS
        assert 0 < written <= 2 * minutes + 1


def test_what_could_not_be_written_is_due_again() -> None:
    watch = Watch()

    assert watch.look([PUMP], now=0).came == [PUMP]
    assert watch.look([PUMP], now=5).came == [PUMP]


def test_a_device_that_left_for_a_moment_was_never_gone() -> None:
    watch = Watch()
    look(watch, PUMP, now=0)
    look(watch, now=60)

    assert look(watch, PUMP, now=65) == Due([], [PUMP], {})
    assert look(watch, PUMP, now=70) == NOTHING
