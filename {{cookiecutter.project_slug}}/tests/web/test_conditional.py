"""What one has is not sent again, and what one has not seen is not overwritten."""

from typing import cast

import pytest
from quart import Quart
from quart.typing import ResponseReturnValue
from quart.typing import TestClientProtocol as Client

from app.errors import Stale
from app.web import guard
from app.web import limit
from app.web import public
from app.web.conditional import conditional
from app.web.conditional import expected_version
from app.web.conditional import version_tag
from app.web.conditional import writes_conditionally

PATH = "/api/v1/poem"
TAG = '"3"'


@pytest.fixture
def client(small_app: Quart) -> Client:
    """Returns a client of an application with a poem in version 3."""

    @small_app.get(PATH)
    @guard(public)
    @limit("1000/minute")
    @conditional
    async def poem() -> ResponseReturnValue:
        return {"lines": 3}, 200, {"ETag": version_tag(3)}

    @small_app.get(PATH + "/plain")
    @guard(public)
    @limit("1000/minute")
    @conditional
    async def plain() -> ResponseReturnValue:
        return {"lines": 3}

    @small_app.put(PATH)
    @guard(public)
    @limit("1000/minute")
    @writes_conditionally(required=True)
    async def rewrite() -> ResponseReturnValue:
        if expected_version() not in {None, 3}:
            raise Stale("it is in version 3")
        return {}

    return small_app.test_client()


async def test_without_a_condition_everything_is_sent_with_its_tag(
    client: Client,
) -> None:
    answer = await client.get(PATH)

    assert (answer.status_code, answer.headers["ETag"]) == (200, TAG)
    assert await answer.get_json() == {"lines": 3}


@pytest.mark.parametrize("sent", [TAG, f"W/{TAG}", f'"1", {TAG}', "*"])
async def test_who_has_it_is_told_so_and_gets_no_body(client: Client, sent: str) -> None:
    answer = await client.get(PATH, headers={"If-None-Match": sent})

    assert (answer.status_code, answer.headers["ETag"]) == (304, TAG)
    assert await answer.get_data(as_text=False) == b""


@pytest.mark.parametrize("sent", ['"2"', "nonsense", '""', ""])
async def test_who_has_something_else_gets_everything(client: Client, sent: str) -> None:
    answer = await client.get(PATH, headers={"If-None-Match": sent})

    assert answer.status_code == 200


async def test_an_answer_without_a_version_is_tagged_by_its_bytes(
    client: Client,
) -> None:
    tag = (await client.get(PATH + "/plain")).headers["ETag"]

    again = await client.get(PATH + "/plain", headers={"If-None-Match": tag})

    assert tag.startswith('"')
    assert again.status_code == 304


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (None, 428),
        (TAG, 200),
        ("*", 200),
        ('"2"', 412),
        (f"W/{TAG}", 412),
        (f'"2", {TAG}', 412),
        ("3", 200),
        ('"three"', 412),
        ('""', 412),
        ('"٣"', 412),
    ],
)
async def test_only_who_has_seen_the_newest_may_overwrite_it(
    client: Client, sent: str | None, status: int
) -> None:
    headers = {} if sent is None else {"If-Match": sent}

    answer = await client.put(PATH, headers=headers)

    assert answer.status_code == status
    if status >= 400:
        told = cast("dict[str, str]", await answer.get_json(force=True))
        assert told["type"] == ("/problems/stale" if sent else "/problems/precondition-required")
