"""Devices to pick from, where another feature shows topics: one's own, found by name."""

from quart import Quart

from app.features.devices.schemas import NAME_MAX_CHARACTERS
from app.features.devices.topics import readings_topic
from app.principal import ANONYMOUS
from app.resources import resources_of
from tests.people import Person

URL = "/api/v1/devices"


async def test_people_are_offered_their_own_devices_and_what_these_measure(
    app: Quart, ada: Person, grace: Person
) -> None:
    made = [
        await (await ada.client.post(URL, json={"name": name, "metrics": metrics})).get_json()
        for name, metrics in (("Boiler", ["celsius", "bar"]), ("Roof", ["wind"]))
    ]
    boiler, roof = (readings_topic(one["device"]["id"]) for one in made)
    declared = {one.name: one.offers for one in resources_of(app).realtime.namespaces}
    offers = declared["devices"]
    assert offers

    everything = await offers(ada.principal, "", 9)
    found = await offers(ada.principal, "boil", 9)

    told = [(offer.topic, offer.title, offer.series) for offer in everything]
    assert told == [(roof, "Roof", ("wind",)), (boiler, "Boiler", ("celsius", "bar"))]
    assert [offer.topic for offer in found] == [boiler]
    assert [offer.topic for offer in await offers(ada.principal, "", 1)] == [roof]
    assert await offers(ada.principal, "x" * (NAME_MAX_CHARACTERS + 1), 9) == []
    assert await offers(grace.principal, "", 9) == []
    assert await offers(ANONYMOUS, "", 9) == []
