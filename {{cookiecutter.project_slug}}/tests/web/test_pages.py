"""The frame of every page, and the first one."""

from quart import Quart

from tests.web.conftest import People


async def page_of(app: Quart, path: str, cookie: str = "") -> str:
    """Returns a page as text."""
    client = app.test_client()
    if cookie:
        client.set_cookie("localhost", "session", cookie)
    return await (await client.get(path, headers={"Accept": "text/html"})).get_data(as_text=True)


async def test_a_visitor_is_invited(small_app: Quart) -> None:
    page = await page_of(small_app, "/")

    assert 'href="/sign-in"' in page
    assert 'href="/sign-up"' in page
    assert 'href="/notes"' not in page


async def test_a_person_finds_the_ways_in(small_app: Quart) -> None:
    page = await page_of(small_app, "/", "ada")

    assert "Hello, <bdi>Ada</bdi>" in page
    assert 'href="/notes"' in page
    assert "Everything you wrote down." in page
    assert 'href="/sign-in"' not in page


async def test_the_page_in_use_is_marked(small_app: Quart) -> None:
    page = await page_of(small_app, "/notes", "ada")

    assert 'href="/notes" aria-current="page"' in page
    assert "<title>Harbour</title>" in page


async def test_a_page_of_an_error_knows_who_reads_it(small_app: Quart) -> None:
    page = await page_of(small_app, "/nothing", "ada")

    assert "There is nothing here" in page
    assert "Account of Ada" in page


async def test_a_visitor_needs_no_database(small_app: Quart, people: People) -> None:
    response = await small_app.test_client().get("/")

    assert response.status_code == 200
    assert people.asked == 1
