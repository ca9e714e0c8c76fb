"""Conditional requests (RFC 9110, section 13): what one has is not sent again, nor overwritten.

    @conditional                      # GET: an ETag, and 304 for whoever has it
    @writes_conditionally()           # PATCH, DELETE: If-Match may be sent, or has to be

A view that knows a version sends it, ``{"ETag": version_tag(room.version)}``, and hands
``expected_version()`` to its service, which compares it inside the transaction.
"""

from collections.abc import Awaitable
from collections.abc import Callable
from functools import wraps
from hashlib import blake2b
from typing import Any
from typing import cast

from quart import Response
from quart import make_response
from quart import request
from werkzeug.http import parse_etags
from werkzeug.http import quote_etag
from werkzeug.http import unquote_etag

from app.errors import Stale
from app.web import problem_types
from app.web.refusals import Refused
from app.web.shapes import fails_with

CONDITIONAL = "__conditional__"
TAG_BYTES = 16
# What a 304 repeats of a 200: RFC 9110, section 15.4.5.
KEPT = ("Cache-Control", "Content-Location", "Date", "ETag", "Expires", "Vary")
NEVER = Stale("If-Match names no version that there can be")

View = Callable[..., Awaitable[Any]]


def conditional(view: View) -> View:
    """Gives what a view reads an ETag, and answers 304 to whoever has just that.

    Without a tag of its own the answer gets a digest of its bytes, which is strong. Programs may
    keep the answer, but have to ask each time.
    """

    @wraps(view)
    async def tagged(*args: Any, **kwargs: Any) -> Response:
        response = cast("Response", await make_response(await view(*args, **kwargs)))
        if response.status_code != 200:
            return response
        if "ETag" not in response.headers:
            body = await response.get_data(as_text=False)
            response.headers["ETag"] = quote_etag(blake2b(body, digest_size=TAG_BYTES).hexdigest())
        response.headers.setdefault("Cache-Control", "private, no-cache")
        asked = request.headers.get("If-None-Match")
        # The comparison is weak: for a cache, two answers that mean the same are the same.
        tag, _ = unquote_etag(response.headers["ETag"])
        if asked and tag and parse_etags(asked).contains_weak(tag):
            kept = {name: response.headers[name] for name in KEPT if name in response.headers}
            return Response(b"", 304, kept)
        return response

    setattr(tagged, CONDITIONAL, "read")
    return tagged


def writes_conditionally(*, required: bool = False) -> Callable[[View], View]:
    """Declares that a view heeds ``If-Match``; ``required``: without it 428, so nobody overwrites.

    The view calls `expected_version`.
    """

    def declare(view: View) -> View:
        @wraps(view)
        async def checked(*args: Any, **kwargs: Any) -> Any:
            if required and "If-Match" not in request.headers:
                raise Refused(problem_types.PRECONDITION_REQUIRED)
            return await view(*args, **kwargs)

        setattr(checked, CONDITIONAL, "required" if required else "write")
        kinds = [problem_types.STALE] + [problem_types.PRECONDITION_REQUIRED] * required
        return fails_with(*kinds)(checked)

    return declare


def version_tag(version: int) -> str:
    """Returns the strong ETag of a version."""
    return quote_etag(str(version))


def expected_version() -> int | None:
    """Returns the version that the caller says to have seen; None when any will do.

    Raises:
        Stale: ``If-Match`` names what was never a version: a weak tag, several, other text.
    """
    sent = request.headers.get("If-Match")
    if sent is None:
        return None
    tags = parse_etags(sent)
    if tags.star_tag:
        return None
    # An empty tag is None where everybody else has text.
    strong = [tag or "" for tag in tags.as_set()]
    if len(strong) != 1 or not (strong[0].isascii() and strong[0].isdecimal()):
        raise NEVER
    return int(strong[0])


def conditional_kind(view: Callable[..., Any] | None) -> str:
    """Returns ``read``, ``write``, ``required``, or nothing at all."""
    return str(getattr(view, CONDITIONAL, ""))
