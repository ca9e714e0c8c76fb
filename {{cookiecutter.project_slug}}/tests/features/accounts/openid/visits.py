"""Ways to the provider of the tests and back."""

from urllib.parse import urlsplit

import httpx
from quart import Quart

from app.principal import Principal
from app.resources import resources_of
from tests.people import Browser
from tests.people import Person
from tests.people import join

CALLBACK = "/sign-in/with/example/callback"


async def consent(url: str, sub: str) -> str:
    """Signs in at the provider, and returns where it sends the browser: a path of ours."""
    async with httpx.AsyncClient(timeout=60) as elsewhere:
        answer = await elsewhere.post(url, data={"sub": sub})
    back = urlsplit(answer.headers["Location"])
    return f"{back.path}?{back.query}"


async def there_and_back(
    browser: Browser, sub: str, *, start: str = "/sign-in/with/example"
) -> str:
    """Goes to the provider and returns the address of the way back, not yet taken."""
    left = await browser.get(start)
    assert left.status_code == 303
    return await consent(left.headers["Location"], sub)


async def who_is(browser: Browser) -> str:
    answer = await browser.get("/api/v1/accounts/me")
    return (await answer.get_json())["user"]["email"] if answer.status_code == 200 else ""


async def connected(app: Quart, sub: str = "lin") -> Person:
    """Returns Lin, who has a password and has connected an account of the provider."""
    lin = await join(app, "Lin")
    await connect(lin, sub)
    return lin


async def connect(person: Person, sub: str) -> None:
    """Connects an account of the provider with somebody who has just signed in."""
    answer = await person.client.post("/account/providers/example/link")
    page = await answer.get_data(as_text=True)
    url = page.partition('class="button" href="')[2].partition('"')[0].replace("&amp;", "&")
    await person.client.get(await consent(url, sub))


async def person_in(app: Quart, browser: Browser) -> Principal:
    cookies = {one.name: one.value or "" for one in browser.cookie_jar or ()}
    return await resources_of(app).identity.principal(cookies)
