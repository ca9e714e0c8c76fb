"""What the scanners that attackers use find on the running service: nothing. For `make soak`.

Each is shown first, on a route as one should not write it, to find what there is.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from quart import Quart
from quart import request
from quart.typing import ResponseReturnValue
from sqlalchemy import text

from app.resources import current_resources
from app.resources import resources_of
from app.settings import Settings
from app.web import guard
from app.web import html
from app.web import limit
from app.web import public
from app.web.limits import UNLIMITED
from app.web.openapi import description_of
from tests.access.scene import accesses
from tests.api.fuzzed import Fuzzed
from tests.api.fuzzed import fuzzed_service
from tests.api.scanners import SQLMAP
from tests.api.scanners import WAPITI
from tests.api.scanners import Target
from tests.api.scanners import arguments_of_sqlmap
from tests.api.scanners import arguments_of_wapiti
from tests.api.scanners import run
from tests.api.scanners import targets
from tests.people import join
from tests.servers import Emptier

pytestmark = pytest.mark.soak
AT_ONCE = 3
INJECTABLE = "identified the following injection point"
NOT_INJECTABLE = "do not appear to be injectable"


@pytest.fixture
async def fuzzed(settings: Settings, migrated: Emptier) -> AsyncIterator[Fuzzed]:
    """Yields the service without limits of rate, and with two routes that can be broken into."""
    async with fuzzed_service(settings, prepare=add_naive_routes) as served:
        yield served
    await migrated.empty()


def add_naive_routes(app: Quart) -> None:
    """Adds a query made of text, and a page that shows text as it came."""

    @app.get("/naive/search")
    @guard(public)
    @limit(UNLIMITED)
    async def search() -> ResponseReturnValue:
        query = f"SELECT name FROM users WHERE name = '{request.args.get('name', '')}'"
        async with current_resources().database.reading() as session:
            return {"names": list(await session.scalars(text(query)))}

    @app.get("/naive/greeting")
    @guard(public)
    @limit(UNLIMITED)
    @html
    async def greeting() -> str:
        return f"<!doctype html><title>Hello</title><p>Hello {request.args.get('name', '')}</p>"


Bodies = dict[str, dict[str, Any]]


async def cookie_of(fuzzed: Fuzzed) -> tuple[str, dict[str, str], Bodies]:
    """Returns the session of somebody with things of every feature, their ids, what they send."""
    owner, guest = await join(fuzzed.app, "Owner"), await join(fuzzed.app, "Guest")
    ids: dict[str, str] = {}
    bodies: Bodies = {}
    for access in accesses().values():
        scene = await access.scene(fuzzed.app, owner, guest)
        ids |= {name: str(value) for name, value in scene.ids.items()}
        bodies |= {name.replace(".", "_"): dict(body) for name, body in scene.bodies.items()}
    return owner.cookie, ids, bodies


async def sqlmap(fuzzed: Fuzzed, target: Target, cookie: str, folder: Path) -> str:
    """Returns what sqlmap says of one call."""
    arguments = arguments_of_sqlmap(target, origin=fuzzed.url, cookie=cookie, folder=folder)
    return await run(SQLMAP, arguments, folder=folder)


async def test_sqlmap_finds_a_query_that_is_made_of_text(fuzzed: Fuzzed, tmp_path: Path) -> None:
    naive = Target("naive", "GET", f"{fuzzed.url}/naive/search?name=Ada", "")

    said = await sqlmap(fuzzed, naive, "", tmp_path)

    assert INJECTABLE in said, said[-2_000:]


async def test_sqlmap_finds_nothing_in_any_call(fuzzed: Fuzzed, tmp_path: Path) -> None:
    cookie, ids, bodies = await cookie_of(fuzzed)
    tried = [
        target
        for target in targets(description_of(fuzzed.app), fuzzed.url, ids, bodies)
        if "sign_out" not in target.name
    ]
    said: dict[str, str] = {}
    places = asyncio.Semaphore(AT_ONCE)

    async def attack(target: Target) -> None:
        async with places:
            folder = tmp_path / target.name
            folder.mkdir()
            said[target.name] = await sqlmap(fuzzed, target, cookie, folder)

    async with asyncio.TaskGroup() as group:
        for target in tried:
            group.create_task(attack(target))

    done = sorted({target.name for target in tried} & fuzzed.succeeded())
    print(f"{len(tried)} calls tried, {sum(fuzzed.answers.values())} requests, {len(done)} done")
    assert len(tried) > 5
    assert {name: text[-2_000:] for name, text in said.items() if INJECTABLE in text} == {}
    assert {name: text[-500:] for name, text in said.items() if NOT_INJECTABLE not in text} == {}


async def wapiti(fuzzed: Fuzzed, cookie: str, starts: list[str], folder: Path) -> dict[str, int]:
    """Returns how many of each kind of weakness wapiti found."""
    report = folder / "wapiti.json"
    arguments = arguments_of_wapiti(fuzzed.url, cookie=cookie, report=report, starts=starts)
    said = await run(WAPITI, arguments, folder=folder)
    assert report.exists(), said[-2_000:]
    told = json.loads(report.read_text())
    assert told["infos"]["crawled_pages_nbr"] > len(starts), said[-2_000:]
    # Not its anomalies: it takes 503, which sheds what is too much at once, for a crash.
    return {name: len(cases) for name, cases in told["vulnerabilities"].items() if cases}


async def test_wapiti_finds_a_page_that_shows_text_as_it_came(
    fuzzed: Fuzzed, tmp_path: Path
) -> None:
    found = await wapiti(fuzzed, "", ["/naive/greeting?name=Ada"], tmp_path)

    assert "Reflected Cross Site Scripting" in found


async def test_wapiti_finds_nothing_on_our_pages(
    settings: Settings, migrated: Emptier, tmp_path: Path
) -> None:
    async with fuzzed_service(settings) as fuzzed:
        cookie, ids, _ = await cookie_of(fuzzed)
        pages = [entry.url for entry in resources_of(fuzzed.app).navigation]

        found = await wapiti(
            fuzzed, cookie, ["/", "/account", "/sign-up", "/docs", *pages], tmp_path
        )
        crashes = [name for (name, status), _ in fuzzed.answers.items() if status == 500]
    await migrated.empty()

    assert ids
    assert found == {}
    assert crashes == []
