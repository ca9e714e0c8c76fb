"""Links: whoever has one looks at that dashboard and at nothing else, until it is revoked."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy import text
from sqlalchemy import update

from app.features.dashboards.boards.live import LivePublisher
from app.features.dashboards.boards.live import shared_topic
from app.features.dashboards.boards.sharing import PREFIX
from app.features.dashboards.boards.tables import LinkRow
from app.features.dashboards.figures import Sample
from app.identity.tables import UserRow
from app.identity.tokens.format import new_api_token
from app.resources import Resources
from tests.features.dashboards.boards.test_routes import BOARDS
from tests.features.dashboards.boards.test_routes import NIGHT
from tests.features.dashboards.boards.test_routes import made
from tests.people import Person
from tests.realtime.rig import Stream

EVENTS = "/realtime/events"
FIGURES = {"requests.rate": 12.0, "requests.failed": 1.0, "cpu.host": 50.0}
WITHIN_SECONDS = 60.0


async def shared(person: Person, body: dict[str, Any] = NIGHT) -> tuple[dict[str, Any], str, str]:
    """Returns a new dashboard of somebody, and the token and the id of a link to it."""
    board = await made(person, body)
    token, link_id = await linked(person, board["id"])
    return board, token, link_id


async def linked(person: Person, board_id: str) -> tuple[str, str]:
    """Returns the token and the id of a new link to a dashboard."""
    answer = await person.client.post(f"{BOARDS}/{board_id}/links")
    told = await answer.get_json()
    assert answer.status_code == 201
    [token] = parse_qs(urlsplit(told["url"]).query)["link"]
    return token, told["link"]["id"]


def mistyped(token: str) -> str:
    """Returns a token that differs in its last character, whatever that is."""
    return token[:-1] + ("x" if token[-1] != "x" else "y")


@asynccontextmanager
async def looking(url: str, topic: str, token: str = "", **more: Any) -> AsyncIterator[Stream]:
    """Opens a stream of a topic, through a link where there is a token."""
    asked = {"topic": topic, "link": token} if token else {"topic": topic}
    async with (
        httpx.AsyncClient(base_url=url, timeout=WITHIN_SECONDS, **more) as client,
        client.stream("GET", EVENTS, params=asked) as response,
    ):
        assert response.status_code == 200, response.status_code
        yield Stream(response)


async def status(url: str, topic: str, token: str) -> int:
    """Returns what opening a stream is answered with."""
    async with (
        httpx.AsyncClient(base_url=url, timeout=WITHIN_SECONDS) as client,
        client.stream("GET", EVENTS, params={"topic": topic, "link": token}) as response,
    ):
        return response.status_code


async def refused(stream: Stream) -> bool:
    """Tells whether the one topic of a stream was refused."""
    [answer] = (await stream.receive()).frame["subscriptions"]
    return "error" in answer


async def test_a_guest_sees_what_the_dashboard_shows_and_nothing_else(
    live_server: str, resources: Resources, ada: Person, grace: Person
) -> None:
    board, token, _ = await shared(ada)
    other = await made(grace)
    topic = shared_topic(board["id"])
    publisher = LivePublisher(resources.database, resources.realtime)

    async with looking(live_server, topic, headers={"Cookie": ada.cookie}) as owners:
        assert not await refused(owners)
    async with looking(live_server, topic, token) as stream:
        assert not await refused(stream)
        await publisher.see(Sample(at=datetime.now(UTC), figures=FIGURES))
        message = (await stream.receive()).frame
    refusals = []
    for elsewhere in (
        "figures:service",
        "figures:operators",
        f"alerts:{ada.user.id}",
        shared_topic(other["id"]),
    ):
        async with looking(live_server, elsewhere, token) as stream:
            refusals.append(await refused(stream))
    async with looking(live_server, topic, headers={"Cookie": grace.cookie}) as strangers:
        refusals.append(await refused(strangers))

    assert message["data"]["figures"] == {"requests.rate": 12.0}
    assert refusals == [True] * 5


async def test_a_link_is_no_credential_but_for_the_stream_that_it_opens(
    live_server: str, ada: Person
) -> None:
    board, token, _ = await shared(ada)
    bearer = {"Authorization": f"Bearer {token}"}

    async with httpx.AsyncClient(base_url=live_server, timeout=60) as client:
        told = [
            await client.get(f"{BOARDS}/{board['id']}", params={"link": token}),
            await client.get(f"{BOARDS}/{board['id']}", headers=bearer),
            await client.get(EVENTS, params={"topic": shared_topic(board["id"])}, headers=bearer),
            await client.post(
                "/realtime/commands",
                params={"link": token},
                headers={"Origin": live_server},
                json={"type": "history", "id": 1, "topic": shared_topic(board["id"]), "limit": 1},
            ),
        ]

    assert [answer.status_code for answer in told] == [401] * 4


async def test_a_revoked_link_ends_the_streams_at_once_and_opens_nothing_more(
    live_server: str, resources: Resources, ada: Person
) -> None:
    board, token, link_id = await shared(ada)
    _, kept, _ = await shared(ada)
    topic = shared_topic(board["id"])

    async with looking(live_server, topic, token) as stream:
        assert not await refused(stream)
        gone = await ada.client.delete(f"{BOARDS}/{board['id']}/links/{link_id}")
        async with asyncio.timeout(WITHIN_SECONDS):
            with pytest.raises(StopAsyncIteration):
                while True:
                    await stream.receive()

    assert gone.status_code == 204
    assert await status(live_server, topic, token) == 401
    assert await status(live_server, topic, kept) == 200
    assert await status(live_server, topic, mistyped(kept)) == 401
    assert await status(live_server, topic, new_api_token(PREFIX)) == 401
    assert await status(live_server, topic, "") == 401
    assert [event for event, _ in await audited(resources)] == [
        "dashboard.shared",
        "dashboard.shared",
        "dashboard.unshared",
    ]


async def audited(resources: Resources) -> list[tuple[str, str]]:
    """Returns what the audit log says of links: the event, and the id of the link."""
    told = text("""
        SELECT event, details->>'link_id' FROM audit_events
        WHERE event LIKE 'dashboard.%' ORDER BY id
    """)
    async with resources.database.reading() as session:
        return [(event, link) for event, link in await session.execute(told)]


async def test_a_deleted_dashboard_ends_them_too_and_the_audit_log_names_each_link(
    live_server: str, resources: Resources, ada: Person
) -> None:
    board, token, first = await shared(ada)
    second_token, second = await linked(ada, board["id"])
    topic = shared_topic(board["id"])

    async with (
        looking(live_server, topic, token) as one,
        looking(live_server, topic, second_token) as other,
    ):
        assert [await refused(stream) for stream in (one, other)] == [False, False]
        assert (await ada.client.delete(f"{BOARDS}/{board['id']}")).status_code == 204
        for stream in (one, other):
            async with asyncio.timeout(WITHIN_SECONDS):
                with pytest.raises(StopAsyncIteration):
                    while True:
                        await stream.receive()

    ended = [link for event, link in await audited(resources) if event == "dashboard.unshared"]
    assert sorted(ended) == sorted([first, second])


async def test_the_link_of_somebody_who_is_shut_out_opens_nothing(
    live_server: str, resources: Resources, ada: Person
) -> None:
    board, token, _ = await shared(ada)
    assert await status(live_server, shared_topic(board["id"]), token) == 200
    async with resources.database.transaction() as work:
        await work.session.execute(update(UserRow).values(disabled_at=datetime.now(UTC)))

    assert await status(live_server, shared_topic(board["id"]), token) == 401


async def test_of_a_link_only_the_hash_is_kept(resources: Resources, ada: Person) -> None:
    _, token, _ = await shared(ada)

    async with resources.database.reading() as session:
        row = (await session.scalars(select(LinkRow))).one()
        everything = await session.scalar(
            text("SELECT string_agg(to_json(t)::text, ' ') FROM dashboards_links t")
        )

    assert len(row.token_hash) == 32
    assert token not in str(everything)
    assert token.startswith(row.hint)


async def test_figures_are_published_only_while_somebody_looks(
    live_server: str, resources: Resources, ada: Person
) -> None:
    board, token, _ = await shared(ada)
    publisher = LivePublisher(resources.database, resources.realtime)
    sample = Sample(at=datetime.now(UTC), figures=FIGURES)
    topic = shared_topic(board["id"])

    await publisher.see(sample)
    before = await resources.realtime.position(topic)
    assert await status(live_server, topic, token) == 200
    await LivePublisher(resources.database, resources.realtime).see(sample)
    after = await resources.realtime.position(topic)

    assert (before.offset, after.offset) == (0, 1)
