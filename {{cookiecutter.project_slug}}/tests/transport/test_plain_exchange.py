"""The usual exchange is cheap, and every other one is as it was."""

import asyncio
import gc
import weakref
from collections.abc import Callable
from typing import Any

import pytest
from quart import Blueprint
from quart import Quart
from quart import Response
from quart import after_this_request
from quart import request
from quart.asgi import ASGIHTTPConnection
from quart.typing import ResponseTypes

from app.settings import WebSettings
from app.transport import harden
from app.transport.plain_exchange import PlainHTTPConnection
from tests.transport.exchanges import exchange
from tests.transport.exchanges import scope
from tests.transport.servers import Server
from tests.transport.servers import connected
from tests.transport.servers import get
from tests.transport.servers import hypercorn
from tests.transport.servers import until
from tests.transport.servers import uvicorn_server

BOTH = pytest.mark.parametrize("server", [hypercorn, uvicorn_server])


class Noting:
    """A view that notes which task runs it."""

    def __init__(self, app: Quart) -> None:
        self.task: asyncio.Task[Any] | None = None
        app.get("/noting")(self.view)

    async def view(self) -> dict[str, str]:
        """Answers in one piece."""
        self.task = asyncio.current_task()
        return {"message": "hello"}


async def test_a_whole_answer_takes_no_task_and_two_messages(hardened: Quart) -> None:
    noting = Noting(hardened)

    sent = await exchange(hardened, scope("/noting"))

    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    assert noting.task is asyncio.current_task()


async def test_stock_quart_takes_tasks_and_three_messages_for_it(stock: Quart) -> None:
    noting = Noting(stock)

    sent = await exchange(stock, scope("/noting"))

    assert len(sent) == 3
    assert noting.task is not asyncio.current_task()


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "GET"])
async def test_a_body_that_may_come_is_read(hardened: Quart, method: str) -> None:
    @hardened.route("/echo", methods=[method])
    async def echo() -> bytes:
        data = await request.get_data(as_text=False)
        assert isinstance(data, bytes)
        return data

    # Over HTTP/2 a body may come without its length; with GET only one that was announced is one.
    length = [(b"content-length", b"5")] if method == "GET" else []
    sent = await exchange(hardened, scope("/echo", method=method, headers=length), body=b"hello")

    assert b"".join(message.get("body", b"") for message in sent) == b"hello"


async def test_what_is_known_of_a_request_is_what_quart_knows(
    hardened: Quart, stock: Quart
) -> None:
    async def send(message: Any) -> None:
        raise AssertionError(message)

    asked: Any = scope("/somewhere")
    quick = PlainHTTPConnection(hardened, asked)._create_request_from_scope(send)
    slow = ASGIHTTPConnection(stock, asked)._create_request_from_scope(send)

    assert list(quick.headers) == list(slow.headers)
    assert (quick.url, quick.remote_addr) == (slow.url, slow.remote_addr)
    assert (quick.args, quick.method, quick.http_version) == (slow.args, slow.method, "1.1")


@pytest.mark.parametrize("path", ["/somewhere", "//twice/", "/%41"])
async def test_a_request_without_a_body_lacks_nothing_that_others_have(
    hardened: Quart, path: str
) -> None:
    async def send(message: Any) -> None:
        raise AssertionError(message)

    connection = PlainHTTPConnection(hardened, scope(path))  # type: ignore[arg-type]
    quick, slow = (
        connection._request_without_body(send),
        connection._create_request_from_scope(send),
    )

    assert vars(quick).keys() | {"content_length"} == vars(slow).keys() | {"content_length"}
    for name in ("method", "path", "url", "root_path", "server", "remote_addr", "content_length"):
        assert getattr(quick, name) == getattr(slow, name)
    assert await quick.get_data() == b""
    assert list(quick.headers) == list(slow.headers)


async def test_the_blueprints_of_a_request_are_those_that_quart_names(
    hardened: Quart, stock: Quart
) -> None:
    def with_nested(app: Quart) -> Quart:
        outer, inner = Blueprint("outer", "outer"), Blueprint("inner", "inner")

        @inner.get("/nested")
        async def nested() -> list[str]:
            return list(request.blueprints)

        outer.register_blueprint(inner)
        app.register_blueprint(outer)
        return app

    answers = [await with_nested(app).test_client().get("/nested") for app in (hardened, stock)]

    assert [await answer.get_json() for answer in answers] == [["outer.inner", "outer"]] * 2


@BOTH
async def test_answers_follow_each_other_on_one_connection(hardened: Quart, server: Server) -> None:
    @hardened.get("/whole")
    async def whole() -> str:
        return "x" * 100

    async with server(hardened) as port, connected(port) as client:
        for _ in range(3):
            await client.send(get("/whole"))
            assert await client.answer() == (200, b"x" * 100)


@BOTH
async def test_a_whole_answer_that_nobody_reads_ends_in_time(server: Server) -> None:
    app = Quart("hardened", static_folder=None)
    harden(app, WebSettings.model_construct(write_seconds=0.2))
    ended = asyncio.Event()
    inner = app.asgi_app

    async def watched(*asgi: Any) -> None:
        try:
            await inner(*asgi)
        finally:
            if asgi[0]["type"] == "http":
                ended.set()

    app.asgi_app = watched  # type: ignore[assignment, method-assign]

    @app.get("/large")
    async def large() -> bytes:
        return b"x" * 32 * 1024 * 1024

    async with server(app) as port, connected(port) as client:
        await client.send(get("/large"))
        await asyncio.wait_for(ended.wait(), 60)


@BOTH
async def test_a_view_that_fails_is_told_as_before(hardened: Quart, server: Server) -> None:
    @hardened.get("/failing")
    async def failing() -> str:
        raise RuntimeError("a fault in the view")

    async with server(hardened) as port, connected(port) as client:
        await client.send(get("/failing"))
        assert (await client.answer())[0] == 500


async def test_hooks_run_threaded_or_not_and_those_of_one_request_are_let_go(
    hardened: Quart,
) -> None:
    hooks: list[weakref.ref[Callable[..., Any]]] = []
    ran = []

    @hardened.before_request
    def threaded() -> None:
        ran.append("threaded")

    @hardened.get("/hooked")
    async def hooked() -> str:
        @after_this_request
        async def once(response: ResponseTypes) -> ResponseTypes:
            response.headers["X-Once"] = "yes"
            return response

        hooks.append(weakref.ref(once))
        return "ok"

    for _ in range(2):
        answer = await hardened.test_client().get("/hooked")
        assert answer.headers["X-Once"] == "yes"
    del answer
    gc.collect()

    assert ran == ["threaded", "threaded"]
    await until(lambda: all(hook() is None for hook in hooks))


async def test_quart_asks_once_whether_a_function_is_asynchronous() -> None:
    asked = []

    class Asked(Quart):
        def ensure_async(self, func: Any) -> Any:
            asked.append(func)
            return super().ensure_async(func)

    app = Asked("asked", static_folder=None)
    harden(app, WebSettings())

    @app.get("/often")
    async def often() -> Response:
        return Response("ok")

    for _ in range(3):
        await app.test_client().get("/often")

    assert asked.count(often) == 1
