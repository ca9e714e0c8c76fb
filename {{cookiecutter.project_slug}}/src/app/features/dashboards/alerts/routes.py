"""One's own alert rules over REST, and what they told."""

from uuid import UUID

from quart import Blueprint
from quart_schema import document_response
from quart_schema import validate_querystring
from quart_schema import validate_request
from quart_schema import validate_response

from app.features.dashboards.alerts import service
from app.features.dashboards.alerts.schemas import EventShape
from app.features.dashboards.alerts.schemas import EventsQuery
from app.features.dashboards.alerts.schemas import RuleDraft
from app.features.dashboards.alerts.schemas import RuleList
from app.features.dashboards.alerts.schemas import RuleShape
from app.resources import current_resources
from app.web import current_principal
from app.web import fails_with
from app.web import guard
from app.web import limit
from app.web import scope
from app.web import signed_in
from app.web.conditional import conditional
from app.web.conditional import expected_version
from app.web.conditional import version_tag
from app.web.conditional import writes_conditionally
from app.web.idempotency import idempotent
from app.web.paging import Page
from app.web.paging import link_next
from app.web.paging import short_list
from app.web.problem_types import CONFLICT
from app.web.problem_types import INVALID

READS = "300/minute"
WRITES = "60/minute"

Nothing = tuple[str, int]
NOTHING: Nothing = ("", 204)
Versioned = tuple[RuleShape, int, dict[str, str]]

blueprint = Blueprint("dashboards_alerts", __name__, url_prefix="/api/v1/dashboards/alerts")


@blueprint.get("/rules")
@guard(signed_in)
@scope("dashboards:read")
@limit(READS)
@short_list("a person has 50 rules at most")
@validate_response(RuleList)
async def list_rules() -> RuleList:
    """Lists the caller's rules and where their alerts stand, the newest first."""
    rules = await service.list_rules(current_principal(), current_resources().database)
    return RuleList(items=rules)


@blueprint.post("/rules")
@guard(signed_in)
@scope("dashboards:write")
@limit(WRITES)
@fails_with(CONFLICT, INVALID)
@idempotent
@validate_request(RuleDraft)
@validate_response(RuleShape, 201)
async def create_rule(data: RuleDraft) -> Versioned:
    """Stores a rule of the caller's own."""
    rule = await service.create_rule(current_principal(), current_resources().database, draft=data)
    location = f"{blueprint.url_prefix}/rules/{rule.id}"
    return rule, 201, {"Location": location, "ETag": version_tag(rule.turn)}


@blueprint.get("/rules/<uuid:rule_id>")
@guard(signed_in)
@scope("dashboards:read")
@limit(READS)
@conditional
@validate_response(RuleShape)
async def find_rule(rule_id: UUID) -> Versioned:
    """Returns one of the caller's rules."""
    return versioned(
        await service.find_rule(current_principal(), current_resources().database, rule_id=rule_id)
    )


@blueprint.put("/rules/<uuid:rule_id>")
@guard(signed_in)
@scope("dashboards:write")
@limit(WRITES)
@fails_with(INVALID)
@writes_conditionally()
@validate_request(RuleDraft)
@validate_response(RuleShape)
async def change_rule(rule_id: UUID, data: RuleDraft) -> Versioned:
    """Replaces a rule, whose alert begins anew; not if it moved since the turn in If-Match."""
    return versioned(
        await service.change_rule(
            current_principal(),
            current_resources().database,
            rule_id=rule_id,
            draft=data,
            expected_turn=expected_version(),
        )
    )


@blueprint.delete("/rules/<uuid:rule_id>")
@guard(signed_in)
@scope("dashboards:write")
@limit(WRITES)
@document_response(None, 204)
async def delete_rule(rule_id: UUID) -> Nothing:
    """Deletes a rule; what it told stays in the list of events."""
    await service.delete_rule(current_principal(), current_resources().database, rule_id=rule_id)
    return NOTHING


@blueprint.get("/events")
@guard(signed_in)
@scope("dashboards:read")
@limit(READS)
@fails_with(INVALID)
@validate_querystring(EventsQuery)
@validate_response(Page[EventShape])
async def list_events(
    query_args: EventsQuery,
) -> tuple[Page[EventShape], int, dict[str, str]]:
    """Lists what the caller's alerts told, the newest first."""
    page = await service.list_events(
        current_principal(),
        current_resources().database,
        cursor=query_args.cursor,
        count=query_args.count,
    )
    return page, 200, link_next(page.next)


def versioned(rule: RuleShape) -> Versioned:
    """Returns a rule with its turn as the ETag: that rises with the rule and with its alert."""
    return rule, 200, {"ETag": version_tag(rule.turn)}
