"""The description of the interface as a page shows it: groups of calls, and shapes as tables."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from app.web.openapi.documents import SCHEMAS

EXAMPLES = {
    "uuid": "3f0c9c1e-5a0d-4d9e-9c53-0c2d5a8f9b11",
    "date-time": "2030-01-31T12:00:00Z",
    "email": "ada@example.com",
    "password": "correct horse battery staple",
}
DEPTH_MAX = 6

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter, or a member of a shape; ``shape`` is the name of another shape, if it is one."""

    name: str
    kind: str
    shape: str
    is_required: bool
    note: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call may come back with."""

    status: str
    shape: str
    note: str

    @property
    def is_failure(self) -> bool:
        """Whether it is a problem."""
        return self.status >= "400"


@dataclass(frozen=True, slots=True)
class Call:
    """One operation; ``example`` is a body to begin with."""

    name: str
    method: str
    path: str
    summary: str
    description: str
    is_closed: bool
    fields: tuple[Field, ...]
    body: str
    example: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """A named shape and its members."""

    name: str
    note: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """Everything on the page."""

    groups: dict[str, list[Call]]
    shapes: tuple[Shape, ...]

    @property
    def calls(self) -> int:
        """How many calls there are."""
        return sum(len(group) for group in self.groups.values())


def reference_of(described: Json) -> Reference:
    """Returns the page's view of a description."""
    groups: dict[str, list[Call]] = {}
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            groups.setdefault(operation["tags"][0], []).append(
                _call(described, method.upper(), path, operation)
            )
    shapes = tuple(
        Shape(name, _plain(schema), tuple(_members(schema)))
        for name, schema in sorted(described["components"]["schemas"].items())
    )
    return Reference(dict(sorted(groups.items())), shapes)


def _call(described: Json, method: str, path: str, operation: Json) -> Call:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    schema = content.get("schema", {})
    return Call(
        name=operation["operationId"],
        method=method,
        path=path,
        summary=operation.get("summary", ""),
        description=operation.get("description", "").strip(),
        is_closed="security" in operation,
        fields=tuple(_parameter(one) for one in operation["parameters"]),
        body=_named(schema),
        example=_example_text(described, schema),
        answers=tuple(_answers(described, operation)),
    )


def _parameter(told: Json) -> Field:
    schema, place = told["schema"], told["in"]
    note = _plain(told) or _plain(schema)
    return Field(told["name"], _kind(schema), "", bool(told.get("required")), note, place)


def _answers(described: Json, operation: Json) -> Iterator[Answer]:
    for status, told in operation["responses"].items():
        reference = told.get("$ref", "")
        named = reference.rpartition("/")[2]
        response = described["components"]["responses"][named] if reference else told
        contents = list(response.get("content", {}).values())
        shape = _named(contents[0]["schema"]) if contents else ""
        yield Answer(status, "" if reference else shape, response.get("description", ""))


def _members(schema: Json) -> Iterator[Field]:
    required = schema.get("required", [])
    for name, member in schema.get("properties", {}).items():
        note = _plain(member)
        yield Field(name, _kind(member), _named(member), name in required, note)


def _plain(told: Json) -> str:
    """Returns what is said of something, without the marks that docstrings have for code."""
    return str(told.get("description", "")).replace("``", "")


def _named(schema: Json) -> str:
    """Returns the name of the shape that a schema refers to, in a list or as an alternative too."""
    if "$ref" in schema:
        return str(schema["$ref"]).removeprefix(SCHEMAS)
    inner = [schema["items"]] if "items" in schema else schema.get("anyOf", [])
    return next((name for one in inner if (name := _named(one))), "")


def _kind(schema: Json) -> str:
    if "$ref" in schema:
        return _named(schema)
    if "anyOf" in schema:
        return " or ".join(_kind(one) for one in schema["anyOf"])
    if "enum" in schema:
        return " or ".join(f'"{one}"' for one in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    kind = str(schema.get("type", "anything"))
    limits = [f"{word} {schema[key]}" for key, word in LIMITS.items() if key in schema]
    return ", ".join([schema.get("format", kind), *limits])


LIMITS = {
    "minLength": "at least",
    "maxLength": "at most",
    "minimum": "from",
    "maximum": "up to",
    "exclusiveMaximum": "below",
}


def _example_text(described: Json, schema: Json) -> str:
    return json.dumps(_example(described, schema, 0), indent=2) if schema else ""


def _example(described: Json, schema: Json, depth: int) -> object:
    """Returns a value that fits, to begin with: defaults, first choices, and the like."""
    if depth > DEPTH_MAX:
        return None
    if "$ref" in schema:
        return _example(described, described["components"]["schemas"][_named(schema)], depth + 1)
    for known in ("default", "const"):
        if known in schema:
            return schema[known]
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        return _example(described, schema["anyOf"][0], depth + 1)
    match schema.get("type"):
        case "object":
            members = schema.get("properties", {}).items()
            return {name: _example(described, member, depth + 1) for name, member in members}
        case "array":
            return [_example(described, schema.get("items", {}), depth + 1)]
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return False
        case "string":
            return EXAMPLES.get(schema.get("format", ""), "text")
    return None
