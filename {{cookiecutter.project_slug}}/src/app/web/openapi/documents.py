"""How a problem looks, for the description of the interface."""

from typing import Any

from pydantic import BaseModel
from pydantic import Field

SCHEMAS = "#/components/schemas/"


class FieldProblem(BaseModel):
    """One mistake: in the body, the query or a header, under the dotted path of a field."""

    field: str
    detail: str
    place: str = Field(default="body", alias="in")


class ProblemDocument(BaseModel):
    """What went wrong, as RFC 9457 has it; `type` leads to an explanation."""

    type: str = Field(json_schema_extra={"format": "uri-reference"})
    title: str
    status: int
    detail: str = ""
    instance: str = Field(default="", description="The id of the request.")
    errors: list[FieldProblem] = Field(default_factory=list)
    limit_bytes: int | None = Field(default=None, description="How much may be sent.")


def problem_schemas() -> dict[str, Any]:
    """Returns the shapes of problem documents, by name."""
    shape = ProblemDocument.model_json_schema(ref_template=SCHEMAS + "{model}")
    return {**shape.pop("$defs", {}), ProblemDocument.__name__: shape}
