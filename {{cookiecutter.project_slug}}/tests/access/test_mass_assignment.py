"""Every route that writes is sent every column of the database: what it did not ask for stays out.

The other way round, no answer holds a hash or a secret that is stored.
"""

from collections import Counter

import pytest

from app.factory import create_app
from app.resources import resources_of
from tests.access.columns import columns_of
from tests.access.columns import stored_secrets
from tests.access.columns import switched_on
from tests.access.columns import traces_of_poison
from tests.access.live_routes import LiveRoute
from tests.access.live_routes import live_routes
from tests.access.naive import WRITE
from tests.access.world import World
from tests.access.world import body_of
from tests.access.world import call
from tests.servers import NOWHERE
from tests.servers import plain_settings

ROUTES = live_routes(create_app(plain_settings(NOWHERE)))
WRITES = [route for route in ROUTES if route.method in {"POST", "PUT", "PATCH"}]
# These give a secret to its owner, once; everything else that is stored stays inside.
SHOWN_ONCE: dict[str, str] = {}


@pytest.mark.parametrize("route", WRITES, ids=str)
async def test_a_route_takes_what_it_declares_and_nothing_else(
    world: World, route: LiveRoute
) -> None:
    await take_only_what_is_declared(world, route)


async def test_a_route_that_stores_whatever_comes_would_be_found(world: World) -> None:
    [naive] = [route for route in live_routes(world.app) if route.rule == WRITE]

    with pytest.raises(AssertionError, match="poison"):
        await take_only_what_is_declared(world, naive)


async def take_only_what_is_declared(world: World, route: LiveRoute) -> None:
    """Compares what an honest call sets with what a poisoned one does."""
    database = resources_of(world.app).database
    columns = await columns_of(database)
    assert columns.switches

    before = Counter(await switched_on(database, columns))
    owner, scene = await world.scene(route.feature, route.guard)
    client = world.nobody() if route.is_for_anybody else owner.client
    honest = await call(client, route, scene)
    between = Counter(await switched_on(database, columns))
    owner, scene = await world.scene(route.feature, route.guard)
    client = world.nobody() if route.is_for_anybody else owner.client
    declared = route.fields | frozenset(body_of(route, scene))
    poisoned = await call(client, route, scene, extra=columns.poison(declared))
    after = Counter(await switched_on(database, columns))

    assert honest.status < 400, honest
    assert poisoned.status in {honest.status, 422}, poisoned
    assert await traces_of_poison(database, columns) == []
    assert after - between <= between - before, "more is switched on than by an honest call"


@pytest.mark.parametrize(
    "route", [route for route in ROUTES if str(route) not in SHOWN_ONCE], ids=str
)
async def test_an_answer_holds_no_secret_that_is_stored(world: World, route: LiveRoute) -> None:
    owner, scene = await world.scene(route.feature, route.guard)

    answer = await call(owner.client, route, scene)

    secrets = await stored_secrets(resources_of(world.app).database)
    assert len(secrets) > 2
    assert [secret for secret in secrets if secret in answer.text] == []
