"""The way of a request through Quart 0.23, without the stations at which nobody waits.

Quart walks through all its lists of hooks and signals for every request, most of them empty, asks
of each function whether it is asynchronous, and makes a coroutine for each step: a third of a plain
request. Here an empty list costs a look. What is in a list is called as Quart calls it, in the same
order and with the same errors; whoever replaces a step that is left out gets Quart's own way.

Quart 0.22 keeps two contexts for a request, and is left as it is.
"""

import asyncio
from collections.abc import Awaitable
from collections.abc import Callable
from typing import Any
from typing import Final
from typing import cast

from quart import Quart
from quart import ctx
from quart import signals
from quart.globals import _cv_app
from quart.typing import ResponseTypes
from quart.wrappers import Request

# The steps that are taken here, as they are called there.
STEPS: Final = frozenset(
    {
        "do_teardown_appcontext",
        "do_teardown_request",
        "finalize_request",
        "full_dispatch_request",
        "preprocess_request",
        "process_response",
        "request_context",
    }
)
PRESERVE: Final = "_quart._preserve_context"  # Quart's test client asks for it

Hook = Callable[..., Awaitable[Any]]
_new_context: Final[Any] = ctx.AppContext  # 0.22 has one of another kind


class QuickDispatch:
    """Handles the requests of one application."""

    def __init__(self, app: Quart) -> None:
        self._app = app
        self._handle: Callable[[Request], Awaitable[ResponseTypes]] = app.handle_request
        self._known: dict[Any, tuple[list[Any], list[Hook]]] = {}

    async def handle_request(self, request: Request) -> ResponseTypes:
        """Returns the answer to ``request``, as `quart.Quart.handle_request` does."""
        app = self._app
        if not app.__dict__.keys().isdisjoint(STEPS) or request.scope.get(PRESERVE):
            return await self._handle(request)
        context = _new_context(app, request=request)
        await self._enter(context)
        try:
            try:
                response = await self._dispatch(context)
            except asyncio.CancelledError:
                raise
            except Exception as error:
                response = await cast("Any", app).handle_exception(context, error)
        except BaseException as fault:
            await context.pop(fault)
            raise
        await self._leave(context)
        return response

    async def _enter(self, context: Any) -> None:
        if signals.appcontext_pushed.receivers:
            await context.push()
            return
        context._push_count = 1
        context._cv_token = _cv_app.set(context)
        await context._open_session()
        if context.url_adapter is not None:
            context.match_request()

    async def _leave(self, context: Any) -> None:
        if self._is_left_unseen(context):
            _cv_app.reset(context._cv_token)
            context._cv_token = None
            context._push_count = 0
        else:
            await context.pop()

    def _is_left_unseen(self, context: Any) -> bool:
        """Whether nobody is told of the end of a request."""
        app, pushed = self._app, cast("Any", _cv_app.get(None))
        if (
            context._push_count != 1
            or pushed is not context
            or context._request._files  # to be closed
            or app.teardown_appcontext_funcs
            or signals.request_tearing_down.receivers
            or signals.appcontext_tearing_down.receivers
            or signals.appcontext_popped.receivers
        ):
            return False
        functions = app.teardown_request_funcs
        names = context._request.blueprints
        return not (functions.get(None) or any(functions.get(name) for name in names))

    async def _dispatch(self, context: Any) -> ResponseTypes:
        app, request = cast("Any", self._app), context._request
        try:
            if signals.request_started.receivers:
                await signals.request_started.send_async(app, _sync_wrapper=app.ensure_async)
            result = await self._preprocess(request)
            if result is None:
                result = await app.dispatch_request(context)
        except Exception as error:
            result = await app.handle_user_exception(context, error)
        response = await app.make_response(result)
        response = await self._process(context, request, response)
        if signals.request_finished.receivers:
            await signals.request_finished.send_async(
                app, _sync_wrapper=app.ensure_async, response=response
            )
        return cast("ResponseTypes", response)

    async def _preprocess(self, request: Any) -> Any:
        app, names = self._app, request.blueprints
        functions, processors = app.before_request_funcs, app.url_value_preprocessors
        if names or processors.get(None):
            for name in (None, *reversed(names)):
                for processor in processors.get(name, ()):
                    processor(request.endpoint, request.view_args)
        for name in (None, *reversed(names)) if names else (None,):
            if listed := functions.get(name):
                for function in self._awaitable("before", name, listed):
                    result = await function()
                    if result is not None:
                        return result
        return None

    async def _process(self, context: Any, request: Any, response: Any) -> Any:
        app = self._app
        for function in context._after_request_functions:
            response = await app.ensure_async(function)(response)
        functions, names = app.after_request_funcs, request.blueprints
        for name in (*names, None) if names else (None,):
            if listed := functions.get(name):
                for ready in reversed(self._awaitable("after", name, listed)):
                    response = await ready(response)
        session, interface = context.session, app.session_interface
        if not interface.is_null_session(session):
            await app.ensure_async(interface.save_session)(app, session, response)
        return response

    def _awaitable(self, kind: str, name: str | None, listed: list[Any]) -> list[Hook]:
        """Returns the hooks of a list, each to be awaited; asked again only when it has changed."""
        known = self._known.get((kind, name))
        if known is None or known[0] != listed:
            ready = [self._app.ensure_async(function) for function in listed]
            known = self._known[kind, name] = (list(listed), ready)
        return known[1]


def dispatch_quickly(app: Quart) -> None:
    """Has the application handle requests in the short way, where that is known to be the same."""
    own = type(app)
    is_plain = all(getattr(own, step) is getattr(Quart, step) for step in STEPS)
    if is_plain and hasattr(ctx.AppContext, "match_request"):
        app.handle_request = QuickDispatch(app).handle_request  # type: ignore[method-assign]
