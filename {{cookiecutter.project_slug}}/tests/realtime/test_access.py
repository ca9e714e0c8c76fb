"""What was allowed is remembered for a moment, and forgotten at once when it ends."""

import asyncio
from dataclasses import replace

from app.principal import Principal
from app.realtime.access import REMEMBER_MAX
from app.realtime.access import Access
from app.realtime.topics import Action
from app.realtime.topics import TopicNamespace
from app.realtime.topics import Window
from tests.realtime.rig import Door


class Asked:
    """A namespace that counts how often it is asked, and a clock."""

    def __init__(self) -> None:
        self.now = 0.0
        self.times = 0
        self.allows = True
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.ada = Door().add("ada")
        self.access = Access(clock=lambda: self.now)
        self.access.declare(TopicNamespace("room", kind=Window(), authorise=self._authorise))

    async def _authorise(self, who: Principal, key: str, action: Action) -> bool:
        self.times += 1
        allows = self.allows
        await self.may_answer.wait()
        return allows

    async def refused(self, topic: str = "room:7", *, anew: bool = False) -> bool:
        return await self.access.refuse(self.ada, topic, "subscribe", anew=anew) is not None


async def test_a_yes_is_remembered_for_five_seconds() -> None:
    asked = Asked()
    assert not await asked.refused()
    asked.allows = False

    asked.now = 4.9
    assert not await asked.refused()
    asked.now = 5.1
    assert await asked.refused()


async def test_a_no_is_asked_again_each_time() -> None:
    asked = Asked()
    asked.allows = False
    assert await asked.refused()

    asked.allows = True

    assert not await asked.refused()


async def test_what_is_forgotten_is_asked_again_and_the_rest_is_not() -> None:
    asked = Asked()
    await asked.refused("room:7")
    await asked.refused("room:8")

    asked.access.forget(asked.ada.own_id, "room:7")
    await asked.refused("room:7")
    await asked.refused("room:8")

    assert asked.times == 3


async def test_an_answer_from_before_the_end_is_not_remembered() -> None:
    asked = Asked()
    asked.may_answer.clear()
    asking = asyncio.create_task(asked.refused())
    await asyncio.sleep(0)

    asked.access.forget(asked.ada.own_id, "room:7")
    asked.may_answer.set()
    await asking
    await asked.refused()

    assert asked.times == 2


async def test_the_memory_is_bounded() -> None:
    asked = Asked()

    for number in range(REMEMBER_MAX + 1):
        await asked.refused(f"room:{number}")

    assert len(asked.access._allowed) == 1


async def test_what_one_session_may_is_not_what_a_token_of_the_same_user_may() -> None:
    asked = Asked()
    assert not await asked.refused()
    asked.allows = False
    asked.ada = replace(asked.ada, session_id=None)

    assert await asked.refused()
    assert asked.times == 2


async def test_asking_anew_forgets_a_yes_and_remembers_the_next_one() -> None:
    asked = Asked()
    assert not await asked.refused()
    asked.allows = False

    assert await asked.refused(anew=True)
    assert await asked.refused()
    asked.allows = True
    assert not await asked.refused(anew=True)
    assert not await asked.refused()
    assert asked.times == 4
