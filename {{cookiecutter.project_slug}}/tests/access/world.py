"""An application full of people: an owner with their things, a guest, a stranger, and nobody."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from urllib.parse import urlencode

from quart import Quart
from quart.testing import QuartClient

from app.web.guards import Guard
from tests.access.live_routes import LiveRoute
from tests.access.scene import Access
from tests.access.scene import Scene
from tests.people import Browser
from tests.people import Person
from tests.people import join

REDIRECTS = (301, 302, 303, 307, 308)


@dataclass(frozen=True)
class Answer:
    """What came back from one call."""

    status: int
    location: str
    text: str

    @property
    def let_in(self) -> bool:
        """Whether the caller got what they asked for, and was not sent to sign in."""
        return self.status < 400 and not self.location.startswith("/sign-in")

    @property
    def is_refusal(self) -> bool:
        """Whether it says no, and no more than that."""
        return self.status in {401, 403, 404}

    @property
    def asks_to_sign_in(self) -> bool:
        """Whether somebody who is not signed in was told so."""
        sent = self.status in REDIRECTS and self.location.startswith("/sign-in")
        return self.status == 401 or sent


class World:
    """Makes scenes in one application, each with people of its own."""

    _numbers = count(1)

    def __init__(self, app: Quart, accesses: Mapping[str, Access]) -> None:
        self.app = app
        self._accesses = accesses

    async def person(self, name: str, guard: Guard | None = None) -> Person:
        """Returns somebody new whom the guard admits."""
        someone = await join(self.app, f"{name}{next(self._numbers)}")
        if guard is None or guard.admits(someone.principal):
            return someone
        return await join(self.app, f"{name}{next(self._numbers)}", is_admin=True)

    async def scene(self, feature: str, guard: Guard | None = None) -> "tuple[Person, Scene]":
        """Returns a new owner and their things.

        Raises:
            LookupError: the feature has no scene.
        """
        if feature not in self._accesses:
            raise LookupError(f"write tests/features/{feature}/access.py: the matrix knows no ids")
        owner = await self.person("Owner", guard)
        guest = await self.person("Guest")
        return owner, await self._accesses[feature].scene(self.app, owner, guest)

    def nobody(self) -> QuartClient:
        """Returns a browser of the service's own pages in which nobody is signed in."""
        return Browser(self.app)


def address(route: LiveRoute, scene: Scene) -> str:
    """Returns the address of a route with the ids of a scene.

    Raises:
        LookupError: the scene does not know one of them.
    """
    path = route.rule
    for name in route.arguments:
        if name not in scene.ids:
            raise LookupError(f"{route}: the scene of {route.feature} has no {name!r}")
    for part in path.split("/"):
        if part.startswith("<"):
            name = part.strip("<>").rpartition(":")[2]
            path = path.replace(part, str(scene.ids[name]))
    return path


def body_of(route: LiveRoute, scene: Scene) -> dict[str, object]:
    """Returns what the owner sends; a page's form may be empty.

    Raises:
        LookupError: the route declares a body and the scene does not know one.
    """
    if route.reads_json and route.endpoint not in scene.bodies:
        raise LookupError(f"{route}: the scene of {route.feature} has no body {route.endpoint!r}")
    return dict(scene.bodies.get(route.endpoint, {}))


async def call(
    client: QuartClient,
    route: LiveRoute,
    scene: Scene,
    *,
    extra: Mapping[str, object] | None = None,
) -> Answer:
    """Calls a route as somebody, with more members than it asks for where ``extra`` says so."""
    body = body_of(route, scene)
    if route.endpoint in scene.ready:
        body |= await scene.ready[route.endpoint]()
    body |= extra or {}
    data, kind = _encoded(route, body)
    response = await client.open(
        address(route, scene),
        method=route.method,
        data=data,
        headers={
            **({"Content-Type": kind} if kind else {}),
            **scene.headers.get(route.endpoint, {}),
        },
    )
    told = await response.get_data(as_text=False)
    return Answer(
        response.status_code,
        response.headers.get("Location", ""),
        told.decode(errors="replace"),
    )


def _encoded(route: LiveRoute, body: Mapping[str, object]) -> tuple[bytes | None, str]:
    if route.method in {"GET", "DELETE"} or not (body or route.reads_json):
        return None, ""
    if route.is_page:
        form = {name: str(value) for name, value in body.items()}
        return urlencode(form).encode(), "application/x-www-form-urlencoded"
    return json.dumps(body, default=str).encode(), "application/json"
