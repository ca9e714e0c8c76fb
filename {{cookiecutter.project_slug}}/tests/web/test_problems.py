"""Failures as clients see them."""

from pathlib import Path

import pytest
from quart import Quart
from quart_schema import ResponseSchemaValidationError

from app import errors
from app.web import problem_types
from app.web.problem_types import ProblemType

DOCS = Path(__file__).parents[2] / "docs"
HTML = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}

APP_ERRORS = [
    (errors.Unauthenticated("sign in"), problem_types.UNAUTHENTICATED),
    (errors.Forbidden("no"), problem_types.FORBIDDEN),
    (errors.NotFound("gone"), problem_types.NOT_FOUND),
    (errors.Conflict("taken"), problem_types.CONFLICT),
    (errors.Invalid("bad"), problem_types.INVALID),
    (errors.TooLarge("big", limit_bytes=5), problem_types.TOO_LARGE),
    (errors.TooMany("slow down", after_seconds=1.2), problem_types.TOO_MANY),
    (errors.Unavailable("db.internal refused", after_seconds=2), problem_types.UNAVAILABLE),
]


@pytest.mark.parametrize(("error", "kind"), APP_ERRORS, ids=lambda value: type(value).__name__)
async def test_an_error_of_the_service_becomes_its_problem(
    small_app: Quart, raising: dict[str, Exception], error: errors.AppError, kind: ProblemType
) -> None:
    raising["it"] = error

    response = await small_app.test_client().get("/api/v1/raise/it")
    problem = await response.get_json(force=True)

    assert response.status_code == problem["status"] == kind.status
    assert response.mimetype == "application/problem+json"
    assert (problem["type"], problem["title"]) == (kind.uri, kind.title)
    assert response.headers["Cache-Control"] == "no-store"


async def test_invalid_fields_are_listed_by_their_path(
    small_app: Quart, raising: dict[str, Exception]
) -> None:
    raising["it"] = errors.Invalid(fields={"members.0": "nobody by this name"})

    problem = await (await small_app.test_client().get("/api/v1/raise/it")).get_json(force=True)

    assert problem["errors"] == [{"field": "members.0", "detail": "nobody by this name"}]


async def test_too_many_and_unavailable_say_when_to_come_back(
    small_app: Quart, raising: dict[str, Exception]
) -> None:
    raising["many"] = errors.TooMany(after_seconds=1.2)
    raising["away"] = errors.Unavailable(after_seconds=3)
    client = small_app.test_client()

    assert (await client.get("/api/v1/raise/many")).headers["Retry-After"] == "2"
    assert (await client.get("/api/v1/raise/away")).headers["Retry-After"] == "3"


@pytest.mark.parametrize(
    "error",
    [
        errors.Unavailable("postgresql://db.internal refused"),
        errors.AppError("db.internal"),
        RuntimeError("db.internal"),
        ResponseSchemaValidationError(ValueError("db.internal")),
    ],
    ids=lambda error: type(error).__name__,
)
@pytest.mark.parametrize("headers", [{}, HTML], ids=["json", "html"])
async def test_a_server_error_tells_nothing_of_the_inside(
    small_app: Quart, raising: dict[str, Exception], error: Exception, headers: dict[str, str]
) -> None:
    raising["it"] = error

    response = await small_app.test_client().get("/api/v1/raise/it", headers=headers)

    assert response.status_code in {500, 503}
    assert "db.internal" not in await response.get_data(as_text=True)


async def test_what_quart_refuses_by_itself_is_a_problem_too(small_app: Quart) -> None:
    client = small_app.test_client()

    missing = await client.get("/api/v1/nothing")
    method = await client.delete("/api/v1/open")

    assert (await missing.get_json(force=True))["type"] == "/problems/not-found"
    assert (await method.get_json(force=True))["type"] == "/problems/method-not-allowed"
    assert "GET" in method.headers["Allow"]


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b'{"title": "ok"}', "application/json", 201),
        (b'{"title": "ok"}', "text/plain", 415),
        (b'{"title": "ok"}', "", 415),
        (b"{", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b'{"title": NaN}', "application/json", 400),
        (b"[" * 60_000, "application/json", 400),
        (b'{"title": "\\ud800"}', "application/json", 400),
        (b'{"title": ' + b"9" * 5_000 + b"}", "application/json", 400),
        (b'{"title": 1e999}', "application/json", 400),
        (b'"text"', "application/json", 422),
        (b'{"title": ""}', "application/json", 422),
        (b"", "application/json", 400),
        (b"x" * 70_000, "application/json", 413),
    ],
)
async def test_a_body_is_taken_or_refused_and_never_breaks_the_service(
    small_app: Quart, body: bytes, kind: str, status: int
) -> None:
    client = small_app.test_client()

    response = await client.post("/api/v1/notes", data=body, headers={"Content-Type": kind})

    assert response.status_code == status


async def test_a_compressed_body_is_not_inflated(small_app: Quart) -> None:
    response = await small_app.test_client().post(
        "/api/v1/notes", json={"title": "ok"}, headers={"Content-Encoding": "gzip"}
    )

    assert response.status_code == 415


async def test_mistakes_in_a_body_and_a_query_are_listed_without_their_values(
    small_app: Quart,
) -> None:
    client = small_app.test_client()

    body = await client.post("/api/v1/notes", json={"title": "ok", "tags": [1, "secret"]})
    query = await client.get("/api/v1/notes?count=1000")
    in_body = (await body.get_json(force=True))["errors"]
    in_query = (await query.get_json(force=True))["errors"]

    assert [(entry["in"], entry["field"]) for entry in in_body] == [("body", "tags.1")]
    assert [(entry["in"], entry["field"]) for entry in in_query] == [("query", "count")]
    assert "secret" not in await body.get_data(as_text=True)


async def test_a_browser_gets_a_page_and_the_interface_never_does(small_app: Quart) -> None:
    client = small_app.test_client()

    page = await client.get("/nothing", headers=HTML)
    problem = await client.get("/api/v1/nothing", headers=HTML)

    assert (page.status_code, page.mimetype) == (404, "text/html")
    assert "There is nothing here" in await page.get_data(as_text=True)
    assert problem.mimetype == "application/problem+json"


async def test_every_type_of_problem_has_a_page(small_app: Quart) -> None:
    client = small_app.test_client()

    for kind in problem_types.ALL:
        assert (await client.get(kind.uri)).status_code == 200
    assert (await client.get("/problems/unheard-of")).status_code == 404


def test_every_type_of_problem_is_documented_with_its_status() -> None:
    text = (DOCS / "problems.md").read_text()

    for kind in problem_types.ALL:
        assert f"\n## {kind.slug}\n" in text
        assert f"| [`{kind.slug}`](#{kind.slug}) | {kind.status} | {kind.title} |" in text
