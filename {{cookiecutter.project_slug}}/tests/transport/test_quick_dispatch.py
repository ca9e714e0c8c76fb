"""Whatever an application hangs on a request happens as in stock Quart, in the same order."""

from collections.abc import Callable
from typing import Any

import pytest
from quart import Blueprint
from quart import Quart
from quart import Response
from quart import abort
from quart import after_this_request
from quart import g
from quart import request
from quart import signals
from quart import stream_with_context
from quart.ctx import AppContext
from quart.typing import ResponseTypes

from app.transport.quick_dispatch import dispatch_quickly
from tests.transport.exchanges import exchange
from tests.transport.exchanges import scope

Told = list[str]
Hang = Callable[[Quart, Told], Any]
SIGNALS = (
    "appcontext_popped",
    "appcontext_pushed",
    "appcontext_tearing_down",
    "got_request_exception",
    "request_finished",
    "request_started",
    "request_tearing_down",
)


def hooks(app: Quart, told: Told) -> None:
    """Hangs every kind of hook on the application, threaded and not, and on its blueprints."""
    outer, inner = Blueprint("outer", "outer"), Blueprint("inner", "inner")
    for name, place in (("app", app), ("outer", outer), ("inner", inner)):
        _hang_hooks(name, place, told)
    inner.get("/nested/<int:number>")(number_of)
    outer.register_blueprint(inner)
    app.register_blueprint(outer)


def _hang_hooks(name: str, place: Quart | Blueprint, told: Told) -> None:
    @place.before_request
    async def before() -> None:
        told.append(f"{name}: before {request.endpoint}")

    @place.before_request
    def before_in_a_thread() -> None:
        told.append(f"{name}: before, in a thread")

    @place.after_request
    async def after(response: ResponseTypes) -> ResponseTypes:
        told.append(f"{name}: after {response.status_code}")
        response.headers[f"X-{name}"] = "seen"
        return response

    @place.after_request
    def replace(response: ResponseTypes) -> ResponseTypes:
        return Response("replaced", 203, response.headers) if name == "inner" else response

    @place.teardown_request
    async def ended(fault: BaseException | None) -> None:
        told.append(f"{name}: over, {fault!r}")

    @place.url_value_preprocessor
    def read(endpoint: str | None, values: dict[str, Any] | None) -> None:
        told.append(f"{name}: {endpoint} {values}")


async def number_of(number: int) -> str:
    """Answers with a number."""
    return str(number)


def early(app: Quart, told: Told) -> None:
    """Has a hook answer in the place of the view."""

    @app.before_request
    async def refuse() -> tuple[str, int]:
        return "not today", 403

    @app.before_request
    async def never() -> None:
        told.append("asked after the answer")


def once(app: Quart, told: Told) -> None:
    """Has a view ask for something after this one request, and keep something during it."""

    @app.get("/once")
    async def view() -> str:
        @after_this_request
        def add(response: ResponseTypes) -> ResponseTypes:
            response.headers["X-Once"] = g.kept
            return response

        g.kept = "kept"
        return "ok"

    @app.teardown_appcontext
    async def ended(fault: BaseException | None) -> None:
        told.append(f"kept {g.kept}, {fault!r}")


def faults(app: Quart, told: Told) -> None:
    """Has views and hooks fail, with handlers and without."""

    @app.get("/fault")
    async def fault() -> str:
        raise LookupError("in the view")

    @app.get("/handled")
    async def handled() -> str:
        raise KeyError("in the view")

    @app.errorhandler(KeyError)
    async def handler(error: KeyError) -> tuple[str, int]:
        return f"handled {error!r}", 418

    @app.get("/aborted")
    async def aborted() -> str:
        abort(409)

    @app.after_request
    async def after(response: ResponseTypes) -> ResponseTypes:
        told.append(f"after {response.status_code}")
        if "spoil" in request.args and response.status_code != 500:
            raise ZeroDivisionError
        return response

    @app.teardown_request
    async def ended(fault: BaseException | None) -> None:
        told.append(f"over, {fault!r}")


def others_listen(app: Quart, told: Told) -> None:
    """Connects a receiver to each signal."""
    hooks(app, told)
    for name in SIGNALS:
        _listen(app, name, told)


def _listen(app: Quart, name: str, told: Told) -> None:
    async def hear(sender: Quart, **facts: Any) -> None:
        told.append(f"{name} {sorted(set(facts) - {'_async_wrapper'})}")

    getattr(signals, name).connect(hear, app, weak=False)


def own_steps(app: Quart, told: Told) -> None:
    """Replaces steps of the way, as extensions do."""
    preprocess, process = app.preprocess_request, app.process_response

    async def own_preprocess(*context: Any) -> Any:
        told.append("own preprocess")
        return await preprocess(*context)

    async def own_process(*args: Any) -> Any:
        told.append("own process")
        return await process(*args)

    app.preprocess_request = own_preprocess  # type: ignore[assignment, method-assign]
    app.process_response = own_process  # type: ignore[assignment, method-assign]


def streams(app: Quart, told: Told) -> None:
    """Has an answer be made while it is sent, inside the context of its request."""

    @app.get("/stream")
    async def stream() -> Any:
        @stream_with_context
        async def parts() -> Any:
            yield f"{request.path} "
            yield str(request.args["a"])

        return parts()


async def traced(hang: Hang, path: str, *, is_quick: bool) -> tuple[Told, int, bytes, Any]:
    """Returns what happens on the way of a request, and its answer."""
    app, told = Quart("traced", static_folder=None), Told()
    app.secret_key = "for the session"
    app.get("/plain")(lambda: "plain")
    hang(app, told)
    if is_quick:
        dispatch_quickly(app)
    sent = await exchange(app, scope(path))
    body = b"".join(message.get("body", b"") for message in sent)
    return told, sent[0]["status"], body, sent[0]["headers"]


@pytest.mark.parametrize(
    ("hang", "path"),
    [
        (hooks, "/plain"),
        (hooks, "/nested/7"),
        (hooks, "/nowhere"),
        (early, "/plain"),
        (once, "/once"),
        (faults, "/fault"),
        (faults, "/handled"),
        (faults, "/aborted"),
        (faults, "/nowhere"),
        (others_listen, "/nested/7"),
        (own_steps, "/plain"),
        (streams, "/stream"),
    ],
)
async def test_what_hangs_on_a_request_happens_as_in_stock_quart(hang: Hang, path: str) -> None:
    quick = await traced(hang, path, is_quick=True)

    assert quick == await traced(hang, path, is_quick=False)
    assert quick[1]


async def test_an_answer_that_is_spoilt_on_its_way_is_a_500_as_in_stock_quart() -> None:
    ways = []
    for is_quick in (True, False):
        app, told = Quart("traced", static_folder=None), Told()
        faults(app, told)
        if is_quick:
            dispatch_quickly(app)
        answer = await app.test_client().get("/handled?spoil=1")
        ways.append((told, answer.status_code))

    assert ways[0] == ways[1]
    assert ways[0][1] == 500


async def test_hooks_that_come_later_are_called_too() -> None:
    app, told = Quart("later", static_folder=None), Told()
    app.get("/plain")(lambda: "plain")
    dispatch_quickly(app)
    await exchange(app, scope("/plain"))

    async def late() -> None:
        told.append("late")

    app.before_request_funcs[None].append(late)
    await exchange(app, scope("/plain"))

    assert told == ["late"]


class OwnQuart(Quart):
    """An application that has its own way to do one of the steps."""

    async def process_response(self, *args: Any) -> Any:
        """Marks the answer."""
        response = await super().process_response(*args)
        response.headers["X-Own"] = "yes"
        return response


async def test_an_application_with_steps_of_its_own_is_left_alone() -> None:
    app = OwnQuart("own", static_folder=None)
    app.get("/plain")(lambda: "plain")

    dispatch_quickly(app)

    assert "handle_request" not in vars(app)
    assert (await app.test_client().get("/plain")).headers["X-Own"] == "yes"


def test_only_quart_with_one_context_takes_the_short_way() -> None:
    app = Quart("plain", static_folder=None)

    dispatch_quickly(app)

    assert ("handle_request" in vars(app)) == hasattr(AppContext, "match_request")
