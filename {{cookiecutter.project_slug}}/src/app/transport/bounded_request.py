"""The request as this service reads it: a bounded body and strict JSON."""

from functools import lru_cache
from typing import Any
from typing import NoReturn
from typing import Self

from quart import Quart
from quart.wrappers import Request
from werkzeug.datastructures import Headers
from werkzeug.exceptions import BadRequest

from app.transport import strict_json
from app.transport.body import BoundedBody
from app.transport.form_parser import BoundedForms


class BoundedRequest(Request):
    """Quart's request with our body and our reading of JSON and of forms."""

    body_class = BoundedBody
    form_data_parser_class = BoundedForms
    body: BoundedBody

    @classmethod
    def without_body(cls, scope: Any, headers: Headers, app: Quart, push: Any) -> Self:
        """Returns the request of a scope that brings no body, as the constructor would make it.

        Without what three constructors ask of a server's words, and what belongs to a body.
        """
        made = cls.__new__(cls)
        config = app.config
        made.method, made.scheme = scope["method"], scope["scheme"]
        made.server, made.root_path = scope.get("server"), ""
        made.path, made.query_string = "/" + scope["path"].lstrip("/"), scope["query_string"]
        made.headers, made.remote_addr = headers, headers.get("Remote-Addr")
        made.http_version, made.scope = scope["http_version"], scope
        made.body_timeout = config["BODY_TIMEOUT"]
        made.body = cls.body_class(None, config["MAX_CONTENT_LENGTH"])
        made.body.set_complete()
        made._cached_json = {False: ..., True: ...}
        made._form = made._files = None
        made._parsing_lock = cls.lock_class()
        made._send_push_promise = push
        return made

    @property
    def blueprints(self) -> list[str]:
        """The blueprints of the matched endpoint, the innermost first.

        Quart takes the name apart anew each of the three times it asks in a request.
        """
        return list(_blueprints_of(self.endpoint or ""))

    @property
    def json_module(self) -> Any:
        """What reads JSON."""
        return strict_json

    @json_module.setter
    def json_module(self, provider: Any) -> None:
        # 0.22 gives every request the provider of the application, which is not strict.
        pass

    async def get_json(self, force: bool = False, silent: bool = False, cache: bool = True) -> Any:
        """Returns the body as JSON, or None where it says that it is something else.

        Raises:
            BadRequest: it is no JSON, or not even UTF-8, on which Quart answers 500.
        """
        try:
            return await super().get_json(force=force, silent=silent, cache=cache)
        except UnicodeDecodeError as error:
            if silent:
                return None
            return self.on_json_loading_failed(error)

    def on_json_loading_failed(self, error: Exception) -> NoReturn:
        """Says what is wrong; Quart keeps that to itself outside of debugging."""
        if isinstance(error, UnicodeDecodeError):
            raise BadRequest("the body is not UTF-8")
        raise BadRequest(f"the body is no JSON that is taken here: {error}")


@lru_cache(maxsize=1024)
def _blueprints_of(endpoint: str) -> tuple[str, ...]:
    parts = endpoint.split(".")[:-1]
    return tuple(".".join(parts[:end]) for end in range(len(parts), 0, -1))
