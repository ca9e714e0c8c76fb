"""Every route is asked for texts that PostgreSQL can neither keep nor look for, and none crashes.

What bodies may hold is in `tests/web/test_bad_bodies.py` and `tests/transport/test_forms.py`.
"""

import re
from dataclasses import replace

import pytest

from app.factory import create_app
from app.web import edge
from tests.access.live_routes import LiveRoute
from tests.access.live_routes import live_routes
from tests.access.naive import SEARCH
from tests.access.world import World
from tests.access.world import address
from tests.servers import NOWHERE
from tests.servers import plain_settings

ROUTES = live_routes(create_app(plain_settings(NOWHERE)))
READS = [route for route in ROUTES if route.method == "GET"]
# Pages read what they know and declare nothing: they are sent whatever any route knows.
KNOWN = frozenset().union(*(route.queries for route in ROUTES)) | {"next", "link"}
TEXT_ARGUMENT = re.compile(r"<(?:string:|path:)?(\w+)>")
BAD = ("a%00b", "%ED%A0%80%FF")  # NUL; half a character, and a byte of none


@pytest.mark.parametrize("route", READS, ids=str)
async def test_an_address_with_texts_nobody_can_look_for_is_no_crash(
    world: World, route: LiveRoute
) -> None:
    await survive(world, route)


async def test_a_search_that_takes_whatever_comes_would_be_found(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    [naive] = [route for route in live_routes(world.app) if route.rule == SEARCH]
    monkeypatch.setattr(edge, "holds_nul", lambda scope: False)

    with pytest.raises(AssertionError, match="500"):
        await survive(world, naive)


async def survive(world: World, route: LiveRoute) -> None:
    """Sends each bad text as every member of the query, and as each text in the path."""
    owner, scene = await world.scene(route.feature, route.guard)
    path = address(route, scene)
    for text in BAD:
        query = "&".join(f"{name}={text}" for name in sorted(route.queries or KNOWN))
        addresses = [f"{path}?{query}"]
        for part in TEXT_ARGUMENT.findall(route.rule):
            addresses.append(address(route, replace(scene, ids={**scene.ids, part: text})))
        for one in addresses:
            answer = await owner.client.get(one)
            assert answer.status_code < 500, (answer.status_code, one)
