"""A provider that the settings name no longer: its links are no way in, and may go."""

import asyncio

import pytest
from quart import Quart

from app.errors import Unauthenticated
from app.features.accounts.openid.connections import Connections
from app.features.accounts.openid.service import EXTENSION
from app.identity.openid import Claims
from app.identity.openid import links
from app.identity.sessions import store
from app.principal import UserId
from app.resources import resources_of
from tests.features.accounts.openid.visits import connected
from tests.features.accounts.openid.visits import person_in
from tests.features.accounts.openid.visits import there_and_back
from tests.people import Browser
from tests.people import join

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

PAGE = "/account/providers"
OF_OLD = Claims("lin-of-old", "lin@old.example", email_verified=True, name="Lin")


async def link(app: Quart, user_id: UserId, provider: str) -> None:
    """Connects somebody with an account of a provider, which is not asked."""
    async with resources_of(app).database.transaction() as work:
        await links.add(work, provider, OF_OLD, user_id=user_id)


async def test_a_link_to_a_former_provider_is_no_other_way_in(app: Quart) -> None:
    lin = Browser(app)
    await lin.get(await there_and_back(lin, "lin"))
    await link(app, (await person_in(app, lin)).own_id, "former")

    refused = await lin.post(f"{PAGE}/example/unlink")

    assert refused.status_code == 409
    assert "only way in" in await refused.get_data(as_text=True)


async def test_of_two_ways_in_that_go_at_once_one_stays(app: Quart) -> None:
    lin = Browser(app)
    await lin.get(await there_and_back(lin, "lin"))
    await link(app, (await person_in(app, lin)).own_id, "gone")

    ways = (lin.post(f"{PAGE}/{name}/unlink") for name in ("example", "gone"))
    statuses = [answer.status_code for answer in await asyncio.gather(*ways)]

    assert sorted(statuses) == [303, 409]


async def test_a_link_to_a_former_provider_is_shown_and_may_go(app: Quart) -> None:
    lin = Browser(app)
    await lin.get(await there_and_back(lin, "lin"))
    await link(app, (await person_in(app, lin)).own_id, "former")
    page = await (await lin.get(PAGE)).get_data(as_text=True)

    gone = await lin.post(f"{PAGE}/former/unlink")
    after = await (await lin.get(PAGE)).get_data(as_text=True)

    assert "lin@old.example" in page
    assert (gone.status_code, gone.location) == (303, PAGE)
    assert "lin@old.example" not in after
    assert "lin@example.com" in after


async def test_disconnecting_a_provider_ends_the_other_sessions(app: Quart) -> None:
    lin = await connected(app)
    stranger = Browser(app)
    await stranger.get(await there_and_back(stranger, "lin"))
    before = await stranger.get("/api/v1/accounts/me")

    gone = await lin.client.post(f"{PAGE}/example/unlink")

    assert (before.status_code, gone.status_code) == (200, 303)
    assert (await stranger.get("/api/v1/accounts/me")).status_code == 401
    assert (await lin.client.get("/api/v1/accounts/me")).status_code == 200


async def test_what_was_never_connected_is_not_there(app: Quart) -> None:
    lin = await join(app, "Lin")

    for name in ("example", "former", "nobody"):
        assert (await lin.client.post(f"{PAGE}/{name}/unlink")).status_code == 404


async def test_a_session_that_has_ended_connects_nothing_and_disconnects_nothing(
    app: Quart,
) -> None:
    lin = await join(app, "Lin")
    await link(app, lin.user.id, "former")
    connections: Connections = app.extensions[EXTENSION].connections
    async with resources_of(app).database.transaction() as work:  # by another process
        await store.remove(work.session, lin.user.id)

    with pytest.raises(Unauthenticated):
        await connections.link(lin.principal, "example", OF_OLD)
    with pytest.raises(Unauthenticated):
        await connections.unlink(lin.principal, "former")

    assert list(await connections.list(lin.principal)) == ["former"]
