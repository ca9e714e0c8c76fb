"""How long a message takes to come back: the reply and the announcement come in any order."""

from app.realtime.hub.echo import KEPT_MAX
from app.realtime.hub.echo import Echo


class Line:
    """An echo, what it measured, and a clock that a test sets."""

    def __init__(self) -> None:
        self.now = 0.0
        self.measured: list[float] = []
        self.echo = Echo(self.measured.append, clock=lambda: self.now)


def test_an_announcement_after_the_reply_is_measured_from_the_beginning() -> None:
    line = Line()
    began = line.echo.begin("room:7")
    line.echo.landed("room:7", "e1", 5, began=began)
    line.echo.end("room:7")

    line.now = 0.25
    line.echo.heard("room:7", "e1", 5)

    assert line.measured == [0.25]


def test_an_announcement_that_overtakes_the_reply_is_measured_when_it_came() -> None:
    line = Line()
    began = line.echo.begin("room:7")

    line.now = 0.25
    line.echo.heard("room:7", "e1", 5)
    line.now = 3.0
    line.echo.landed("room:7", "e1", 5, began=began)
    line.echo.end("room:7")

    assert line.measured == [0.25]


def test_messages_of_others_and_of_other_epochs_are_not_measured() -> None:
    line = Line()
    began = line.echo.begin("room:7")
    line.echo.landed("room:7", "e1", 5, began=began)
    line.echo.end("room:7")

    line.echo.heard("room:7", "e1", 4)
    line.echo.heard("room:8", "e1", 5)
    line.echo.heard("room:7", "e2", 5)

    assert line.measured == []


def test_what_is_never_heard_is_forgotten_in_the_end() -> None:
    line = Line()
    for offset in range(KEPT_MAX + 1):
        began = line.echo.begin("room:7")
        line.echo.landed("room:7", "e1", offset, began=began)
        line.echo.end("room:7")

    line.echo.heard("room:7", "e1", 0)
    line.echo.heard("room:7", "e1", KEPT_MAX)

    assert len(line.measured) == 1
