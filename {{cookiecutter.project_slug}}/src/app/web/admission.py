"""How many requests are answered at once: the next wait for a moment, the rest are told to go.

A service that takes on more than it can do does all of it late, and none of it in time. Those who
are turned away cost next to nothing here and know at once; those who are let in are served as fast
as ever.
"""

import asyncio
from typing import Any
from typing import Final

from app.settings import WebSettings
from app.web.meters import WebMeters

BEAT_SECONDS: Final = 0.05
# A late loop is our own doing only when this share of the places is taken.
BUSY_SHARE: Final = 8
# So much of the places may be taken by requests whose body may yet have to come, of four parts:
# whoever sends theirs a byte at a time must not keep all the others out.
BODY_PARTS: Final = 3
PLACE: Final = "app.place"


class Place:
    """One of the places; given back as soon as the answer begins, since readers may be slow."""

    __slots__ = ("_admission", "_is_taken", "has_body")

    def __init__(self, admission: "Admission", *, has_body: bool) -> None:
        self._admission = admission
        self._is_taken = True
        self.has_body = has_body

    def leave(self) -> None:
        """Gives the place back; more than once does no harm."""
        if self._is_taken:
            self._is_taken = False
            self._admission.leave(self)


class Admission:
    """The places of one process.

    Whoever came last is let in first: who has waited longest has waited nearly too long already,
    and their client may have given up. Whoever waits longer than ``requests_wait_seconds`` is
    turned away, and so is everybody while the loop itself is late by ``requests_late_seconds``.
    """

    def __init__(self, settings: WebSettings, meters: WebMeters) -> None:
        self._places = settings.requests_at_once
        self._wait_seconds = settings.requests_wait_seconds
        self._late_seconds = settings.requests_late_seconds
        self._meters = meters
        self._waiting: list[asyncio.Future[None]] = []
        self._running = self._with_body = 0
        self._late_by = 0.0
        self._is_beating = False
        meters.running.set_function(lambda: self._running)
        meters.waiting.set_function(lambda: len(self._waiting))

    def enter_at_once(self, *, has_body: bool) -> Place | None:
        """Returns a place, or None when that is for `enter` to say."""
        if self._running >= self._places or has_body or self._late_by > self._late_seconds:
            return None
        self._running += 1
        self._beat()
        return Place(self, has_body=False)

    async def enter(self, *, has_body: bool) -> Place | None:
        """Returns a place, or None when there is too much to do."""
        reason = await self._refusal(has_body=has_body)
        if reason is not None:
            self._meters.shed.labels(reason).inc()
            return None
        self._with_body += has_body
        self._beat()
        return Place(self, has_body=has_body)

    def leave(self, place: Place) -> None:
        """Takes a place back."""
        self._with_body -= place.has_body
        self._pass_on()

    async def _refusal(self, *, has_body: bool) -> str | None:
        """Takes a place, or says why there is none."""
        if self._late_by > self._late_seconds and self._running * BUSY_SHARE > self._places:
            return "slow"
        if has_body and self._with_body * 4 >= self._places * BODY_PARTS:
            return "full"
        if self._running < self._places:
            self._running += 1
            return None
        if len(self._waiting) >= self._places:
            return "full"
        return None if await self._wait() else "late"

    async def _wait(self) -> bool:
        """Waits for a turn; True is a place that was handed over."""
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await asyncio.wait({turn}, timeout=self._wait_seconds)
        except asyncio.CancelledError:
            if turn.done():
                self._pass_on()
            raise
        finally:
            if not turn.done():
                self._waiting.remove(turn)
        return turn.done()

    def _pass_on(self) -> None:
        """Hands a place over to the newest who waits, if anybody does."""
        if self._waiting:
            self._waiting.pop().set_result(None)  # nobody else can take it meanwhile
        else:
            self._running -= 1

    def _beat(self) -> None:
        """Watches, as long as there is anything to do, how late the loop wakes a timer."""
        if not self._is_beating:
            self._is_beating = True
            self._late_by = 0.0
            loop = asyncio.get_running_loop()
            loop.call_later(BEAT_SECONDS, self._look, loop, loop.time() + BEAT_SECONDS)

    def _look(self, loop: asyncio.AbstractEventLoop, due: float) -> None:
        self._late_by = loop.time() - due
        self._is_beating = self._running > 0
        if self._is_beating:
            loop.call_later(BEAT_SECONDS, self._look, loop, loop.time() + BEAT_SECONDS)
        else:
            self._late_by = 0.0


def has_body(scope: Any) -> bool:
    """Tells whether a request says that it brings a body."""
    for name, value in scope["headers"]:  # any() takes three times as long
        if (name == b"content-length" and value != b"0") or name == b"transfer-encoding":
            return True
    return False


def give_place_back(scope: Any) -> None:
    """Frees the place of a request whose answer begins: how long it is read is not our affair."""
    place: Place | None = scope.get(PLACE)
    if place is not None:
        place.leave()
