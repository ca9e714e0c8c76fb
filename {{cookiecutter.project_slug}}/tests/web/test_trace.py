"""TRACE would send back what a request holds, cookies included."""

import pytest
from quart import Quart


@pytest.mark.parametrize("path", ["/", "/livez", "/sign-in", "/api/v1/accounts/me"])
async def test_no_request_is_sent_back(app: Quart, path: str) -> None:
    headers = {"Cookie": "a=secret"}
    response = await app.test_client().open(path, method="TRACE", headers=headers, json=None)

    assert response.status_code == 405
    assert b"secret" not in await response.get_data()
