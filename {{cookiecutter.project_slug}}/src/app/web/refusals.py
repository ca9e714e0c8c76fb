"""Refusals that belong to the edge alone, where services have no word for them."""

from collections.abc import Mapping

from app.errors import AppError
from app.web.problem_types import ProblemType


class Refused(AppError):
    """The edge says no, as the catalogue has it."""

    def __init__(
        self, kind: ProblemType, detail: str = "", *, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.kind = kind
        self.headers = dict(headers or {})
