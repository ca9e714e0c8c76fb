"""Whoever has to have a second factor and has none gets no further than setting one up.

ASVS 5.0, 6.3.3. Each is shown beside the same person where nobody has to have one.
"""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import uuid4

import httpx
import pyotp
import pytest
from quart import Quart
from websockets.typing import Origin
from websockets.typing import Subprotocol

from app.factory import create_app
from app.identity.factor_duty import FactorDuty
from app.principal import SYSTEM
from app.principal import Principal
from app.realtime.core import Core
from app.realtime.protocol.close_codes import CloseCode
from app.realtime.protocol.messages import SUBPROTOCOL
from app.realtime.topics import Action
from app.realtime.topics import TopicNamespace
from app.realtime.topics import Window
from app.resources import resources_of
from app.roles import ADMINISTRATOR
from app.roles import AUDITOR
from app.settings import IdentitySettings
from app.settings import RequiredOf
from app.settings import Settings
from app.web import also_enrolling
from tests import servers
from tests.access.live_routes import LiveRoute
from tests.access.live_routes import live_routes
from tests.people import PASSWORD
from tests.people import Browser
from tests.people import Person
from tests.people import join
from tests.people import sign_in
from tests.ports import free_port
from tests.realtime.rig import Socket
from tests.sockets import connect

FACTOR = "/account/second-factor"
ME = "/api/v1/accounts/me"
REQUIRED = "/problems/second-factor-required"
LILY = {"email": "lily@example.com", "password": PASSWORD}
WAYS_TO_IT = {
    f"GET {FACTOR}",
    f"GET {FACTOR}/qr.png",
    f"POST {FACTOR}/confirm",
    "GET /api/v1/accounts/second-factor",
    "POST /api/v1/accounts/second-factor",
    "POST /api/v1/accounts/second-factor/confirm",
    # Its page wants a recent proof of who somebody is.
    *("GET /account/confirm", "POST /account/confirm", "POST /api/v1/accounts/confirm"),
}


def bound(settings: Settings, of: RequiredOf) -> Settings:
    """Returns settings by which a second factor is a must for some, as in production."""
    identity = settings.identity.model_copy(update={"second_factor_required_of": of})
    return settings.model_copy(update={"identity": identity})


@pytest.fixture
async def strict(app: Quart, settings: Settings) -> AsyncIterator[Quart]:
    """Yields another process with the same people, where administrators have to have one."""
    other = create_app(bound(settings, "administrators"))
    async with other.test_app():
        yield other


@pytest.fixture
async def lily(strict: Quart) -> Person:
    """Returns an administrator who has just signed in there and has no second factor."""
    return await join(strict, "Lily", is_admin=True)


async def anybody(who: Principal, key: str, action: Action) -> bool:
    return who.is_signed_in


def address_of(route: LiveRoute) -> str:
    """Returns an address of a route, of things that need not be there: guards come before."""
    path = re.sub(r"<int:\w+>", "1", route.rule)
    return re.sub(r"<(?:uuid:)?\w+>", str(uuid4()), path)


def key_in(page: str) -> str:
    """Returns the secret that a page shows."""
    key = re.search(r'account__key">([A-Z2-7 ]+)<', page)
    assert key
    return key[1].replace(" ", "")


async def set_up(person: Person, *, goal: str = "") -> str:
    """Sets a second factor up on the page; returns the page with the recovery codes."""
    page = await (await person.client.get(f"{FACTOR}?next={goal}")).get_data(as_text=True)
    form = {"code": pyotp.TOTP(key_in(page)).now(), "next": goal}
    shown = await person.client.post(f"{FACTOR}/confirm", form=form)
    assert shown.status_code == 200
    text: str = await shown.get_data(as_text=True)
    return text


async def test_no_route_but_the_ways_to_it_is_open(app: Quart, strict: Quart, lily: Person) -> None:
    closed = [route for route in live_routes(strict) if not route.is_for_anybody]
    ways = {str(route) for route in closed if route.guard is also_enrolling}
    wrong = {}
    for route in closed:
        if route.guard is also_enrolling:
            continue
        answer = await lily.client.open(address_of(route), method=route.method)
        led = (answer.location or "").startswith(f"{FACTOR}?next=") and answer.status_code == 303
        told = answer.status_code == 403 and REQUIRED in await answer.get_data(as_text=True)
        if led is not route.is_page or told is route.is_page:
            wrong[str(route)] = answer.status_code

    page = await (await lily.client.get(FACTOR)).get_data(as_text=True)
    left = await lily.client.post("/sign-out")

    assert ways == WAYS_TO_IT
    assert len(closed) > 2 * len(ways)
    assert wrong == {}
    assert "It is required for your account, <bdi>Lily</bdi>" in page
    actions = re.findall(r'<(?:form[^>]* action|a[^>]* href)="([^"]+)"', page)
    assert actions == ["#content", "/", "/sign-out", f"{FACTOR}/confirm"]
    assert left.status_code == 303
    assert (await lily.client.get(FACTOR)).location.startswith("/sign-in")
    free = await sign_in(app, lily.user)  # where nobody has to have one
    assert (await free.client.get("/administration/people")).status_code == 200


async def test_setting_it_up_opens_everything_and_leads_on(strict: Quart, lily: Person) -> None:
    visitor = Browser(strict)
    arrived = await visitor.post("/sign-in", form=LILY | {"next": "/administration/people"})
    again = await visitor.get("/sign-in?next=/administration/people")
    before = await visitor.get("/administration/people")
    person = Person(lily.user, visitor, lily.principal)

    codes = await set_up(person, goal="/administration/people")

    assert arrived.location == again.location == f"{FACTOR}?next=%2Fadministration%2Fpeople"
    assert before.location == arrived.location
    assert 'class="button" href="/administration/people">I have kept them' in codes
    assert (await visitor.get("/administration/people")).status_code == 200
    assert (await visitor.get(ME)).status_code == 200
    assert (await lily.client.get(ME)).status_code == 401  # began without it, so it has ended


async def test_a_program_that_shows_no_pages_sets_it_up_too(strict: Quart, lily: Person) -> None:
    rest, before = "/api/v1/accounts/second-factor", lily.cookie
    owed = await (await lily.client.get(rest)).get_json()
    asked = await lily.client.post(rest)
    told = await asked.get_json()
    totp = pyotp.TOTP(told["secret"])

    wrong = await lily.client.post(f"{rest}/confirm", json={"code": "000000"})
    right = await lily.client.post(f"{rest}/confirm", json={"code": totp.now()})

    assert owed == {"is_on": False, "codes_left": 0, "is_required": True}
    assert pyotp.parse_uri(told["uri"]).secret == told["secret"]
    [error] = (await wrong.get_json())["errors"]
    assert (wrong.status_code, error["field"]) == (422, "code")
    assert {one.headers["Cache-Control"] for one in (asked, right)} == {"no-store"}
    assert len((await right.get_json())["recovery_codes"]) == 10
    assert (await lily.client.get("/administration/people")).status_code == 200
    assert (await strict.test_client().get(ME, headers={"Cookie": before})).status_code == 401
    assert (await lily.client.post(rest)).status_code == 409  # there is one


async def test_a_whole_office_behind_one_address_sets_it_up(strict: Quart, lily: Person) -> None:
    rest, rose = "/api/v1/accounts/second-factor", await join(strict, "Rose", is_admin=True)

    statuses = [(await lily.client.post(rest)).status_code for _ in range(21)]

    assert statuses == [200] * 20 + [429]
    assert (await rose.client.post(rest)).status_code == 200


async def test_it_cannot_be_taken_away_and_a_recovery_code_still_signs_in(
    app: Quart, strict: Quart, lily: Person
) -> None:
    codes = await set_up(lily)
    [code, *_] = re.findall(r"<code>([0-9a-z-]{27})</code>", codes)
    page = await (await lily.client.get(FACTOR)).get_data(as_text=True)

    refused = await lily.client.post(f"{FACTOR}/remove")

    assert "cannot be switched off" in page
    assert "/remove" not in page
    assert refused.location == FACTOR
    identity = resources_of(strict).identity
    assert (await identity.factors.state(lily.user.id)).is_on
    visitor = Browser(strict)
    half = (await (await visitor.post("/api/v1/accounts/sign-in", json=LILY)).get_json())[
        "half_sign_in"
    ]
    body = {"half_sign_in": half, "code": code}
    assert (await visitor.post("/api/v1/accounts/sign-in/code", json=body)).status_code == 200
    assert (await visitor.get("/administration/people")).status_code == 200
    free = await sign_in(app, lily.user)
    assert (await free.client.post(f"{FACTOR}/remove")).location == "/account/security"


async def test_who_has_a_new_phone_needs_no_operator(strict: Quart, lily: Person) -> None:
    closed = await lily.client.get(f"{FACTOR}/phone")
    await set_up(lily)
    refused = await lily.client.post(f"{FACTOR}/remove")
    page = await (await lily.client.get(f"{FACTOR}/phone")).get_data(as_text=True)

    code = pyotp.TOTP(key_in(page)).now()
    changed = await lily.client.post(f"{FACTOR}/phone", form={"code": code})

    assert closed.location.startswith(f"{FACTOR}?next=")  # there is none to change
    assert refused.location == FACTOR
    assert "Your recovery codes" in await changed.get_data(as_text=True)
    assert (await lily.client.get("/administration/people")).status_code == 200


async def test_a_program_changes_phones_too_and_cannot_switch_it_off(
    strict: Quart, lily: Person
) -> None:
    rest = "/api/v1/accounts/second-factor"
    closed = await lily.client.post(f"{rest}/phone")
    await set_up(lily)

    refused = await lily.client.delete(rest)
    secret = (await (await lily.client.post(f"{rest}/phone")).get_json())["secret"]
    code = {"code": pyotp.TOTP(secret).now()}
    moved = await lily.client.post(f"{rest}/phone/confirm", json=code)

    assert (closed.status_code, (await closed.get_json())["type"]) == (403, REQUIRED)
    assert (refused.status_code, moved.status_code) == (409, 200)
    assert (await resources_of(strict).identity.factors.state(lily.user.id)).is_on


async def test_a_token_is_no_way_round_it_and_nobody_else_is_asked(
    app: Quart, strict: Quart, lily: Person
) -> None:
    member = await join(strict, "Max")
    free = await sign_in(app, lily.user)
    body = {"name": "Harbour bot", "scopes": ["account:read"], "days": 7}
    made = await (await free.client.post("/api/v1/accounts/tokens", json=body)).get_json()
    bearer = {"Authorization": f"Bearer {made['secret']}"}

    refused = await strict.test_client().get(ME, headers=bearer)

    assert (await member.client.get(ME)).status_code == 200
    assert (refused.status_code, (await refused.get_json())["type"]) == (403, REQUIRED)
    assert (await app.test_client().get(ME, headers=bearer)).status_code == 200
    await set_up(lily)
    assert (await strict.test_client().get(ME, headers=bearer)).status_code == 200


@dataclass(frozen=True, slots=True)
class Door:
    """Lily at the realtime endpoints of a process where administrators have to have one."""

    core: Core
    url: str

    async def statuses(self, lily: Person) -> list[int]:
        """Returns what a stream, a command and the route of tickets say to her."""
        headers = {"Cookie": lily.cookie, "Origin": self.url}
        command = {"type": "history", "id": 1, "topic": "room:7"}
        async with httpx.AsyncClient(base_url=self.url, headers=headers, timeout=60) as client:
            async with client.stream("GET", "/realtime/events?topic=room:7") as stream:
                listening = stream.status_code
            asked = await client.post("/realtime/commands", json=command)
            ticket = await client.post("/api/v1/realtime/tickets")
        return [listening, asked.status_code, ticket.status_code]

    @asynccontextmanager
    async def socket(self, lily: Person) -> AsyncIterator[Socket]:
        """Connects her, who has not said hello yet."""
        async with connect(
            self.url.replace("http", "ws") + "/realtime/socket",
            subprotocols=[Subprotocol(SUBPROTOCOL)],
            origin=Origin(self.url),
            additional_headers={"Cookie": lily.cookie},
        ) as connection:
            yield Socket(connection)


@pytest.fixture
async def door(app: Quart, settings: Settings) -> AsyncIterator[tuple[Door, Person]]:
    """Yields the endpoints, and Lily who has just signed in."""
    port = free_port()
    server = settings.server.model_copy(update={"port": port})
    update = {"public_url": f"http://127.0.0.1:{port}", "server": server}
    own = bound(settings, "administrators").model_copy(update=update)
    other = create_app(own)
    async with other.test_app(), servers.listening(other, own):
        realtime = resources_of(other).realtime
        realtime.declare(TopicNamespace("room", kind=Window(), authorise=anybody))
        lily = await join(other, "Lily", is_admin=True)
        yield Door(realtime._core, own.public_url), lily


@pytest.mark.slow
async def test_no_socket_no_stream_no_command_and_no_ticket_is_open(
    app: Quart, door: tuple[Door, Person]
) -> None:
    served, lily = door
    before = await served.statuses(lily)
    async with served.socket(lily) as socket:
        await socket.send("hello", client="test/1", subscriptions=[])
        assert await socket.closed() == CloseCode.UNAUTHENTICATED
    await set_up(lily)

    assert before == [401, 401, 403]
    assert await served.statuses(lily) == [200, 400, 201]  # 400: let in, and nothing to do
    async with served.socket(lily) as socket:
        await socket.hello({"topic": "room:7"})
        [connection] = served.core.hub.connections.values()
        # The factor goes by another's will, in another process: the socket ends with it.
        await resources_of(app).identity.factors.remove(SYSTEM, lily.user.id)
        resources_of(lily.client.app).identity.forget(user=lily.user.id)
        served.core.sessions.look_at(connection)
        await served.core.sessions.look_at_all()
        assert await socket.closed() == CloseCode.UNAUTHENTICATED


@pytest.mark.parametrize(
    ("of", "bound_ones"),
    [
        ("nobody", []),
        ("administrators", [ADMINISTRATOR, AUDITOR]),
        ("everybody", [ADMINISTRATOR, AUDITOR, ""]),
    ],
)
def test_duty_is_a_matter_of_roles(of: RequiredOf, bound_ones: list[str]) -> None:
    duty = FactorDuty(of)

    assert [role for role in (ADMINISTRATOR, AUDITOR, "") if duty.binds([role])] == bound_ones


@pytest.mark.parametrize(
    ("environment", "said", "of"),
    [
        ("production", "auto", "administrators"),
        ("production", "nobody", "nobody"),
        ("development", "auto", "nobody"),
        ("development", "everybody", "everybody"),
    ],
)
def test_unasked_administrators_of_production_have_to_have_one(
    settings: Settings, environment: str, said: str, of: str
) -> None:
    identity = IdentitySettings().model_copy(update={"second_factor_required_of": said})

    there = settings.model_copy(update={"environment": environment, "identity": identity})

    assert there.second_factor_required_of == of
