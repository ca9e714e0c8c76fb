"""The route that gives out tickets."""

from quart import Quart
from quart.typing import TestClientProtocol as Client

from app.resources import resources_of
from tests.people import Person

ADDRESS = "/api/v1/realtime/tickets"


async def test_a_ticket_is_of_the_callers_session(app: Quart, ada: Person) -> None:
    response = await ada.client.post(ADDRESS)

    told = await response.get_json()
    record = await resources_of(app).identity.tickets.redeem(told["ticket"])
    assert (response.status_code, told["expires_in_ms"]) == (201, 30_000)
    assert response.headers["Cache-Control"] == "no-store"
    assert record is not None
    assert record.principal == ada.principal


async def test_who_is_not_signed_in_gets_none(client: Client) -> None:
    response = await client.post(ADDRESS)

    assert response.status_code == 401


async def test_a_page_of_another_site_gets_none(ada: Person) -> None:
    response = await ada.client.post(ADDRESS, headers={"Origin": "https://evil.test"})

    assert response.status_code == 403


async def test_the_description_of_the_interface_has_the_route(client: Client) -> None:
    described = await (await client.get("/openapi.json")).get_json()

    operation = described["paths"][ADDRESS]["post"]
    shape = described["components"]["schemas"]["TicketShape"]
    assert {"201", "401", "403", "429"} <= set(operation["responses"])
    assert set(shape["properties"]) == {"ticket", "expires_in_ms"}
