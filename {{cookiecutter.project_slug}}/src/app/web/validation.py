"""What quart-schema found wrong with a request, field by field and without the values sent."""

from pydantic import ValidationError
from quart import current_app
from quart import request
from quart_schema import DataSource
from quart_schema import RequestSchemaValidationError
from quart_schema.validation import QUART_SCHEMA_REQUEST_ATTRIBUTE
from quart_schema.validation import QuerystringValidationError
from quart_schema.validation import RequestHeadersValidationError

SHAPE = "this does not have the declared shape"


def field_errors(error: RequestSchemaValidationError) -> list[dict[str, str]]:
    """Returns where each mistake is (``in`` and the path of the ``field``) and what it is."""
    place = _place(error)
    found = error.validation_error
    if not isinstance(found, ValidationError):  # a dataclass refuses its arguments this way
        return [{"in": place, "field": "", "detail": SHAPE}]
    return [
        {
            "in": place,
            "field": ".".join(str(part) for part in mistake["loc"]),
            "detail": mistake["msg"].removeprefix("Value error, "),
        }
        for mistake in found.errors(include_url=False, include_context=False, include_input=False)
    ]


def wants_json_body(error: RequestSchemaValidationError) -> bool:
    """Tells whether the mistake is in a body, and the current view reads JSON."""
    if _place(error) != "body":
        return False
    view = current_app.view_functions.get(request.endpoint or "")
    declared = getattr(view, QUART_SCHEMA_REQUEST_ATTRIBUTE, None)
    return declared is not None and declared[1] is DataSource.JSON


def _place(error: RequestSchemaValidationError) -> str:
    if isinstance(error, QuerystringValidationError):
        return "query"
    if isinstance(error, RequestHeadersValidationError):
        return "header"
    return "body"
