"""The pages of own dashboards: composed without a script, and shown live to whoever has a link."""

import re

from quart import Quart

from app.features.dashboards.boards.cards import NOT_FOR_GUESTS
from app.principal import Principal
from app.realtime.topics import Action
from app.realtime.topics import Latest
from app.realtime.topics import Offer
from app.realtime.topics import TopicNamespace
from app.resources import Resources
from app.settings import Settings
from tests.features.dashboards.boards.test_past import remember
from tests.people import Person

BOARDS = "/dashboards/boards"
LINK = re.compile(r"/dashboards/shared\?link=\w+")


VERSION = re.compile(r'name="version" value="(\d+)"')


async def send(person: Person, url: str, form: dict[str, str]) -> int:
    """Returns the status of a form that was sent from the page as it is."""
    [version, *_] = VERSION.findall(await (await person.client.get(url)).get_data(as_text=True))
    return (await person.client.post(url, form={"version": version} | form)).status_code


async def composed(person: Person) -> str:
    """Returns the address of a new dashboard with two panels, made by forms alone."""
    made = await person.client.post(BOARDS, form={"name": "Night watch"})
    url = str(made.headers["Location"])
    for title, figure in (("Load", "requests.rate"), ("Trouble", "requests.failed")):
        sent = {"do": "add", "title": title, "figures": figure}
        assert await send(person, url, sent) == 303
    return url


async def test_a_dashboard_is_composed_with_forms_and_shared_without_leaks(
    app: Quart, settings: Settings, ada: Person, grace: Person
) -> None:
    await remember(settings)
    url = await composed(ada)
    assert await send(ada, url, {"do": "up 1"}) == 303
    assert await send(ada, url, {"do": "rename", "name": "Day"}) == 303
    told = [
        await send(ada, url, {"do": "remove 0", "version": "1"}),
        await send(ada, url, {"do": "remove 0", "version": ""}),
        await send(ada, url, {"do": "add", "title": "No", "figures": "cpu.host"}),
        await send(ada, url, {"do": "down 0"}),
        await send(ada, url, {"do": "down 1"}),
        await send(ada, url, {"do": "up 1"}),
    ]
    page = await (await ada.client.get(url)).get_data(as_text=True)
    assert told == [409, 409, 422, 303, 303, 303]
    assert page.index("Trouble") < page.index("Load")
    assert page.count("<td data-now>7 /s</td>") == 2
    assert '<h1 dir="auto">Day</h1>' in page

    made = await (await ada.client.post(f"{url}/links")).get_data(as_text=True)
    [address] = LINK.findall(made)
    shown = await app.test_client().get(address)
    assert shown.status_code == 200
    guests = await shown.get_data(as_text=True)
    assert '<h1 dir="auto">Day</h1>' in guests
    assert guests.count("<td data-now>7 /s</td>") == 2
    assert shown.headers["Referrer-Policy"] == "no-referrer"
    assert shown.headers["Cache-Control"] == "no-store"
    assert "noindex" in shown.headers["X-Robots-Tag"]
    again = await (await ada.client.get(url)).get_data(as_text=True)
    assert not LINK.search(again)
    revoke = re.findall(r'action="(\S+/revoke)"', again)
    assert (await grace.client.post(revoke[0])).status_code == 404
    assert (await ada.client.post(revoke[0])).status_code == 303
    assert (await app.test_client().get(address)).status_code == 404
    assert (await grace.client.get(url)).status_code == 404
    assert (await grace.client.post(f"{url}/delete")).status_code == 404
    assert (await ada.client.post(f"{url}/delete")).status_code == 303


async def test_a_panel_is_drawn_as_the_form_says_and_changed_in_its_place(ada: Person) -> None:
    url = await composed(ada)
    added = {
        **{"do": "add", "title": "Boiler", "kind": "number", "span": "3", "minutes": "60"},
        **{"topic": " boilers:7 ", "series": "celsius, bar"},
    }
    look = {"do": "look 0", "title": "Load, by day", "kind": "area", "minutes": "1440"}
    other = {"do": "look 1", "figures": "requests.running"}
    sent = [added, look, other, {**added, "figures": "requests.rate"}, {**look, "minutes": "16"}]
    told = [await send(ada, url, form) for form in sent]
    board_id = url.rpartition("/")[2]
    board = await (await ada.client.get(f"/api/v1/dashboards/boards/{board_id}")).get_json()
    page = await (await ada.client.get(url)).get_data(as_text=True)

    assert told == [303, 303, 303, 422, 422]
    first, second, last = board["panels"]
    assert (second["title"], second["figures"]) == ("Trouble", ["requests.running"])
    assert (first["title"], first["kind"], first["minutes"]) == ("Load, by day", "area", 1_440)
    assert first["figures"] == ["requests.rate"]
    assert (last["topic"], last["series"]) == ("boilers:7", ["celsius", "bar"])
    assert (last["kind"], last["span"], last["minutes"]) == ("number", 3, 60)
    assert 'data-panel="area" data-minutes="1440"' in page
    assert 'data-topics="figures:service boilers:7"' in page


async def test_a_guest_is_not_even_told_the_name_of_a_topic(app: Quart, ada: Person) -> None:
    url = await composed(ada)
    sent = {"do": "add", "title": "Boiler", "topic": "boilers:7", "series": "celsius"}
    assert await send(ada, url, sent) == 303
    made = await (await ada.client.post(f"{url}/links")).get_data(as_text=True)
    [address] = LINK.findall(made)

    owners = await (await ada.client.get(url)).get_data(as_text=True)
    guests = await (await app.test_client().get(address)).get_data(as_text=True)

    assert "boilers:7" in owners
    assert "celsius" in owners
    assert "Boiler" in guests
    assert NOT_FOR_GUESTS in guests
    assert "boilers" not in guests
    assert "celsius" not in guests


def boilers_of(owner: Person) -> TopicNamespace:
    """Returns a namespace such as another feature declares: its owner may pick from it."""

    async def authorise(who: Principal, _key: str, _action: Action) -> bool:
        return who.user_id == owner.user.id

    async def offers(who: Principal, search: str, _most: int) -> list[Offer]:
        mine = [Offer("boilers:7", "<Boiler> seven", ("celsius", "bar"))]
        return mine if who.user_id == owner.user.id and search in "seven" else []

    return TopicNamespace("boilers", kind=Latest(), authorise=authorise, offers=offers)


async def test_what_others_publish_is_picked_from_a_list_or_written_by_hand(
    resources: Resources, ada: Person, grace: Person
) -> None:
    resources.realtime.declare(boilers_of(ada))
    url, hers = await composed(ada), await composed(grace)
    page = await (await ada.client.get(url)).get_data(as_text=True)
    unfound = await (await ada.client.get(f"{url}?find=nine")).get_data(as_text=True)
    sent: list[dict[str, str]] = [
        {"pick": "boilers:7"},
        {"pick": "boilers:7", "series": "bar, celsius"},
        {"pick": "boilers:7 bar"},
        {"pick": "boilers:7 bar", "topic": "boilers:8"},
        {"pick": "boilers:7", "figures": "requests.rate"},
        {"pick": "boilers"},
    ]
    told = [await send(ada, url, {"do": "add", "title": "Boiler"} | form) for form in sent]
    board = await (await ada.client.get(f"/api/v1{url}")).get_json()

    assert '<option value="boilers:7 bar">&lt;Boiler&gt; seven: bar</option>' in page
    assert "boilers:7" not in await (await grace.client.get(hers)).get_data(as_text=True)
    assert "boilers:7" not in unfound
    assert "Nothing has this name" in unfound
    assert told == [303, 303, 303, 303, 422, 422]
    panels = [(panel["topic"], panel["series"]) for panel in board["panels"][2:]]
    assert panels == [
        ("boilers:7", []),
        ("boilers:7", ["bar", "celsius"]),
        ("boilers:7", ["bar"]),
        ("boilers:8", []),
    ]
