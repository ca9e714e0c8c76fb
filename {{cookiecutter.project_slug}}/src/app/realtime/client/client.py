"""One connection, many topics, nothing lost, nothing twice; the contract is in docs/client.md."""

import asyncio
import random
import ssl
from collections.abc import Callable
from typing import Any
from typing import Self

import msgspec
from websockets.exceptions import InvalidHandshake

from app.realtime.client.backoff import Backoff
from app.realtime.client.commands import Commands
from app.realtime.client.connecting import address_of
from app.realtime.client.connecting import pause_ms
from app.realtime.client.credentials import ANONYMOUS
from app.realtime.client.credentials import Credentials
from app.realtime.client.failures import DeadlinePassed
from app.realtime.client.failures import Refused
from app.realtime.client.failures import SignedOut
from app.realtime.client.failures import Stopped
from app.realtime.client.fallback import Fallback
from app.realtime.client.frames import Frame
from app.realtime.client.frames import Greeting
from app.realtime.client.hello import say_hello
from app.realtime.client.link import CUT
from app.realtime.client.link import Link
from app.realtime.client.listener import State
from app.realtime.client.listener import Status
from app.realtime.client.listener import tell
from app.realtime.client.listening import Listening
from app.realtime.client.readiness import Readiness
from app.realtime.client.refreshing import refresh
from app.realtime.client.subscriptions import Subscriptions

CONNECT_SECONDS = 10.0
UNAUTHENTICATED = 4401
LISTENING: tuple[State, State] = ("live", "degraded")


class RealtimeClient(Listening, Commands):
    """A client of one service; use it as ``async with``, or call ``open`` and ``close``.

    ``url`` is the service's, such as ``https://example.com``. On a socket it has no task of its
    own, so ten thousand of them fit into a process.
    """

    def __init__(
        self,
        url: str,
        *,
        credentials: Credentials = ANONYMOUS,
        client: str = "python/1",
        on_status: Callable[[Status], object] = lambda _status: None,
        chance: Callable[[], float] = random.random,
        origin: str | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._address = address_of(url, credentials, origin=origin, tls=tls)
        self._credentials = credentials
        self._name = client
        self._on_status = on_status
        self._backoff = Backoff(chance)
        self._subscriptions = Subscriptions(self._backoff)
        self._status = Status("stopped")
        self._link: Link | None = None
        self._attempt: asyncio.Task[None] | None = None
        self._refreshing: asyncio.Task[bool] | None = None
        self._retry: asyncio.TimerHandle | None = None
        self._readiness = Readiness()
        self._fallback = Fallback(
            self._address,
            is_possible=bool(credentials.headers()) or credentials.ticket is None,
            topics=lambda: [topic.name for topic in self._subscriptions.asked()],
            on_welcome=self._welcome,
            on_push=self._take,
        )

    async def __aenter__(self) -> Self:
        self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def status(self) -> Status:
        """The state of the connection, and the last code that it ended with."""
        return self._status

    def open(self) -> None:
        """Begins to connect, or begins anew after ``stopped``; otherwise nothing happens."""
        if self._status.state == "stopped":
            self._backoff.succeeded(self._backoff.window_ms)
            self._set(Status("connecting"))
            self._connect_now()

    async def close(self) -> None:
        """Ends the connection until ``open``."""
        link = self._link
        if self._status.state != "stopped":
            self._stop(0)
        tasks = [task for task in (self._attempt, self._refreshing) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if link is not None:
            await link.gone()

    async def ready(self) -> None:
        """Waits until hello was answered, so that every topic of that moment has its answer.

        Raises:
            Stopped: that will not happen.
        """
        if self._status.state == "stopped":
            raise Stopped(self._status.code)
        if self._status.state not in LISTENING and not self._fallback.is_open:
            await self._readiness.wait()

    async def _ask(self, command: dict[str, Any], *, seconds: float) -> msgspec.Raw:
        try:
            async with asyncio.timeout(seconds):
                while (link := self._live_link) is None:
                    if self._fallback.is_open:
                        raise Refused("unavailable", "no socket gets through", retry=True)
                    await self.ready()
                return await link.ask(command)
        except TimeoutError as late:
            raise DeadlinePassed from late

    def _tell(self, frame: dict[str, Any]) -> bool:
        return (link := self._live_link) is not None and link.tell(frame)

    @property
    def _live_link(self) -> Link | None:
        return self._link if self._status.state in LISTENING else None

    def _connect_now(self) -> None:
        self._retry = None
        work = self._follow() if self._fallback.is_due else self._connect()
        self._attempt = asyncio.get_running_loop().create_task(work, name="realtime client")

    async def _connect(self) -> None:
        link = Link(on_push=self._take, on_closed=self._closed)
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                fetch = self._credentials.ticket
                proof = {"ticket": await fetch()} if fetch is not None else {}
                await link.open(self._address)
        except SignedOut:
            self._stop(UNAUTHENTICATED)
        except (OSError, TimeoutError, InvalidHandshake) as failure:
            self._backoff.wait_at_least(pause_ms(failure))
            self._fallback.refused(failure)
            self._closed(CUT, failure=str(failure) or type(failure).__name__)
        except Exception as failure:  # the ticket callback's own
            self._closed(CUT, failure=repr(failure))
        else:
            if not link.is_over:
                self._hello(link, proof)

    async def _follow(self) -> None:
        failure = ""
        try:
            await self._fallback.follow()
        except SignedOut:
            self._stop(UNAUTHENTICATED)
        except (OSError, msgspec.DecodeError) as fault:
            failure = repr(fault)
        if self._status.state != "stopped":
            self._closed(CUT, failure=failure)

    def _welcome(self, greeting: Greeting) -> None:
        self._backoff.succeeded(greeting.retry_window_ms)
        self._set(Status("fallback"))
        self._subscriptions.welcome(greeting.subscriptions)
        self._readiness.reached()

    def _hello(self, link: Link, proof: dict[str, str]) -> None:
        self._link = link
        say_hello(
            link,
            self._subscriptions,
            proof,
            name=self._name,
            on_greeting=self._greeted,
            on_refused=lambda failure: self._closed(CUT, failure=failure),
        )

    def _greeted(self, greeting: Greeting) -> None:
        self._fallback.worked()
        self._backoff.succeeded(greeting.retry_window_ms)
        self._set(Status("live"))
        self._readiness.reached()

    def _take(self, frame: Frame) -> None:
        match frame.type:
            case "status":
                well: State = "fallback" if self._fallback.is_open else "live"
                self._set(Status("degraded" if frame.state == "degraded" else well))
            case "drain":
                self._backoff.widen(frame.window_ms)
            case "expiring":
                self._refresh(frame.in_ms / 1000)
            case "bye":
                self._backoff.wait_at_least(frame.after_ms)
                if not frame.retry:
                    self._stop(int(frame.code))
            case _:
                self._subscriptions.take(frame)

    def _refresh(self, within_seconds: float) -> None:
        is_busy = self._refreshing is not None and not self._refreshing.done()
        if self._link is not None and self._credentials.ticket is not None and not is_busy:
            ticket, loop = self._credentials.ticket, asyncio.get_running_loop()
            work = refresh(self._link, ticket, within_seconds=within_seconds, backoff=self._backoff)
            self._refreshing = loop.create_task(work, name="realtime refresh")

    def _closed(self, code: int, *, failure: str = "") -> None:
        if 4400 <= code < 4500:  # the one rule of close codes; everything else is tried again
            self._stop(code)
            return
        if self._link is not None and self._status.state not in LISTENING:
            self._fallback.failed()
        self._hang_up()
        pause = self._backoff.next_seconds()
        self._retry = asyncio.get_running_loop().call_later(pause, self._connect_now)
        self._set(Status("reconnecting", code, failure))

    def _stop(self, code: int) -> None:
        self._hang_up()
        self._fallback.stop()
        self._set(Status("stopped", code))
        self._readiness.missed(code)

    def _hang_up(self) -> None:
        if self._link is not None:
            self._link.close()
            self._link = None
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
        self._subscriptions.leave()

    def _set(self, status: Status) -> None:
        if status != self._status:
            self._status = status
            tell(self._on_status, status)
