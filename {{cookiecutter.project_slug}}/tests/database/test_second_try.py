"""What is tried once more, and what is not."""

import pytest

from app.database import tried_twice
from app.errors import NotFound
from app.errors import Unavailable


class Action:
    """Fails with each error in turn, then works."""

    def __init__(self, *errors: Exception) -> None:
        self._errors = list(errors)
        self.times = 0

    async def __call__(self) -> str:
        self.times += 1
        if self._errors:
            raise self._errors.pop(0)
        return "done"


async def test_what_was_cut_is_tried_once_more() -> None:
    action = Action(Unavailable(is_cut=True))

    assert await tried_twice(action) == "done"
    assert action.times == 2


async def test_a_second_cut_is_told() -> None:
    action = Action(Unavailable(is_cut=True), Unavailable(is_cut=True))

    with pytest.raises(Unavailable):
        await tried_twice(action)

    assert action.times == 2


@pytest.mark.parametrize("error", [Unavailable("busy"), NotFound("no such thing")])
async def test_what_failed_in_another_way_is_not_tried_again(error: Exception) -> None:
    action = Action(error)

    with pytest.raises(type(error)):
        await tried_twice(action)

    assert action.times == 1
