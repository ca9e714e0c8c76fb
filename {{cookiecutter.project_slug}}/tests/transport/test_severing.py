"""Cutting a connection behind an ASGI ``send``."""

from functools import partial
from typing import Any

import pytest

from app.transport.severing import sever


class Transport:
    """Remembers being aborted."""

    is_aborted = False

    def abort(self) -> None:
        self.is_aborted = True


class Uvicorn:
    """Keeps the transport on the protocol, whose method is ``send``."""

    def __init__(self) -> None:
        self.transport = Transport()

    async def send(self, message: Any) -> None: ...


class Hypercorn:
    """Keeps the transport on the writer of the connection, behind a stream and a protocol."""

    def __init__(self) -> None:
        self.writer = Uvicorn()

    async def protocol_send(self, event: Any) -> None: ...


class Layer:
    """A stream or protocol of Hypercorn."""

    def __init__(self, send: Any) -> None:
        self.send = send

    async def app_send(self, message: Any) -> None: ...


class Http2(Layer):
    """A protocol whose transport carries other streams as well."""

    priority = "a tree"


def test_the_transport_of_uvicorn_is_cut() -> None:
    server = Uvicorn()

    assert sever(server.send)

    assert server.transport.is_aborted


def test_the_transport_of_hypercorn_is_cut() -> None:
    server = Hypercorn()
    stream = Layer(Layer(server.protocol_send).app_send)

    assert sever(stream.app_send)

    assert server.writer.transport.is_aborted


@pytest.mark.parametrize("wrapped", ["partial", "closure"])
def test_a_send_that_middleware_has_wrapped_is_seen_through(wrapped: str) -> None:
    server = Uvicorn()

    sizes: list[int] = []

    async def closure(message: Any) -> None:
        sizes.append(len(message))
        await server_send(message)

    async def with_state(inner: Any, message: Any) -> None: ...

    server_send = server.send
    sends = {"partial": partial(with_state, server.send), "closure": closure}

    assert sever(sends[wrapped])
    assert server.transport.is_aborted


def test_a_transport_that_others_share_is_left_alone() -> None:
    server = Hypercorn()
    stream = Layer(Http2(server.protocol_send).app_send)

    assert not sever(stream.app_send)

    assert not server.writer.transport.is_aborted


def test_an_unknown_server_is_left_alone() -> None:
    async def send(message: Any) -> None: ...

    assert not sever(send)
