"""The realtime core in a real Chromium: a stream and a socket through cuts, and two people."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser
from playwright.async_api import BrowserContext
from playwright.async_api import Page
from playwright.async_api import TimeoutError

from app.settings import Settings
from tests.chaos_proxy import ChaosProxy
from tests.ports import free_port
from tests.realtime.faults.nodes import Node
from tests.windows import context_of

pytestmark = pytest.mark.browser

FOLLOW_BY_STREAM = """topic => {
    globalThis.heard = [];
    globalThis.recovered = [];
    const source = new EventSource(`/realtime/events?topic=${topic}`);
    source.addEventListener("welcome", (event) => {
        recovered.push(JSON.parse(event.data).subscriptions[0].recovered ?? null);
    });
    source.addEventListener("message", (event) => heard.push(JSON.parse(event.data).data));
}"""
FOLLOW_BY_SOCKET = """async topic => {
    globalThis.heard = [];
    globalThis.gaps = [];
    globalThis.signals = [];
    globalThis.states = [];
    globalThis.present = [];
    const { connect } = await import("/static/realtime.js");
    const live = connect({
        url: "/realtime/socket",
        onStatus: ({ state }) => states.push(state),
    });
    globalThis.room = live.subscribe(topic, {
        presence: true,
        onMessage: (data) => heard.push(data),
        onGap: ({ reason }) => gaps.push(reason),
        onSignal: (data) => signals.push(data),
        onPresence: ({ members }) => {
            globalThis.present = (members ?? []).map((member) => member.meta.name).sort();
        },
    });
}"""

KNOWN = "JSON.stringify([globalThis.heard, globalThis.gaps, globalThis.states])"


@dataclass
class Place:
    """A node, and the wire between it and the browsers."""

    node: Node
    wire: ChaosProxy
    browser: Browser
    stack: AsyncExitStack

    async def open(self, name: str) -> tuple[BrowserContext, Page]:
        """Returns a page in which a person is signed in."""
        address = f"http://127.0.0.1:{self.wire.port}"
        context = await self.stack.enter_async_context(context_of(self.browser, base_url=address))
        await context.add_cookies([{"name": "session", "value": name, "url": address}])
        page = await context.new_page()
        await page.goto("/")
        return context, page

    async def publish(self, topic: str, *values: object) -> None:
        """Publishes past the wire."""
        async with httpx.AsyncClient(base_url=self.node.url, timeout=60) as client:
            for value in values:
                answer = await client.post(f"/publish/{topic}", content=json.dumps(value))
                answer.raise_for_status()


@pytest.fixture(scope="module")
async def place(browser: Browser, settings: Settings) -> AsyncIterator[Place]:
    """Yields a running node behind a wire that can be cut."""
    public_port = free_port()
    environment = {
        "PUBLIC_URL": f"http://127.0.0.1:{public_port}",
        "REALTIME_RETRY_WINDOW_SECONDS": "0.3",
        "REALTIME_PRESENCE_LINGER_SECONDS": "0.1",
    }
    async with AsyncExitStack() as stack:
        node = Node(settings.redis.url, **environment)
        stack.push_async_callback(node.close)
        await node.start()
        wire = ChaosProxy(("127.0.0.1", node.port), port=public_port)
        yield Place(node, await stack.enter_async_context(wire), browser, stack)


async def shows(page: Page, name: str, value: Any) -> None:
    """Waits until a variable of the page has a value."""
    script = "([name, value]) => JSON.stringify(globalThis[name]) === JSON.stringify(value)"
    try:
        await page.wait_for_function(script, arg=[name, value])
    except TimeoutError:
        pytest.fail(f"{name} is not {value}; heard, gaps, states: {await page.evaluate(KNOWN)}")


async def test_an_event_source_resumes_by_its_last_event_id(place: Place) -> None:
    _, page = await place.open("ada")
    await page.evaluate(FOLLOW_BY_STREAM, "room:stream")
    await shows(page, "recovered", [None])
    await place.publish("room:stream", 1)
    await shows(page, "heard", [1])

    place.wire.is_refusing = True
    place.wire.cut()
    await place.publish("room:stream", 2, 3)
    place.wire.is_refusing = False

    await shows(page, "recovered", [None, True])
    await place.publish("room:stream", 4)
    await shows(page, "heard", [1, 2, 3, 4])


async def test_a_new_event_source_knows_no_last_event_id_and_misses_it(place: Place) -> None:
    _, page = await place.open("ada")
    await place.publish("room:anew", 1)

    await page.evaluate(FOLLOW_BY_STREAM, "room:anew")
    await shows(page, "recovered", [None])
    await place.publish("room:anew", 2)

    await shows(page, "heard", [2])


async def test_no_data_becomes_an_event_of_its_own(place: Place) -> None:
    _, page = await place.open("ada")
    await page.evaluate(FOLLOW_BY_STREAM, "room:forged")
    await shows(page, "recovered", [None])
    breaks = ("\r", "\n", "\r\n", "\u2028", "\u2029", "\x85", "\0")
    values = [f"{one}{one}event: welcome{one}data: {{}}{one}id: 7{one}{one}" for one in breaks]

    await place.publish("room:forged", *values, "last")

    await shows(page, "heard", [*values, "last"])
    await shows(page, "recovered", [None])


async def test_a_page_that_was_offline_gets_everything_once(place: Place) -> None:
    context, page = await place.open("ada")
    await page.evaluate(FOLLOW_BY_SOCKET, "room:offline")
    await shows(page, "present", ["ada"])
    await place.publish("room:offline", 1)
    await shows(page, "heard", [1])

    await context.set_offline(True)
    place.wire.is_refusing = True  # Chromium emulates this for requests, not for sockets
    place.wire.cut()
    await page.wait_for_function('globalThis.states.at(-1) === "offline"')
    await place.publish("room:offline", 2, 3)
    place.wire.is_refusing = False
    await context.set_offline(False)

    await place.publish("room:offline", 4)
    await shows(page, "heard", [1, 2, 3, 4])
    await shows(page, "gaps", [])
    assert await page.evaluate("globalThis.states.at(-1)") == "live"


async def test_two_people_see_each_other_come_talk_and_go(place: Place) -> None:
    _, adas = await place.open("ada")
    await adas.evaluate(FOLLOW_BY_SOCKET, "room:two")
    await shows(adas, "present", ["ada"])
    context, graces = await place.open("grace")
    await graces.evaluate(FOLLOW_BY_SOCKET, "room:two")
    for page in (adas, graces):
        await shows(page, "present", ["ada", "grace"])

    await graces.evaluate("globalThis.room.signal({ typing: true })")
    await shows(adas, "signals", [{"typing": True}])
    await place.publish("room:two", "hello")
    for page in (adas, graces):
        await shows(page, "heard", ["hello"])
    assert await graces.evaluate("globalThis.signals") == []

    await context.close()
    await shows(adas, "present", ["ada"])
