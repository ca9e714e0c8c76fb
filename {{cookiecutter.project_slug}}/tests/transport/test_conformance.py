"""RFC 6455 by the cases of Autobahn's suite, against an echo on both servers.

Left out: 12 and 13, which are about compression that is never negotiated.
"""

from collections import Counter

import kosoku
import pytest
from quart import Quart
from quart import websocket

from app.settings import RealtimeSettings
from app.settings import WebSettings
from app.transport import harden
from tests.transport.own_servers import served
from tests.transport.own_servers import settings_of

ABOUT_COMPRESSION = ["12.*", "13.*"]
ABOUT_SIZE_AND_SPEED = ["9.*"]
MIB = 1024 * 1024

# Something good and something bad in one read: the good part is not always answered before the
# connection is failed, and need not be.
NON_STRICT = {"3.2", "3.3", "3.4", "4.1.3", "4.1.4", "4.1.5", "4.2.3", "4.2.4", "4.2.5", "5.15"}
BOTH = pytest.mark.parametrize("server", ["hypercorn", "uvicorn"])


def echo_app(web: WebSettings) -> Quart:
    """Returns an application that sends back what it gets."""
    app = Quart("echo", static_folder=None)
    harden(app, web)

    @app.websocket("/echo")
    async def echo() -> None:
        while True:
            await websocket.send(await websocket.receive())

    return app


@BOTH
async def test_the_cases_of_autobahn_pass_with_the_limits_of_the_service(server: str) -> None:
    web = WebSettings.model_construct()
    settings = settings_of(server, web=web)

    async with served(echo_app(web), settings) as port:
        results = await kosoku.run_fuzzingclient(
            f"ws://127.0.0.1:{port}/echo",
            exclude_cases=[*ABOUT_COMPRESSION, *ABOUT_SIZE_AND_SPEED],
            concurrency=8,
        )

    verdicts = Counter(result.behavior.value for result in results)
    assert len(results) == 247
    assert all(result.passed for result in results)
    assert verdicts["OK"] >= 234
    assert verdicts["UNIMPLEMENTED"] == 0
    non_strict = {result.case_id for result in results if result.behavior.value == "NON-STRICT"}
    assert non_strict <= NON_STRICT


@pytest.mark.parametrize(
    ("server", "cases", "count"),
    [
        pytest.param("hypercorn", ["9.*"], 54, marks=pytest.mark.slow),
        pytest.param("uvicorn", ["9.1.*", "9.2.*", "9.6.*", "9.7.*"], 24, marks=pytest.mark.slow),
        pytest.param("uvicorn", ["9.*"], 54, marks=pytest.mark.soak),
    ],
)
async def test_the_large_and_the_many_messages_of_autobahn_pass_with_limits_that_allow_them(
    server: str, cases: list[str], count: int
) -> None:
    web = WebSettings.model_construct(
        websocket_message_max_bytes=16 * MIB, websocket_frames_per_second=1_000_000
    )
    realtime = RealtimeSettings.model_construct(frame_max_bytes=16 * MIB)
    settings = settings_of(server, web=web, realtime=realtime)

    async with served(echo_app(web), settings) as port:
        results = await kosoku.run_fuzzingclient(
            f"ws://127.0.0.1:{port}/echo", cases=cases, concurrency=4
        )

    assert len(results) == count
    assert [result.case_id for result in results if result.behavior.value != "OK"] == []


@BOTH
async def test_with_the_limits_of_the_service_a_large_case_fails(server: str) -> None:
    web = WebSettings.model_construct()

    async with served(echo_app(web), settings_of(server, web=web)) as port:
        with pytest.raises(kosoku.FailureError) as failed:
            await kosoku.run_fuzzingclient(f"ws://127.0.0.1:{port}/echo", cases=["9.1.3"])

    assert [result.remote_close_code for result in failed.value.results] == [1009]
