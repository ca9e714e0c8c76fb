"""Alert rules over REST: making, changing and deleting them, and what is refused."""

import json
from typing import Any

from quart import Quart

from app.features.dashboards.alerts.schemas import FOR_MAX_SECONDS
from app.features.dashboards.alerts.schemas import PERSON_MAX_RULES
from app.resources import Resources
from tests.features.dashboards.alerts.rig import BUSY
from tests.features.dashboards.alerts.rig import Clock
from tests.features.dashboards.alerts.rig import rule_of
from tests.people import Person
from tests.people import join

RULES = "/api/v1/dashboards/alerts/rules"
EVENTS = "/api/v1/dashboards/alerts/events"
HOST = {**BUSY, "figure": "cpu.host"}


async def test_a_rule_is_made_listed_changed_and_deleted(ada: Person, grace: Person) -> None:
    made = await ada.client.post(RULES, json=BUSY)
    rule = await made.get_json()
    url, tag = made.headers["Location"], made.headers["ETag"]
    assert (made.status_code, rule["state"], rule["by_mail"]) == (201, "ok", False)
    assert [one["id"] for one in (await (await ada.client.get(RULES)).get_json())["items"]] == [
        rule["id"]
    ]

    changed = await ada.client.put(url, json={**BUSY, "name": "Calm"}, headers={"If-Match": tag})
    stale = await ada.client.put(url, json=BUSY, headers={"If-Match": tag})
    assert (changed.status_code, stale.status_code) == (200, 412)
    assert (await (await ada.client.get(url)).get_json())["name"] == "Calm"

    assert (await grace.client.get(url)).status_code == 404
    assert (await grace.client.put(url, json=BUSY)).status_code == 404
    assert (await grace.client.delete(url)).status_code == 404
    assert (await ada.client.delete(url)).status_code == 204
    assert (await ada.client.get(url)).status_code == 404


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"name": ""}, "name"),
    ({"name": "a\nb"}, "name"),
    ({"name": "x" * 1_000}, "name"),
    ({"figure": "no.such"}, "figure"),
    ({"figure": "cpu.host"}, "figure"),  # there is, for operators
    ({"side": "beside"}, "side"),
    ({"threshold": "90"}, "threshold"),
    ({"threshold": True}, "threshold"),
    ({"threshold": None}, "threshold"),
    ({"threshold": 1e300}, "threshold"),
    ({"threshold": -5}, "threshold"),
    ({"side": "below", "threshold": 0}, "threshold"),
    ({"hysteresis": -1}, "hysteresis"),
    ({"hysteresis": 81}, "hysteresis"),
    ({"for_seconds": -1}, "for_seconds"),
    ({"for_seconds": 1.5}, "for_seconds"),
    ({"for_seconds": FOR_MAX_SECONDS + 1}, "for_seconds"),
    ({"for_seconds": 10**30}, "for_seconds"),
    ({"by_mail": "yes"}, "by_mail"),
    ({"for_ever": True}, "for_ever"),
]
NO_NUMBERS = ("NaN", "Infinity", "-Infinity", "1e999")
NO_SENSE: list[tuple[dict[str, Any], str]] = [
    ({"hysteresis": 85}, "never end once it was raised: CPU of the host is never below 0"),
    ({"threshold": 100}, "never be raised: CPU of the host is never above 100"),
    (
        {"side": "below", "threshold": 90, "hysteresis": 11},
        "never end once it was raised: CPU of the host is never above 100",
    ),
]


async def test_a_rule_that_makes_no_sense_is_refused_by_the_name_of_its_field(ada: Person) -> None:
    told = [
        (await ada.client.post(RULES, json={**BUSY, **changes}), field) for changes, field in WRONG
    ]

    named = [field in json.dumps(await answer.get_json()) for answer, field in told]
    assert {answer.status_code for answer, _ in told} <= {400, 422}
    assert all(named), [pair for pair, is_named in zip(WRONG, named, strict=True) if not is_named]
    assert (await (await ada.client.get(RULES)).get_json())["items"] == []


async def test_what_is_no_number_is_no_threshold(ada: Person) -> None:
    sent = {"Content-Type": "application/json"}
    told = [
        await ada.client.post(RULES, data=json.dumps(BUSY).replace("80.0", number), headers=sent)
        for number in NO_NUMBERS
    ]

    assert {answer.status_code for answer in told} <= {400, 422}
    assert (await (await ada.client.get(RULES)).get_json())["items"] == []


async def test_a_rule_that_would_never_begin_or_never_end_is_told_why(app: Quart) -> None:
    admin = await join(app, "Linus", is_admin=True)
    told = [
        (await admin.client.post(RULES, json={**HOST, **changes}), why) for changes, why in NO_SENSE
    ]

    assert [answer.status_code for answer, _ in told] == [422] * len(NO_SENSE)
    assert all([why in json.dumps(await answer.get_json()) for answer, why in told])
    assert (await admin.client.post(RULES, json=HOST)).status_code == 201


async def test_the_events_are_read_page_by_page_by_their_owner_alone(
    resources: Resources, ada: Person, grace: Person
) -> None:
    for number in range(5):
        await rule_of(resources, ada, name=f"Rule {number}", for_seconds=0)
    clock = Clock(resources)
    await clock.pass_seconds(clock.watch(), 1)

    names, url = [], f"{EVENTS}?count=2"
    while url:
        page = await (await ada.client.get(url)).get_json()
        names += [one["name"] for one in page["items"]]
        url = f"{EVENTS}?count=2&cursor={page['next']}" if page["next"] else ""

    assert sorted(names) == [f"Rule {number}" for number in range(5)]
    assert (await (await grace.client.get(EVENTS)).get_json())["items"] == []
    assert (await ada.client.get(f"{EVENTS}?cursor=WyJ4Il0")).status_code == 422


async def test_nobody_keeps_more_rules_than_a_person_can_look_after(
    resources: Resources, ada: Person
) -> None:
    for number in range(PERSON_MAX_RULES):
        await rule_of(resources, ada, name=f"Rule {number}")

    assert (await ada.client.post(RULES, json=BUSY)).status_code == 409
