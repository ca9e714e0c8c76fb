"""All that waits in a process."""

from app.realtime.connections.backlog import Backlog
from app.settings import RealtimeSettings


class Waiting:
    def __init__(self, backlog: Backlog, queued_bytes: int, deadline: float) -> None:
        self.backlog = backlog
        self.queued_bytes = queued_bytes
        self.deadline = deadline
        self.happened: list[str] = []

    def overdue(self) -> None:
        self.happened.append("overdue")

    def shed(self) -> None:
        self.happened.append("shed")
        self.backlog.shrink(self.queued_bytes)
        self.queued_bytes = 0


def test_only_those_that_are_over_their_deadline_are_told() -> None:
    backlog = Backlog(RealtimeSettings.model_construct(), clock=lambda: 10.0)
    late, early = Waiting(backlog, 1, 9.0), Waiting(backlog, 1, 11.0)
    backlog.waiting |= {late, early}

    backlog.check_deadlines()

    assert (late.happened, early.happened) == (["overdue"], [])


def test_the_deepest_queue_goes_first_and_only_as_many_as_needed() -> None:
    settings = RealtimeSettings.model_construct(queued_process_max_bytes=100)
    backlog = Backlog(settings, clock=lambda: 0.0)
    deep, deeper, shallow = (Waiting(backlog, size, 0.0) for size in (50, 60, 10))
    backlog.waiting |= {deep, deeper, shallow}

    backlog.grow(120)

    assert (deeper.happened, deep.happened, shallow.happened) == (["shed"], [], [])
    assert backlog.queued_bytes == 60


def test_with_nothing_to_give_up_there_is_no_search_for_ever() -> None:
    settings = RealtimeSettings.model_construct(queued_process_max_bytes=1)
    backlog = Backlog(settings, clock=lambda: 0.0)
    empty = Waiting(backlog, 0, 0.0)
    backlog.waiting.add(empty)

    backlog.grow(5)

    assert empty.happened == []
