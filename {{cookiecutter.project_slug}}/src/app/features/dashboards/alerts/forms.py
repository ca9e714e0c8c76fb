"""The form of a rule: numbers in the units that people think in, and back."""

from decimal import Decimal
from decimal import InvalidOperation

from pydantic import ValidationError
from werkzeug.datastructures import MultiDict

from app.errors import Invalid
from app.features.dashboards.alerts.schemas import RuleDraft
from app.features.dashboards.alerts.schemas import RuleShape
from app.features.dashboards.alerts.words import ASKED_IN
from app.features.dashboards.alerts.words import as_asked
from app.features.dashboards.figures.catalogue import BY_NAME


def form_of(rule: RuleShape) -> MultiDict[str, str]:
    """Returns a rule as its form shows it."""
    known = BY_NAME.get(rule.figure)
    unit = known.unit if known else "count"
    return MultiDict(
        {
            "name": rule.name,
            "figure": rule.figure,
            "side": rule.side,
            "threshold": as_asked(rule.threshold, unit),
            "for_seconds": str(rule.for_seconds),
            "hysteresis": as_asked(rule.hysteresis, unit),
            "by_mail": "on" if rule.by_mail else "",
            "version": str(rule.version),
        }
    )


def draft_in(form: MultiDict[str, str]) -> RuleDraft:
    """Returns the rule that a form asks for, its numbers in the unit of the figure.

    Raises:
        Invalid: with the fields that will not do.
    """
    figure = BY_NAME.get(form.get("figure", ""))
    factor = ASKED_IN[figure.unit][1] if figure else 1.0
    fields: dict[str, object] = {
        "name": form.get("name", ""),
        "figure": form.get("figure", ""),
        "side": form.get("side", "above"),
        "threshold": _number(form, "threshold") * factor,
        "for_seconds": int(_number(form, "for_seconds")),
        "hysteresis": _number(form, "hysteresis") * factor,
        "by_mail": form.get("by_mail") == "on",
    }
    try:
        return RuleDraft.model_validate(fields)
    except ValidationError as error:
        told = {str(one["loc"][0]): str(one["msg"]) for one in error.errors() if one["loc"]}
        raise Invalid("some fields need another look", fields=told) from None


def _number(form: MultiDict[str, str], name: str) -> float:
    written_as = form.get(name, "").strip().replace(",", ".") or "0"
    try:
        number = Decimal(written_as[:40])
    except InvalidOperation:
        raise Invalid(fields={name: "Write a number."}) from None
    if not number.is_finite() or abs(number) > 10**15:
        raise Invalid(fields={name: "Write a number that a figure can have."})
    return float(number)
