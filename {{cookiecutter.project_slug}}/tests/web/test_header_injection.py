"""Text of a caller in a header never begins another header (B21)."""

from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies
from quart import Quart
from quart import Response
from quart import redirect
from quart import request
from quart import send_file

from app.settings import WebSettings
from app.transport import harden
from tests.web.overload import call

BREAKS = strategies.sampled_from(
    ["\r\nSet-Cookie: x=1", "\n", "\r", "\x00", "\x85", "\u2028", "%0d%0a"]
)
TEXTS = strategies.lists(strategies.text(max_size=20) | BREAKS, max_size=6).map("".join)
BROKEN = (b"\r", b"\n")


def parrot() -> Quart:
    """Returns an application that puts what it is told into headers of every sort."""
    app = Quart("parrot")
    harden(app, WebSettings.model_construct())
    app.config["SAID"] = ""

    @app.get("/location")
    async def location() -> Any:
        return redirect(app.config["SAID"])

    @app.get("/disposition")
    async def disposition() -> Response:
        name = app.config["SAID"]
        return await send_file(BytesIO(b"x"), attachment_filename=name, as_attachment=True)

    @app.get("/cookie")
    async def cookie() -> Response:
        response = Response("")
        response.set_cookie("said", app.config["SAID"])
        return response

    @app.get("/plain")
    async def plain() -> Response:
        return Response("", headers={"X-Said": app.config["SAID"]})

    @app.get("/echo")
    async def echo() -> Response:
        return Response("", headers={"X-Said": request.headers.get("X-Say", "")})

    app.logger.disabled = True
    return app


PARROT = parrot()


@pytest.mark.parametrize("path", ["/location", "/disposition", "/cookie", "/plain"])
@given(said=TEXTS)
@hypothesis_settings(max_examples=60, deadline=None)
async def test_no_text_breaks_out_of_its_header(path: str, said: str) -> None:
    PARROT.config["SAID"] = said

    answer = await call(PARROT, path)

    assert answer["status"] in {200, 302, 500}
    for name, value in answer["headers"]:
        assert not any(broken in name + value for broken in BROKEN)
    assert [name for name, _ in answer["headers"]].count(b"set-cookie") == (path == "/cookie") * (
        answer["status"] == 200
    )


async def test_joining_headers_by_hand_does_break_out() -> None:
    said = "en\r\nSet-Cookie: session=stolen"

    naive = f"HTTP/1.1 200 OK\r\nContent-Language: {said}\r\n\r\n"

    assert "\r\nSet-Cookie: session=stolen" in naive
