"""Machines: callers with a token of a feature, who are nobody's stand-in."""

from uuid import uuid4

import httpx
import pytest
from quart import Quart

from app.identity import Bearer
from app.principal import ANONYMOUS
from app.principal import MachineId
from app.principal import Principal
from app.realtime.connections.limits import InboundLimits
from app.realtime.connections.limits import Rate
from app.realtime.topics import Action
from app.realtime.topics import TopicNamespace
from app.realtime.topics import Window
from app.resources import resources_of
from tests.realtime.rig import Socket
from tests.realtime.rig import until
from tests.realtime.test_credentials_in_the_service import socket

SCOPE = "robots:own"


def machine(name: str) -> Principal:
    """Returns a machine that may do what its scope says."""
    return Principal(
        kind="machine", machine_id=MachineId(uuid4()), name=name, scopes=frozenset({SCOPE})
    )


class Robots:
    """Two machines, the tokens that stand for them, and a topic that machines may hear."""

    def __init__(self, app: Quart) -> None:
        self.tokens = {f"rob_{name}": Bearer(machine(name)) for name in ("one", "two")}
        self.resources = resources_of(app)
        self.resources.identity.bearers.add("rob_", self._verify)
        self.resources.realtime.method("robots.name", self._name, scope=SCOPE)
        self.resources.realtime.declare(
            TopicNamespace("robot", kind=Window(), authorise=self._own, presence=True, scope=SCOPE)
        )

    async def _verify(self, token: str) -> Bearer | None:
        return self.tokens.get(token)

    async def _own(self, who: Principal, key: str, action: Action) -> bool:
        return key == str(who.machine_id)

    async def _name(self, who: Principal, data: None) -> str:
        return who.name

    def id_of(self, name: str) -> MachineId:
        found = self.tokens[f"rob_{name}"].principal.machine_id
        assert found is not None
        return found

    def headers(self, name: str) -> dict[str, str]:
        return {"Authorization": f"Bearer rob_{name}"}


@pytest.fixture
def robots(app: Quart) -> Robots:
    """Returns the machines of this test."""
    return Robots(app)


async def test_a_machine_calls_methods_and_hears_topics_of_its_own_alone(
    live_server: str, robots: Robots
) -> None:
    ours, theirs = (f"robot:{robots.id_of(name)}" for name in ("one", "two"))
    async with socket(live_server, additional_headers=robots.headers("one")) as connection:
        client = Socket(connection)
        greeting = await client.hello({"topic": ours, "presence": True}, {"topic": theirs})
        [own, other] = greeting["subscriptions"]
        assert [one["user"] for one in own["presence"]["members"]] == [str(robots.id_of("one"))]
        assert other["error"]["code"] == "forbidden"

        called = await client.ask("call", method="robots.name", data=None)

        assert called["result"] == {"data": "one"}


async def test_a_machine_opens_no_route_and_may_give_commands_as_requests(
    live_server: str, robots: Robots
) -> None:
    command = {"type": "call", "id": 1, "method": "robots.name", "data": None}
    async with httpx.AsyncClient(
        base_url=live_server, headers=robots.headers("one"), timeout=60
    ) as client:
        answer = await client.post("/realtime/commands", json=command)
        refused = await client.get("/api/v1/accounts/me")

    assert answer.json()["result"] == {"data": "one"}
    assert refused.status_code == 401


async def test_a_machine_is_disconnected_by_its_id_and_the_others_stay(
    live_server: str, robots: Robots
) -> None:
    async with (
        socket(live_server, additional_headers=robots.headers("one")) as first,
        socket(live_server, additional_headers=robots.headers("two")) as second,
    ):
        await Socket(first).hello()
        await Socket(second).hello()

        await robots.resources.realtime.disconnect(machine=robots.id_of("one"))

        assert await Socket(first).closed() == 4401
        assert "result" in await Socket(second).ask("call", method="robots.name", data=None)


async def test_a_machine_whose_token_is_no_good_any_more_is_found_at_the_next_look(
    live_server: str, robots: Robots
) -> None:
    core = robots.resources.realtime._core
    async with socket(live_server, additional_headers=robots.headers("one")) as connection:
        client = Socket(connection)
        await client.hello()
        [ours] = core.hub.connections.values()
        core.sessions.look_at(ours)
        await core.sessions.look_at_all()
        assert "result" in await client.ask("call", method="robots.name", data=None)
        robots.tokens.clear()

        core.sessions.look_at(ours)

        assert await client.closed() == 4401


async def test_machines_are_held_to_limits_of_their_kind(live_server: str, robots: Robots) -> None:
    once = Rate(per_second=0.01, burst=1)
    plenty = Rate(per_second=1_000_000, burst=1_000_000)
    robots.resources.realtime.hold_callers_to("machine", InboundLimits(once, plenty))
    async with socket(live_server, additional_headers=robots.headers("one")) as connection:
        client = Socket(connection)
        await client.hello()

        first = await client.ask("call", method="robots.name", data=None)
        second = await client.ask("call", method="robots.name", data=None)

    assert "result" in first
    assert second["error"]["code"] == "rate_limited"


async def test_the_connections_of_a_machine_are_counted_as_its_own(
    live_server: str, robots: Robots
) -> None:
    core = robots.resources.realtime._core
    async with socket(live_server, additional_headers=robots.headers("one")) as connection:
        await Socket(connection).hello()
        counted = {one.counted_as for one in core.hub.connections.values()}
    await until(lambda: not core.hub.connections)

    assert counted == {robots.id_of("one")}


def test_nobody_has_no_id_to_be_known_by() -> None:
    assert not ANONYMOUS.is_known
    with pytest.raises(LookupError, match="neither"):
        _ = ANONYMOUS.known_id
    with pytest.raises(LookupError, match="no user id"):
        _ = machine("one").own_id
