"""The headers that routes take and send beyond bodies: keys, versions, links."""

from collections.abc import Callable
from typing import Any

from app.web.conditional import conditional_kind
from app.web.idempotency import takes_key

TEXT = {"type": "string"}
KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
    "description": "Sent again under the same key, the request is done once and answered alike.",
}
IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "schema": TEXT,
    "description": "The ETag of what one has: 304 if it is still that.",
}
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "schema": TEXT,
    "description": "The ETag of what one has seen: 412 if it is not that any more.",
}
LINK = {"schema": TEXT, "description": 'Where it goes on, with rel="next" (RFC 8288), if it does.'}
ETAG = {"schema": TEXT, "description": "The version of this."}
NOT_MODIFIED = {"description": "It is what one has.", "headers": {"ETag": ETAG}}

Json = dict[str, Any]


def add_headers(view: Callable[..., Any], operation: Json) -> None:
    """Adds what a view declared to the description of its operation."""
    kind = conditional_kind(view)
    parameters, answers = operation["parameters"], operation["responses"]
    if takes_key(view):
        parameters.append(KEY)
    if kind == "read":
        parameters.append(IF_NONE_MATCH)
        answers["304"] = NOT_MODIFIED
        answers["200"].setdefault("headers", {})["ETag"] = ETAG
    elif kind:
        parameters.append({**IF_MATCH, "required": True} if kind == "required" else IF_MATCH)


def add_links(operation: Json, components: Json) -> None:
    """Says of an answer that is a page of a list that it links to the next one."""
    answer = operation["responses"].get("200", {})
    for media in answer.get("content", {}).values():
        shape = components.get(media["schema"].get("$ref", "").rpartition("/")[2], {})
        if {"items", "next"} <= set(shape.get("properties", {})):
            answer.setdefault("headers", {})["Link"] = LINK
