"""Headers of every response."""

import pytest
from quart import Quart
from quart import render_template_string

from app.settings import Settings
from app.web import guard
from app.web import public
from app.web.headers import ALWAYS

PATHS = ["/", "/livez", "/nothing", "/api/v1/mine", "/static/web/tokens.css", "/openapi.json"]


@pytest.mark.parametrize("path", PATHS)
async def test_every_response_tells_browsers_to_be_careful(small_app: Quart, path: str) -> None:
    response = await small_app.test_client().get(path)

    assert {name: response.headers.get(name) for name in ALWAYS} == ALWAYS
    assert "Strict-Transport-Security" not in response.headers


@pytest.fixture
def small_settings() -> Settings:
    """Returns settings, of a service over TLS where a test asks for it."""
    return Settings.model_construct(app_name="Harbour", public_url="http://127.0.0.1:8000")


async def test_pages_bring_nothing_inline(small_app: Quart) -> None:
    page = await (await small_app.test_client().get("/")).get_data(as_text=True)

    assert "<script>" not in page
    assert " style=" not in page
    assert "<style" not in page
    assert " onclick=" not in page


async def test_what_belongs_to_a_person_is_not_kept(small_app: Quart) -> None:
    client = small_app.test_client()
    client.set_cookie("localhost", "session", "ada")

    answer = await client.get("/api/v1/mine")
    page = await client.get("/notes")

    assert answer.headers["Cache-Control"] == "no-store"
    assert page.headers["Cache-Control"] == "private, no-cache"
    assert page.headers["Vary"] == "Cookie"


async def test_files_are_kept_for_long_under_an_address_with_their_version(
    small_app: Quart,
) -> None:
    client = small_app.test_client()
    page = await (await client.get("/")).get_data(as_text=True)
    address = page.partition('href="/static/web/tokens.css')[2].partition('"')[0]
    assert address.startswith("?v=")

    versioned = await client.get("/static/web/tokens.css" + address)
    plain = await client.get("/static/web/tokens.css")
    wrong = await client.get("/static/web/tokens.css?v=0")

    assert versioned.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert plain.headers["Cache-Control"] == wrong.headers["Cache-Control"] == "no-cache"
    assert "ETag" in plain.headers
    assert "Vary" not in versioned.headers


async def test_a_file_that_is_not_there_is_not_kept(small_app: Quart) -> None:
    response = await small_app.test_client().get("/static/web/../web/nothing.css?v=1")

    assert response.status_code == 404
    assert "immutable" not in response.headers["Cache-Control"]


async def test_a_page_that_asks_for_a_nonce_gets_a_new_one_each_time(small_app: Quart) -> None:
    @small_app.get("/inline")
    @guard(public)
    async def inline() -> str:
        return await render_template_string('<script nonce="{{ csp_nonce() }}">1</script>')

    answers = [await small_app.test_client().get("/inline") for _ in range(2)]
    nonces = [
        (await answer.get_data(as_text=True)).partition('nonce="')[2].partition('"')[0]
        for answer in answers
    ]

    assert len(set(nonces)) == 2
    for answer, nonce in zip(answers, nonces, strict=True):
        policy = answer.headers["Content-Security-Policy"]
        assert policy.count(f"'nonce-{nonce}'") == 2
        assert len(nonce) >= 22
        assert "default-src 'none'" in policy
