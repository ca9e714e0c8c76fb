"""What tests use to start and to ask things waits longer than it does of itself."""

import hypothesis
from quart import Quart
from quart.testing.app import DEFAULT_TIMEOUT

from tests import servers
from tests import sockets


async def test_a_busy_machine_is_waited_for() -> None:
    started = Quart("slow").test_app()
    assert isinstance(started, servers.PatientApp)
    client = servers.redis_client("redis://127.0.0.1:1/0")
    told = client.connection_pool.connection_kwargs
    socket = sockets.connect("ws://127.0.0.1:1")

    waits = [
        started.startup_timeout,
        started.shutdown_timeout,
        told["socket_timeout"],
        told["socket_connect_timeout"],
        socket.open_timeout,
    ]
    assert min(waits) >= 10 * DEFAULT_TIMEOUT
    assert hypothesis.settings().deadline is None
