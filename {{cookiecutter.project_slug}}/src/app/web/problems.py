"""Turns every failure of a request into one RFC 9457 problem document, or into an error page."""

import math
from dataclasses import dataclass
from dataclasses import field

import structlog
from pydantic import JsonValue
from quart import Quart
from quart import current_app
from quart import has_websocket_context
from quart import render_template
from quart import request
from quart.typing import ResponseReturnValue
from quart_schema import RequestSchemaValidationError
from quart_schema import ResponseSchemaValidationError
from werkzeug.exceptions import HTTPException
from werkzeug.exceptions import InternalServerError

from app import errors
from app.telemetry import current_request_id
from app.web import problem_types
from app.web.limiter import RateExceeded
from app.web.limits import limit_headers
from app.web.problem_types import ProblemType
from app.web.refusals import Refused
from app.web.shapes import is_page
from app.web.validation import field_errors
from app.web.validation import wants_json_body
from app.web.way_back import way_back

API_PREFIX = "/api/"
CONTENT_TYPE = "application/problem+json"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Problem:
    """One failure: its kind, what is to be said of this case, and further members."""

    kind: ProblemType
    detail: str = ""
    members: dict[str, JsonValue] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    def document(self, request_id: str) -> dict[str, JsonValue]:
        """Returns the members of the problem document, empty ones left out."""
        told: dict[str, JsonValue] = {
            "type": self.kind.uri,
            "title": self.kind.title,
            "status": self.kind.status,
            "detail": self.detail,
            "instance": request_id,
            **self.members,
        }
        return {name: value for name, value in told.items() if value != ""}


class CrossOrigin(errors.Forbidden):
    """A page of somebody else made the browser send this."""


# What the caller can do about it by themselves; of any other the plain word is told.
FORBIDDEN = {
    errors.RecentSignInNeeded: problem_types.RECENT_SIGN_IN_NEEDED,
    errors.SecondFactorRequired: problem_types.SECOND_FACTOR_REQUIRED,
}


def install_problems(app: Quart) -> None:
    """Registers the handlers."""
    app.register_error_handler(errors.AppError, _answer_app_error)
    app.register_error_handler(HTTPException, _answer_http_exception)
    app.register_error_handler(RequestSchemaValidationError, _answer_bad_shape)
    app.register_error_handler(ResponseSchemaValidationError, _answer_own_bad_shape)


def problem_of(error: errors.AppError) -> Problem:
    """Translates an error of the service; a 5xx keeps its detail to itself."""
    match error:
        case errors.SecondFactorNeeded():
            half: dict[str, JsonValue] = {"half_sign_in": error.half_sign_in}
            return Problem(problem_types.SECOND_FACTOR_NEEDED, error.detail, members=half)
        case errors.BadToken():
            headers = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
            return Problem(problem_types.BAD_TOKEN, error.detail, headers=headers)
        case errors.Unauthenticated():
            headers = {"WWW-Authenticate": "Cookie"}
            return Problem(problem_types.UNAUTHENTICATED, error.detail, headers=headers)
        case CrossOrigin():
            return Problem(problem_types.CROSS_ORIGIN, error.detail)
        case errors.ScopeNeeded():
            return _scope_needed(error)
        case errors.Forbidden():
            return Problem(FORBIDDEN.get(type(error), problem_types.FORBIDDEN), error.detail)
        case errors.NotFound():
            return Problem(problem_types.NOT_FOUND, error.detail)
        case Refused():
            return Problem(error.kind, error.detail, headers=error.headers)
        case errors.Stale():
            return Problem(problem_types.STALE, error.detail)
        case errors.Conflict():
            return Problem(problem_types.CONFLICT, error.detail)
        case errors.IdempotencyKeyReused():
            return Problem(problem_types.KEY_REUSED, error.detail)
        case errors.Invalid():
            told = [{"field": name, "detail": text} for name, text in error.fields.items()]
            return Problem(problem_types.INVALID, error.detail, members=_listed(told))
        case errors.TooLarge(limit_bytes=limit):
            return Problem(problem_types.TOO_LARGE, error.detail, members={"limit_bytes": limit})
        case errors.TooMany():
            return Problem(problem_types.TOO_MANY, error.detail, headers=_headers_of(error))
        case errors.Unavailable():
            return _unavailable(error)
        case _:
            return Problem(problem_types.INTERNAL)


def _unavailable(error: errors.Unavailable) -> Problem:
    if isinstance(error, errors.OutOfSpace):
        return Problem(problem_types.OUT_OF_SPACE)
    headers = {"Retry-After": str(math.ceil(error.after_seconds))}
    return Problem(problem_types.UNAVAILABLE, headers=headers)


def _scope_needed(error: errors.ScopeNeeded) -> Problem:
    challenge = 'Bearer error="insufficient_scope"'  # RFC 6750, section 3.1
    members: dict[str, JsonValue] = {}
    if error.scope:
        challenge += f', scope="{error.scope}"'
        members = {"scope": error.scope}
    headers = {"WWW-Authenticate": challenge}
    return Problem(problem_types.SCOPE_NEEDED, error.detail, members=members, headers=headers)


async def answer(problem: Problem) -> ResponseReturnValue:
    """Returns the problem in the form that the client asked for."""
    request_id = current_request_id() or ""
    status, headers = problem.kind.status, dict(problem.headers)
    headers["Cache-Control"] = "no-store"
    if _wants_page():
        back = way_back(request)
        page = await render_template(
            "error.html", problem=problem, request_id=request_id, back=back
        )
        return page, status, headers
    headers["Content-Type"] = CONTENT_TYPE
    return current_app.json.dumps(problem.document(request_id)), status, headers


async def _answer_app_error(error: errors.AppError) -> ResponseReturnValue:
    problem = problem_of(error)
    if problem.kind is problem_types.INTERNAL:
        log.error("unknown_app_error", exc_info=error)
    elif problem.kind in {problem_types.UNAVAILABLE, problem_types.OUT_OF_SPACE}:
        log.warning("unavailable", detail=error.detail)
    return await answer(problem)


async def _answer_http_exception(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None or error.code is None or error.code < 400:
        return error.get_response()  # a redirect, or what a view gave to abort()
    if isinstance(error, InternalServerError):
        # Raised outside a view, where Quart asks no other handler: while a session is saved, say.
        cause = error.original_exception
        if isinstance(cause, errors.AppError):
            return await _answer_app_error(cause)
    known = problem_types.BY_STATUS.get(error.code)
    kind = known or ProblemType("unlisted", error.code, error.name, "")
    headers = {name: text for name, text in error.get_headers() if name != "Content-Type"}
    return await answer(Problem(kind, _own_words(error), headers=headers))


async def _answer_bad_shape(error: RequestSchemaValidationError) -> ResponseReturnValue:
    if wants_json_body(error) and not request.is_json:
        return await answer(Problem(problem_types.UNSUPPORTED_MEDIA_TYPE, "send application/json"))
    told = field_errors(error)
    return await answer(Problem(problem_types.INVALID, members=_listed(told)))


async def _answer_own_bad_shape(error: ResponseSchemaValidationError) -> ResponseReturnValue:
    log.error("response_has_wrong_shape", path=request.path, exc_info=error.validation_error)
    return await answer(Problem(problem_types.INTERNAL))


def _headers_of(error: errors.TooMany) -> dict[str, str]:
    wait = str(math.ceil(error.after_seconds))
    if not isinstance(error, RateExceeded):
        return {"Retry-After": wait}
    return {"Retry-After": wait, **limit_headers([error.standing])}


def _own_words(error: HTTPException) -> str:
    """Returns what our code said; not Werkzeug's stock sentences, and nothing of a 5xx."""
    if isinstance(error, InternalServerError) or error.description == type(error).description:
        return ""
    return error.description or ""


def _listed(told: list[dict[str, str]]) -> dict[str, JsonValue]:
    listed: list[JsonValue] = [dict(entry) for entry in told]
    return {"errors": listed} if listed else {}


def _wants_page() -> bool:
    if has_websocket_context() or request.path.startswith(API_PREFIX):
        return False
    if is_page(current_app.view_functions.get(request.endpoint or "")):
        return True
    offered = ["application/problem+json", "application/json", "text/html"]
    return request.accept_mimetypes.best_match(offered) == "text/html"
