"""Nobody is let in anywhere but where the reviewed list says: every route, called (W1)."""

from quart import Quart
from quart.testing import QuartClient as Client

from app.web.guards import GUARD
from app.web.guards import guard_of
from app.web.guards import public
from app.web.guards import unidentified
from tests.people import Person
from tests.web.walking import UNSAFE
from tests.web.walking import every_call

OPEN = {public, unidentified}
REFUSED = {401, 403}


async def test_an_anonymous_caller_is_refused_at_every_route_that_is_not_public(
    app: Quart, ada: Person
) -> None:
    origin = {"Origin": app.extensions["resources"].settings.public_url}
    closed = [
        call
        for call in every_call(app)
        if guard_of(app.view_functions, call.endpoint) not in OPEN and call.method != "OPTIONS"
    ]
    assert len(closed) > 10
    assert {call.method for call in closed} & UNSAFE
    let_in: list[str] = []
    lost: list[str] = []

    for call in closed:
        answer = await Client(app).open(call.address, method=call.method, headers=origin)
        to_sign_in = answer.status_code == 303 and answer.location.startswith("/sign-in")
        if answer.status_code not in REFUSED and not to_sign_in:
            let_in.append(f"{call} -> {answer.status_code}")
        # There is something to get into: whoever is signed in hears that, or gets further.
        known = await ada.client.open(call.address, method="OPTIONS")
        if known.status_code not in {200, 403}:
            lost.append(str(call))

    assert let_in == []
    assert lost == []


async def test_a_route_that_forgot_its_guard_is_closed_and_one_marked_public_is_open(
    small_app: Quart,
) -> None:
    client = small_app.test_client()

    forgotten = await client.get("/api/v1/forgotten")
    setattr(small_app.view_functions["forgotten"], GUARD, public)
    marked = await client.get("/api/v1/forgotten")

    assert (forgotten.status_code, marked.status_code) == (401, 200)


async def test_stock_quart_lets_everybody_in() -> None:
    stock = Quart("stock")

    @stock.get("/forgotten")
    async def forgotten() -> str:
        return ""

    assert (await stock.test_client().get("/forgotten")).status_code == 200
