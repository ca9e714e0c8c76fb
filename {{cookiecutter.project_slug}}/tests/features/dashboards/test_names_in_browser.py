"""Names of dashboards, panels and rules from right to left: each in its place, and by itself."""

import pytest

from app.resources import Resources
from tests.features.dashboards.alerts.rig import Clock
from tests.features.dashboards.alerts.rig import rule_of
from tests.features.dashboards.boards.test_routes import made
from tests.features.dashboards.boards.test_sharing import linked
from tests.looking import misread
from tests.people import Person
from tests.windows import Windows

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("browser_files", "live_server")]

NAME = "לוח (2) West"
PANELS = [
    {"title": f"{NAME} {kind}", "kind": kind, "figures": ["requests.rate"]}
    for kind in ("line", "number")
]


async def test_names_from_right_to_left_stand_where_others_do(
    windows: Windows, resources: Resources, operator: Person
) -> None:
    board = await made(operator, {"name": NAME, "panels": PANELS})
    token, _ = await linked(operator, board["id"])
    rule = await rule_of(resources, operator, name=NAME, for_seconds=0)
    clock = Clock(resources)
    await clock.pass_seconds(clock.watch(), 1)  # so that it is among the events, too
    boards = ("boards", f"boards/{board['id']}", f"shared?link={token}")
    page = await windows.open(operator, "/")
    wrong = []

    for number, path in enumerate((*boards, "alerts", f"alerts/{rule.id}")):
        await page.goto(f"/dashboards/{path}")
        wrong += await misread(page, f"names-dashboards-{number}")

    assert not wrong, "\n".join(wrong)
