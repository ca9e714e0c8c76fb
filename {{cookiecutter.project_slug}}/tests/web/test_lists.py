"""Every list of the live application comes in pages, or cannot become long."""

from typing import Any

from quart import Quart

from app.web.openapi import description_of
from app.web.paging import SHORT_LIST


def lists(described: dict[str, Any]) -> dict[str, tuple[dict[str, Any], set[str]]]:
    """Returns the shape and the query of every GET whose answer has items."""
    found = {}
    for operations in described["paths"].values():
        operation = operations.get("get", {"responses": {}})
        content = operation["responses"].get("200", {}).get("content", {})
        for media in content.values():
            name = media["schema"].get("$ref", "").rpartition("/")[2]
            members = described["components"]["schemas"].get(name, {}).get("properties", {})
            if members.get("items", {}).get("type") == "array":
                query = {one["name"] for one in operation["parameters"] if one["in"] == "query"}
                found[operation["operationId"]] = (members, query)
    return found


def test_every_list_comes_in_pages_or_says_why_it_is_short(app: Quart) -> None:
    short = {
        endpoint.replace(".", "_")
        for endpoint, view in app.view_functions.items()
        if getattr(view, SHORT_LIST, "")
    }

    found = lists(description_of(app))

    assert found
    assert {
        name
        for name, (members, query) in found.items()
        if not ("next" in members and query & {"cursor", "before"})
    } <= short


def test_every_page_links_to_the_next(app: Quart) -> None:
    described = description_of(app)
    paged = {name for name, (members, _) in lists(described).items() if "next" in members}

    headers = {
        operation["operationId"]: operation["responses"]["200"].get("headers", {})
        for operations in described["paths"].values()
        for method, operation in operations.items()
        if method == "get" and "200" in operation["responses"]
    }

    assert paged
    assert {name for name in paged if "Link" not in headers[name]} == set()
