"""Topics to pick from: of every feature that has some, and of no more than somebody may hear."""

from dataclasses import replace

from app.principal import Principal
from app.realtime.offers import offered
from app.realtime.topics import Action
from app.realtime.topics import Latest
from app.realtime.topics import Offer
from app.realtime.topics import TopicNamespace
from tests.realtime.rig import Door


async def nobody(_who: Principal, _key: str, _action: Action) -> bool:
    return False


def of_numbers(name: str, *keys: str, scope: str | None = None) -> TopicNamespace:
    """Returns a namespace that offers these keys to everybody, by a part of their titles."""

    async def offers(_who: Principal, search: str, _most: int) -> list[Offer]:
        return [Offer(f"{name}:{key}", key.title(), ("celsius",)) for key in keys if search in key]

    return TopicNamespace(name, kind=Latest(), authorise=nobody, scope=scope, offers=offers)


async def test_every_feature_offers_its_topics_and_no_more_than_were_asked_for() -> None:
    ada = Door().add("ada")
    silent = TopicNamespace("rooms", kind=Latest(), authorise=nobody)
    namespaces = [of_numbers("boilers", "north", "south"), silent, of_numbers("pumps", "north")]

    everything = await offered(namespaces, ada, most=9)
    north = await offered(namespaces, ada, search="nor", most=9)
    one = await offered(namespaces, ada, most=1)

    assert [offer.topic for offer in everything] == [
        "boilers:north",
        "boilers:south",
        "pumps:north",
    ]
    assert [offer.topic for offer in north] == ["boilers:north", "pumps:north"]
    assert one == [Offer("boilers:north", "North", ("celsius",))]


async def test_a_token_is_offered_what_its_scopes_open() -> None:
    ada = Door().add("ada")
    token = replace(ada, scopes=frozenset({"pumps:read"}))
    namespaces = [
        of_numbers("boilers", "north", scope="boilers:read"),
        of_numbers("pumps", "north", scope="pumps:read"),
    ]

    assert len(await offered(namespaces, ada, most=9)) == len(namespaces)
    assert [offer.topic for offer in await offered(namespaces, token, most=9)] == ["pumps:north"]
