"""Requests that a foreign page makes a visitor's browser send."""

import pytest
from quart import Quart

from tests.web.conftest import ORIGIN

ELSEWHERE = "https://elsewhere.example"


@pytest.mark.parametrize(
    ("cookie", "headers", "status"),
    [
        ("ada", {"Origin": ORIGIN}, 201),
        ("ada", {"Sec-Fetch-Site": "same-origin"}, 201),
        ("ada", {"Origin": "http://localhost:8000", "Sec-Fetch-Site": "same-origin"}, 201),
        ("ada", {}, 403),
        ("ada", {"Origin": ELSEWHERE}, 403),
        ("ada", {"Origin": "null"}, 403),
        ("ada", {"Origin": ORIGIN + ".elsewhere.example"}, 403),
        ("ada", {"Origin": ORIGIN.replace("http", "https")}, 403),
        ("ada", {"Origin": ORIGIN + "1"}, 403),
        ("ada", {"Sec-Fetch-Site": "cross-site"}, 403),
        ("ada", {"Sec-Fetch-Site": "same-site"}, 403),
        ("ada", {"Sec-Fetch-Site": "none"}, 403),
        ("ada", {"Referer": ORIGIN + "/"}, 403),
        ("", {}, 201),
        ("", {"Origin": ELSEWHERE}, 403),
        ("", {"Sec-Fetch-Site": "cross-site"}, 403),
    ],
)
async def test_an_unsafe_request_has_to_come_from_a_page_of_ours(
    small_app: Quart, cookie: str, headers: dict[str, str], status: int
) -> None:
    client = small_app.test_client()
    if cookie:
        client.set_cookie("localhost", "session", cookie)

    response = await client.post("/api/v1/notes", json={"title": "ok"}, headers=headers)

    assert response.status_code == status


async def test_reading_is_allowed_from_anywhere(small_app: Quart) -> None:
    client = small_app.test_client()
    client.set_cookie("localhost", "session", "ada")

    response = await client.get("/api/v1/mine", headers={"Origin": ELSEWHERE})

    assert response.status_code == 200
