"""The page of alerts: what is raised, one's rules, a form for another, and what was told."""

from collections.abc import Mapping
from uuid import UUID

from quart import Blueprint
from quart import redirect
from quart import render_template
from quart import request
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from app.errors import Conflict
from app.errors import Invalid
from app.errors import Stale
from app.features.dashboards.alerts import service
from app.features.dashboards.alerts.forms import draft_in
from app.features.dashboards.alerts.forms import form_of
from app.features.dashboards.alerts.schemas import PAGE_EVENTS
from app.features.dashboards.alerts.topics import alerts_topic
from app.features.dashboards.alerts.words import ASKED_IN
from app.features.dashboards.alerts.words import duration
from app.features.dashboards.alerts.words import in_words
from app.features.dashboards.alerts.words import title_of
from app.features.dashboards.figures.catalogue import BY_NAME
from app.features.dashboards.figures.policy import visible
from app.features.dashboards.figures.written import written
from app.resources import current_resources
from app.web import current_principal
from app.web import guard
from app.web import html
from app.web import limit
from app.web import signed_in
from app.web import version_in

URL = "/dashboards/alerts"
SEE_OTHER = 303
CHANGED_MEANWHILE = "This rule was changed meanwhile; load the page again to see how."
# What wants somebody's eyes comes first.
ORDER = {"raised": 0, "pending": 1, "ok": 2}
VIEWS = "120/minute"
WRITES = "60/minute"

blueprint = Blueprint("dashboards_alert_pages", __name__)


@blueprint.get(URL)
@guard(signed_in)
@limit(VIEWS)
@html
async def alerts_page() -> str:
    """Shows the caller's alerts."""
    return await _page(MultiDict(), {})


@blueprint.post(URL)
@guard(signed_in)
@limit(WRITES)
@html
async def add_rule() -> Response | tuple[str, int]:
    """Stores a rule and shows it, or shows the form with what is wrong."""
    form = await request.form
    try:
        draft = draft_in(form)
        await service.create_rule(current_principal(), current_resources().database, draft=draft)
    except Invalid as error:
        return await _page(form, error.fields or {"form": error.detail}), 422
    except Conflict as error:
        return await _page(form, {"form": error.detail}), 409
    return redirect(URL, SEE_OTHER)


@blueprint.get(f"{URL}/<uuid:rule_id>")
@guard(signed_in)
@limit(VIEWS)
@html
async def rule_page(rule_id: UUID) -> str:
    """Shows a rule of the caller's in a form."""
    rule = await service.find_rule(
        current_principal(), current_resources().database, rule_id=rule_id
    )
    return await _rule_page(rule_id, form_of(rule), {})


@blueprint.post(f"{URL}/<uuid:rule_id>")
@guard(signed_in)
@limit(WRITES)
@html
async def change_rule(rule_id: UUID) -> Response | tuple[str, int]:
    """Changes a rule, unless it is another than the form was about, or shows what is wrong."""
    who, database = current_principal(), current_resources().database
    form = await request.form
    try:
        draft, version = draft_in(form), version_in(form)
        await service.change_rule(
            who, database, rule_id=rule_id, draft=draft, expected_version=version
        )
    except Invalid as error:
        return await _rule_page(rule_id, form, error.fields or {"form": error.detail}), 422
    except Stale:
        return await _rule_page(rule_id, form, {"form": CHANGED_MEANWHILE}), 409
    return redirect(URL, SEE_OTHER)


@blueprint.post(f"{URL}/<uuid:rule_id>/delete")
@guard(signed_in)
@limit(WRITES)
@html
async def delete_rule(rule_id: UUID) -> Response:
    """Deletes a rule and shows the others."""
    await service.delete_rule(current_principal(), current_resources().database, rule_id=rule_id)
    return redirect(URL, SEE_OTHER)


async def _rule_page(rule_id: UUID, form: MultiDict[str, str], errors: Mapping[str, str]) -> str:
    who, database = current_principal(), current_resources().database
    rule = await service.find_rule(who, database, rule_id=rule_id)
    return await render_template(
        "dashboards/rule.html",
        rule=rule,
        figures=[(figure, ASKED_IN[figure.unit][0]) for figure in visible(who)],
        form=form,
        errors=errors,
    )


async def _page(form: MultiDict[str, str], errors: Mapping[str, str]) -> str:
    who, database = current_principal(), current_resources().database
    seen = {figure.name: figure for figure in visible(who)}
    rules = sorted(await service.list_rules(who, database), key=lambda rule: ORDER[rule.state])
    cursor = request.args.get("cursor", "")
    return await render_template(
        "dashboards/alerts.html",
        rules=rules,
        raised=[rule for rule in rules if rule.state == "raised" and rule.figure in seen],
        seen=seen,
        events=await service.list_events(who, database, cursor=cursor, count=PAGE_EVENTS),
        is_older=bool(cursor),
        figures=[(figure, ASKED_IN[figure.unit][0]) for figure in seen.values()],
        topic=alerts_topic(who.own_id),
        form=form,
        errors=errors,
        in_words=in_words,
        title_of=title_of,
        duration=duration,
        shown=_shown,
    )


def _shown(figure: str, value: float | None) -> str:
    known = BY_NAME.get(figure)
    return "" if value is None or known is None else written(value, known.unit)
