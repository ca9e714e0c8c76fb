"""Every route that takes an id, found in the live application: its owner gets in, nobody else.

A new route is in here by itself. See ``tests/access/scene.py`` for what its feature has to add.
"""

import pytest

from app.factory import create_app
from tests.access.live_routes import LiveRoute
from tests.access.live_routes import live_routes
from tests.access.naive import READ
from tests.access.scene import accesses
from tests.access.world import World
from tests.access.world import call
from tests.servers import NOWHERE
from tests.servers import plain_settings

ROUTES = [one for one in live_routes(create_app(plain_settings(NOWHERE))) if one.takes_an_id]
OPEN = {route: why for access in accesses().values() for route, why in access.OPEN.items()}
CLOSED = [route for route in ROUTES if str(route) not in OPEN]


def test_what_is_open_to_everybody_is_there_and_says_why() -> None:
    assert ROUTES
    assert {str(route) for route in ROUTES} >= set(OPEN)
    assert all(OPEN.values())
    assert [str(route) for route in CLOSED if route.is_for_anybody] == []


@pytest.mark.parametrize("route", CLOSED, ids=str)
async def test_the_owner_gets_in_and_the_stranger_gets_nothing(
    world: World, route: LiveRoute
) -> None:
    await let_in_nobody_but_the_owner(world, route)


async def test_a_route_that_does_not_ask_whose_it_is_would_be_found(world: World) -> None:
    [naive] = [route for route in live_routes(world.app) if route.rule == READ]

    with pytest.raises(AssertionError, match="stranger"):
        await let_in_nobody_but_the_owner(world, naive)


async def let_in_nobody_but_the_owner(world: World, route: LiveRoute) -> None:
    """Proves that there is something to protect, then that it is, then that it is still there."""
    owner, scene = await world.scene(route.feature, route.guard)
    used = await call(owner.client, route, scene)
    assert used.let_in, f"the owner: {used}"

    owner, scene = await world.scene(route.feature, route.guard)
    stranger = await world.person("Stranger")
    refused = await call(stranger.client, route, scene)
    anonymous = await call(world.nobody(), route, scene)
    assert refused.is_refusal, f"the stranger: {refused}"
    assert anonymous.asks_to_sign_in, f"nobody: {anonymous}"
    assert not scene.canary or scene.canary not in refused.text + anonymous.text

    untouched = await call(owner.client, route, scene)
    assert untouched.let_in, f"the owner, afterwards: {untouched}"
