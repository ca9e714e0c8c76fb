"""What a page is told of its calls, in Chromium and against answers made of paper."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser
from playwright.async_api import Page
from playwright.async_api import Route

import app.web
from tests.windows import context_of

pytestmark = pytest.mark.browser

STATIC = Path(app.web.__file__).parent / "static"
CALL = """async ({ method = "GET", path, body, options, settings }) => {
    const { Failure, callsTo } = await import("/calls.js");
    try {
        return [await callsTo("/api", settings)(method, path, body, options)];
    } catch (failure) {
        if (!(failure instanceof Failure)) return [failure.name];
        const { message, status, field, again, afterMs } = failure;
        return { message, status, field, again, afterMs };
    }
}"""
ABANDON = """async () => {
    const { callsTo } = await import("/calls.js");
    const asking = new AbortController();
    const asked = callsTo("/api")("GET", "/never", undefined, { signal: asking.signal });
    asking.abort();
    return asked.catch((failure) => failure.name);
}"""
BROKEN = "The service has a problem. Try again in a moment."
UNREACHED = "The service cannot be reached."
NO_TEXT: dict[str, object] = {"detail": ["no text"], "title": ""}
# The path, the status and the body of an answer, and what of the failure is not as usual.
REFUSALS: list[tuple[str, int, object, dict[str, object]]] = [
    ("/signed-out", 401, {"detail": "who is it"}, {"message": "You are signed out. Load the"}),
    ("/changed", 412, {"detail": "no match"}, {"message": "It was changed meanwhile: load"}),
    ("/fast", 429, {}, {"message": "That was a little fast. Wait", "again": True, "afterMs": 7000}),
    ("/slow", 408, {"title": "late"}, {"message": "Late", "again": True}),
    ("/broken", 500, {"detail": "a secret"}, {"message": BROKEN, "again": True}),
    ("/gone", 404, {"title": "Not found", "detail": "no such room"}, {"message": "No such room"}),
    (
        "/wrong",
        422,
        {"title": "Invalid", "errors": [{"field": "name", "detail": "is too long"}]},
        {"message": "Is too long", "field": "name"},
    ),
    ("/proxy", 403, "<!doctype html>", {"message": "That did not work."}),
    ("/null", 400, None, {"message": "That did not work."}),
    ("/no-text", 400, NO_TEXT, {"message": "That did not work."}),
    ("/portal", 200, "<!doctype html>", {"message": BROKEN, "again": True}),
]
USUAL = {"field": "", "again": False, "afterMs": 0}


async def answer(route: Route) -> None:
    """Answers as the path says: with a refusal, with nothing, not at all, or with what was sent."""
    request = route.request
    path = request.url.removeprefix("http://paper.test/api")
    refusal = {path: (status, body) for path, status, body, _ in REFUSALS}.get(path)
    if refusal:
        status, body = refusal
        text = body if isinstance(body, str) else json.dumps(body)
        await route.fulfill(
            status=status, body=text, headers={"Retry-After": "7"} if path == "/fast" else {}
        )
    elif path == "/nothing":
        await route.fulfill(status=204)
    elif path == "/away":
        await route.abort()
    elif path != "/never":
        names = ("content-type", "if-match", "signed-in-as")
        headers = {name: request.headers.get(name) for name in names}
        await route.fulfill(json=[request.method, path, request.post_data, headers])


async def module(route: Route) -> None:
    """Answers with one of our modules."""
    name = urlsplit(route.request.url).path.removeprefix("/")
    await route.fulfill(path=STATIC / name, content_type="text/javascript")


@pytest.fixture(scope="module")
async def page(browser: Browser) -> AsyncIterator[Page]:
    """Yields a page that can import the module, and whose calls `answer` answers."""
    async with context_of(browser) as context:
        opened = await context.new_page()
        await opened.route("http://paper.test/api/**", answer)
        await opened.route("http://paper.test/*.js", module)
        await opened.route(
            "http://paper.test/",
            lambda route: route.fulfill(body="<!doctype html>", content_type="text/html"),
        )
        await opened.goto("http://paper.test/")
        yield opened


async def told(page: Page, path: str, **facts: object) -> Any:
    """Returns what a call returns, in a list, or the facts of its failure."""
    return await page.evaluate(CALL, {"path": path, **facts})


async def test_a_call_sends_json_and_its_headers_and_returns_the_json_of_the_answer(
    page: Page,
) -> None:
    options = {"headers": {"If-Match": '"3"'}}

    [sent] = await told(page, "/things", method="PUT", body={"on": True}, options=options)

    headers = {"content-type": "application/json", "if-match": '"3"', "signed-in-as": None}
    assert sent == ["PUT", "/things", '{"on":true}', headers]


async def test_a_call_without_a_body_says_nothing_about_one(page: Page) -> None:
    [[*_, headers]] = await told(page, "/things")

    assert set(headers.values()) == {None}


async def test_a_call_says_whom_the_page_was_made_for(page: Page) -> None:
    await page.evaluate("document.head.innerHTML = '<meta name=signed-in-as content=ada>'")

    [[*_, headers]] = await told(page, "/things")
    await page.evaluate("document.head.replaceChildren()")

    assert headers["signed-in-as"] == "ada"


async def test_an_answer_without_a_body_is_null(page: Page) -> None:
    assert await told(page, "/nothing", method="DELETE") == [None]


@pytest.mark.parametrize(
    ("path", "status", "facts"),
    [(path, status, facts) for path, status, _, facts in REFUSALS],
    ids=[path for path, *_ in REFUSALS],
)
async def test_a_refusal_is_a_failure_in_words(
    page: Page, path: str, status: int, facts: dict[str, object]
) -> None:
    failure = await told(page, path)

    expected = {**USUAL, **facts, "status": status}
    message = str(expected["message"])
    assert {**failure, "message": failure["message"][: len(message)]} == expected


@pytest.mark.parametrize(
    ("path", "settings"), [("/away", {}), ("/never", {"callMs": 1})], ids=["cut", "never answered"]
)
async def test_where_nobody_answers_the_call_may_be_made_again(
    page: Page, path: str, settings: dict[str, int]
) -> None:
    failure = await told(page, path, settings=settings)

    assert failure == {**USUAL, "message": UNREACHED, "status": 0, "again": True}


async def test_a_call_that_the_page_gives_up_is_no_failure(page: Page) -> None:
    assert await page.evaluate(ABANDON) == "AbortError"
