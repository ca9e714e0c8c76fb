"""How a serving process ends, with a tiny application under both servers."""

import asyncio

import httpx
import structlog

from tests.raw_clients import RawSocket
from tests.serving.conftest import Serving


async def get(url: str) -> httpx.Response:
    """Sends one request, patiently."""
    async with httpx.AsyncClient(timeout=60) as client:
        return await client.get(url)


async def test_an_idle_process_ends_at_once_and_closes_its_resources(serving: Serving) -> None:
    async with httpx.AsyncClient(timeout=60) as client:  # which keeps its connection
        assert (await client.get(f"{serving.url}/quick")).status_code == 200

        serving.stop()
        code = await serving.ended()

    assert code == 0
    assert serving.has_closed


async def test_the_process_is_not_ready_and_the_hub_drains_before_the_end(
    serving: Serving,
) -> None:
    serving.stop()
    await serving.ended()

    assert serving.health.draining
    assert serving.realtime.has_drained


async def test_a_request_that_is_being_answered_is_finished(serving: Serving) -> None:
    answer = asyncio.create_task(get(f"{serving.url}/slow"))
    await serving.answering.wait()

    serving.stop()
    code = await serving.ended()

    assert (await answer).text == "done"
    assert code == 0


async def test_a_late_connection_is_refused_rather_than_left_hanging(serving: Serving) -> None:
    answer = asyncio.create_task(get(f"{serving.url}/slow"))
    await serving.answering.wait()
    serving.stop()
    await asyncio.sleep(0.15)  # uvicorn looks ten times a second

    try:
        late = (await get(f"{serving.url}/quick")).status_code
    except httpx.ConnectError:
        late = 503

    await answer
    assert late == 503


async def test_a_request_that_never_ends_is_named_and_cut_at_the_deadline(
    hasty: Serving,
) -> None:
    answer = asyncio.create_task(get(f"{hasty.url}/stuck"))
    await hasty.answering.wait()

    with structlog.testing.capture_logs() as logs:
        hasty.stop()
        code = await hasty.ended()

    (named,) = [entry for entry in logs if entry["event"] == "stopped_by_force"]
    assert code == 1
    assert named["unfinished"][0].startswith("GET /stuck")
    refused = await answer
    assert refused.status_code == 503
    assert refused.headers["X-Content-Type-Options"] == "nosniff"
    assert hasty.has_closed


async def test_a_second_signal_ends_the_process_at_once(serving: Serving) -> None:
    answer = asyncio.create_task(get(f"{serving.url}/stuck"))
    await serving.answering.wait()

    serving.stop()
    serving.stop()
    code = await serving.ended()

    await answer
    assert code == 1


async def test_a_socket_that_the_hub_does_not_know_is_closed_for_a_restart(
    serving: Serving,
) -> None:
    client = await RawSocket.connect(serving.port, "/echo", {})
    client.send("hello")
    assert await client.receive() == "hello"

    serving.stop()
    close_code = await client.close_code()

    assert close_code == 1012
    assert await serving.ended() == 0


async def test_neither_the_server_nor_its_version_is_told(serving: Serving) -> None:
    response = await get(f"{serving.url}/quick")

    assert response.status_code == 200
    assert "server" not in response.headers


async def test_no_compression_of_messages_is_agreed_on(serving: Serving) -> None:
    offer = {"Sec-WebSocket-Extensions": "permessage-deflate"}
    client = await RawSocket.connect(serving.port, "/echo", offer)
    client.send("hello")

    echo = await client.receive()

    client.close()
    assert echo == "hello"
    assert "sec-websocket-extensions" not in client.answer.lower()


async def test_hypercorn_stays_with_http_1_where_there_is_no_tls(
    under_hypercorn: Serving,
) -> None:
    upgrade = {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c", "HTTP2-Settings": ""}

    async with httpx.AsyncClient(headers=upgrade, timeout=60) as client:
        response = await client.get(f"{under_hypercorn.url}/quick")

    assert response.status_code == 200
    assert response.http_version == "HTTP/1.1"
