"""The request as this service reads it: a bounded body and strict JSON."""

from typing import Any
from typing import NoReturn

from quart.wrappers import Request
from werkzeug.exceptions import BadRequest

from app.transport import strict_json
from app.transport.body import BoundedBody


class BoundedRequest(Request):
    """Quart's request with our body and our reading of JSON."""

    body_class = BoundedBody
    body: BoundedBody

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
