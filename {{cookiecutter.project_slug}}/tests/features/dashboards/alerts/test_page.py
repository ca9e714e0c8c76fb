"""The page of alerts: its form without a script, and alerts that appear and clear by themselves."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.async_api import expect
from sqlalchemy import update

from app.features.dashboards.alerts.machine import CALM_SECONDS
from app.features.dashboards.alerts.tables import RuleRow
from app.resources import Resources
from tests.features.dashboards.alerts.rig import LOW
from tests.features.dashboards.alerts.rig import Clock
from tests.features.dashboards.alerts.rig import rule_of
from tests.people import Person
from tests.windows import Windows

URL = "/dashboards/alerts"
FORM = {
    "name": "Slow answers",
    "figure": "latency.p95",
    "side": "above",
    "threshold": "250",
    "for_seconds": "60",
    "hysteresis": "50",
}


async def test_a_rule_is_made_in_people_s_units_and_deleted_without_a_script(
    ada: Person, grace: Person
) -> None:
    made = await ada.client.post(URL, form=FORM)
    [rule] = (await (await ada.client.get("/api/v1/dashboards/alerts/rules")).get_json())["items"]
    page = await (await ada.client.get(URL)).get_data(as_text=True)

    assert (made.status_code, rule["threshold"], rule["hysteresis"]) == (303, 0.25, 0.05)
    assert "Latency, 95th percentile above 250 ms for 1 minute" in page
    assert "Slow answers" not in await (await grace.client.get(URL)).get_data(as_text=True)
    assert (await grace.client.post(f"{URL}/{rule['id']}/delete")).status_code == 404
    assert (await ada.client.post(f"{URL}/{rule['id']}/delete")).status_code == 303
    assert "Slow answers" not in await (await ada.client.get(URL)).get_data(as_text=True)


async def test_a_rule_is_changed_on_its_page_but_not_over_the_change_of_another_window(
    ada: Person, grace: Person, resources: Resources
) -> None:
    rule = await rule_of(resources, ada, name="Busy at night")
    url = f"{URL}/{rule.id}"
    shown = await (await ada.client.get(url)).get_data(as_text=True)
    assert 'value="Busy at night"' in shown
    assert 'name="version" value="1"' in shown

    wanted = {**FORM, "version": "1", "by_mail": "on"}
    changed = await ada.client.post(url, form=wanted)
    late = await ada.client.post(url, form={**wanted, "name": "Too late"})
    wrong = await ada.client.post(url, form={**wanted, "version": "2", "hysteresis": "300"})
    unsaid = await ada.client.post(url, form={**wanted, "version": ""})

    told = [answer.status_code for answer in (changed, late, wrong, unsaid)]
    assert told == [303, 409, 422, 409]
    assert "changed meanwhile" in await late.get_data(as_text=True)
    assert "never end once it was raised" in await wrong.get_data(as_text=True)
    [kept] = (await (await ada.client.get("/api/v1/dashboards/alerts/rules")).get_json())["items"]
    assert (kept["name"], kept["threshold"], kept["by_mail"]) == ("Slow answers", 0.25, True)
    again = await (await ada.client.get(url)).get_data(as_text=True)
    assert all(f'value="{number}"' in again for number in ("250", "60", "50"))
    assert "checked" in again
    assert (await grace.client.get(url)).status_code == 404
    assert (await grace.client.post(url, form=wanted)).status_code == 404


async def test_a_form_that_makes_no_sense_comes_back_with_what_was_written(ada: Person) -> None:
    wrong = [
        {"threshold": "NaN"},
        {"threshold": "much"},
        {"threshold": "1e400"},
        {"hysteresis": "300"},
        {"for_seconds": "99999999"},
        {"figure": "cpu.host"},
        {"name": ""},
    ]

    told = [await ada.client.post(URL, form={**FORM, **changes}) for changes in wrong]

    assert [answer.status_code for answer in told] == [422] * len(wrong)
    pages = [await answer.get_data(as_text=True) for answer in told]
    assert all("field__error" in page for page in pages)
    assert "never end once it was raised" in pages[3]


async def test_what_is_raised_comes_first_and_what_nobody_watches_is_said_to_be_unwatched(
    resources: Resources, ada: Person
) -> None:
    clock = Clock(resources)
    watch = clock.watch()
    await rule_of(resources, ada, name="Loud", for_seconds=0)
    await rule_of(resources, ada, name="Hidden")
    await rule_of(resources, ada, name="Quiet", threshold=1e6)
    await clock.pass_seconds(watch, 1)
    async with resources.database.transaction() as work:
        gone = update(RuleRow).where(RuleRow.name == "Hidden").values(figure="gone")
        await work.session.execute(gone)
    page = await (await ada.client.get(URL)).get_data(as_text=True)
    [first, *others] = re.findall(r"<h3><bdi>(\w+)</bdi> <span class=\"[^\"]*\">([\w ]+)<", page)

    assert first == ("Loud", "Raised")
    assert sorted(others) == [("Hidden", "Not watched"), ("Quiet", "All well")]
    assert "gone above 80" in page
    assert "<title>(1) Alerts" in page
    assert "Requests: 90 /s" in page


@pytest.mark.browser
async def test_an_alert_appears_and_clears_without_reloading(
    windows: Windows,
    live_server: str,
    resources: Resources,
    ada: Person,
    picture: Callable[[str], Path],
) -> None:
    await rule_of(resources, ada, for_seconds=0)
    clock = Clock(resources)
    watch = clock.watch()
    size = {"width": 390, "height": 844}
    page = await windows.open(ada, URL, viewport=size, color_scheme="dark")
    await page.wait_for_selector("[data-alerts=live]")
    count = page.locator("#alerts-count")
    await expect(count).to_have_text("Nothing is raised")

    await clock.pass_seconds(watch, 1)
    await expect(count).to_have_text("1 raised")
    await page.screenshot(path=picture("alerts-raised-dark-390"), full_page=True)
    await clock.pass_seconds(watch, int(CALM_SECONDS) + 1, LOW)

    await expect(count).to_have_text("Nothing is raised")
    await page.screenshot(path=picture("alerts-cleared-dark-390"), full_page=True)
    assert not await page.evaluate("document.documentElement.scrollWidth > innerWidth")
