"""What the access matrix is to know of dashboards: what is measured, a rule, a shared board."""

from quart import Quart

from app.features.dashboards.alerts import service as alerts
from app.features.dashboards.alerts.schemas import RuleDraft
from app.features.dashboards.boards import service as boards
from app.features.dashboards.boards import sharing
from app.features.dashboards.boards.document import BoardDraft
from app.features.dashboards.boards.document import Panel
from app.resources import resources_of
from app.web import auditors
from tests.access.scene import Scene
from tests.people import Person

OPEN: dict[str, str] = {}
OWNER = auditors
CANARY = "The lighthouse keeper sleeps"


async def scene(app: Quart, owner: Person, guest: Person) -> Scene:
    """Returns a rule, a dashboard with a link, and the topics of operators and of the owner."""
    resources, who = resources_of(app), owner.principal
    store = resources.database
    wanted = RuleDraft(name=CANARY, figure="requests.rate", threshold=100.0)
    rule = await alerts.create_rule(who, store, draft=wanted)
    body = wanted.model_dump(mode="json")
    draft = BoardDraft(name=CANARY, panels=[Panel(title=CANARY, figures=["requests.rate"])])
    board = await boards.create_board(who, store, draft=draft)
    made = await sharing.make_link(who, resources, board_id=board.id)
    return Scene(
        ids={"rule_id": rule.id, "board_id": board.id, "link_id": made.link.id},
        bodies={
            "dashboards_boards.create_board": draft.model_dump(mode="json"),
            "dashboards_boards.change_board": draft.model_dump(mode="json"),
            "dashboards_board_pages.add_board": {"name": CANARY},
            "dashboards_board_pages.change_board": {
                **{"do": "add", "name": CANARY, "title": CANARY},
                **{"figures": "requests.rate", "version": board.version},
            },
            "dashboards_alert_pages.add_rule": {**body, "by_mail": "off"},
            "dashboards_alert_pages.change_rule": {
                **body,
                **{"by_mail": "off", "version": rule.version},
            },
            "dashboards_alerts.create_rule": body,
            "dashboards_alerts.change_rule": {**body, "threshold": 50.0},
        },
        topics={
            "figures": "operators",
            "alerts": str(who.own_id),
            "shared": str(board.id),
        },
        canary=CANARY,
    )
