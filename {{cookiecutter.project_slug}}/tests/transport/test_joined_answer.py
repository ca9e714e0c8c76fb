"""A whole answer is one write; what a client reads is what uvicorn would have sent it."""

import asyncio
import logging
from typing import Any

import pytest
from uvicorn.protocols.http import httptools_impl
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from app.transport.answer_lines import is_good_value
from app.transport.answer_lines import remember_good_names
from app.transport.joined_answer import WHOLE
from app.transport.joined_answer import JoinedAnswer
from app.transport.joined_answer import make_own_cycles

LENGTH = [(b"content-length", b"5")]
# What every answer of a service ends with.
COMMON = [(b"x-frame-options", b"DENY"), (b"referrer-policy", b"same-origin")]
LOG = logging.getLogger("test.joined")


class Wire:
    """A transport that notes what is written to it."""

    def __init__(self) -> None:
        self.writes: list[bytes] = []
        self.is_closed = False

    def write(self, data: bytes) -> None:
        """Notes one write; one of nothing is none."""
        assert not self.is_closed
        if data:
            self.writes.append(data)

    def is_closing(self) -> bool:
        """Tells whether it was closed."""
        return self.is_closed

    def close(self) -> None:
        """Closes it."""
        self.is_closed = True


def start(status: int = 200, headers: Any = ()) -> dict[str, Any]:
    """Returns the head of an answer."""
    return {"type": "http.response.start", "status": status, "headers": list(headers), WHOLE: True}


def part(data: bytes, *, more: bool = False) -> dict[str, Any]:
    """Returns a part of its body."""
    return {"type": "http.response.body", "body": data, "more_body": more}


def begun(kind: type[RequestResponseCycle], *, method: str = "GET") -> tuple[Any, Wire]:
    """Returns a request that waits for its answer."""
    wire: Any = Wire()
    cycle = RequestResponseCycle(
        scope={"type": "http", "method": method},  # type: ignore[typeddict-item]
        transport=wire,
        flow=FlowControl(wire),
        logger=LOG,
        access_logger=LOG,
        access_log=False,
        default_headers=[(b"server", b"here")],
        message_event=asyncio.Event(),
        expect_100_continue=False,
        keep_alive=True,
        on_response=lambda: wire.writes.append(b"<over>"),
    )
    cycle.__class__ = kind
    return cycle, wire


ANSWERS: dict[str, tuple[str, list[dict[str, Any]]]] = {
    "whole": ("GET", [start(200, LENGTH), part(b"hello")]),
    "in parts": ("GET", [start(200, LENGTH), part(b"he", more=True), part(b"llo")]),
    "empty": ("GET", [start(200, [(b"content-length", b"0")]), part(b"")]),
    "none": ("GET", [start(204), part(b"")]),
    "of no length": ("GET", [start(), part(b"he", more=True), part(b"llo")]),
    "to HEAD": ("HEAD", [start(200, LENGTH), part(b"")]),
    "the last": ("GET", [start(200, [*LENGTH, (b"connection", b"close")]), part(b"hello")]),
    "too long": ("GET", [start(200, LENGTH), part(b"hello, world")]),
    "too short": ("GET", [start(200, LENGTH), part(b"he")]),
    "a bad name": ("GET", [start(200, [(b"a b", b"c")])]),
    "out of order": ("GET", [part(b"hello")]),
    "with all the common ones": ("GET", [start(200, [*LENGTH, *COMMON]), part(b"hello")]),
    "with some of them": ("GET", [start(200, [COMMON[1], *LENGTH]), part(b"hello")]),
    "with others after them": (
        "GET",
        [start(404, [*LENGTH, *COMMON, (b"vary", b"Cookie")]), part(b"hello")],
    ),
    "with a capital name": ("GET", [start(200, [(b"Vary", b"a"), *LENGTH]), part(b"hello")]),
    "with two lengths": ("GET", [start(200, LENGTH * 2), part(b"hello")]),
    "with a length in words": ("GET", [start(200, [(b"content-length", b"+5")]), part(b"hello")]),
    "with a bad value": ("GET", [start(200, [*LENGTH, (b"vary", b"a\r\nb: c")])]),
    "not modified": ("GET", [start(304, LENGTH), part(b"hello")]),
    "in chunks": ("GET", [start(200, [(b"transfer-encoding", b"chunked")]), part(b"hello")]),
    "twice": ("GET", [start(200, LENGTH), part(b"hello"), part(b"hello")]),
}


async def sent(kind: type[RequestResponseCycle], case: str) -> tuple[bytes, bool, str]:
    """Returns what reaches the wire, whether it is closed then, and what was raised."""
    method, messages = ANSWERS[case]
    cycle, wire = begun(kind, method=method)
    fault = ""
    for message in messages:
        try:
            await cycle.send(message)
        except RuntimeError as error:
            fault = str(error)
    return b"".join(wire.writes), wire.is_closed, fault


@pytest.mark.parametrize("case", ANSWERS)
async def test_a_client_reads_what_uvicorn_sends(case: str) -> None:
    remember_good_names(COMMON)

    for _ in range(2):  # the second time some of it is known
        assert await sent(JoinedAnswer, case) == await sent(RequestResponseCycle, case)


@pytest.mark.parametrize(("kind", "count"), [(JoinedAnswer, 1), (RequestResponseCycle, 2)])
async def test_a_whole_answer_is_one_write(kind: type[RequestResponseCycle], count: int) -> None:
    cycle, wire = begun(kind)

    for message in (start(200, LENGTH), part(b"hello")):
        await cycle.send(message)

    assert wire.writes.index(b"<over>") == count


async def test_a_head_whose_body_may_take_its_time_does_not_wait_for_it() -> None:
    cycle, wire = begun(JoinedAnswer)
    message = start(200, LENGTH)
    del message[WHOLE]

    await cycle.send(message)

    assert wire.writes[0].endswith(b"\r\n\r\n")
    await cycle.send(part(b"hello"))
    assert wire.writes[1:] == [b"hello", b"<over>"]


def test_a_name_is_looked_at_once_and_a_bad_one_is_found_again() -> None:
    remember_good_names()
    remember_good_names()

    for _ in range(2):
        assert httptools_impl.HEADER_RE.search(b"content-type") is None
        assert httptools_impl.HEADER_RE.search(b"content type")


def test_values_are_judged_as_uvicorn_judges_them() -> None:
    for code in range(256):
        value = b"a" + bytes((code,)) + b"z"
        assert is_good_value(value) is (httptools_impl.HEADER_VALUE_RE.search(value) is None)


class Naming:
    """A protocol that names the class of its answers."""

    answer = JoinedAnswer

    def on_response(self) -> None:
        """Is told of the end."""


def test_only_a_protocol_that_names_a_class_gets_it() -> None:
    make_own_cycles()
    make_own_cycles()
    parts: dict[str, Any] = dict.fromkeys(
        ("scope", "transport", "flow", "logger", "access_logger", "default_headers")
    )
    others = ("access_log", "message_event", "expect_100_continue", "keep_alive")
    parts |= dict.fromkeys(others, False)
    made = httptools_impl.RequestResponseCycle

    assert type(made(**parts, on_response=Naming().on_response)) is JoinedAnswer
    assert type(made(**parts, on_response=lambda: None)) is RequestResponseCycle
