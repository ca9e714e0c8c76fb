"""The processes that are attacked: one of each server for all tests that change no limit."""

from collections.abc import AsyncIterator

import pytest

from tests.abuse.victim import Victim
from tests.abuse.victim import attacked
from tests.stock_service import Stock
from tests.stock_service import stock_service

UNLIMITED = 1_000_000_000
HEAD_SECONDS = 1.5  # instead of ten, so that a test can wait for it


@pytest.fixture(scope="session", params=["hypercorn", "uvicorn"])
async def victim(request: pytest.FixtureRequest) -> AsyncIterator[Victim]:
    """Yields a process with the limits of the service, which must not complain of anything."""
    async with attacked(request.param, limits={"head_seconds": HEAD_SECONDS}) as running:
        yield running
        assert running.complaints == []


@pytest.fixture(scope="session")
async def unprotected() -> AsyncIterator[Victim]:
    """Yields a process whose limits are lifted: what the attacks do to it is what they save."""
    async with attacked(
        "hypercorn",
        limits={"head_seconds": UNLIMITED},
        web={
            "websocket_frames_per_second": UNLIMITED,
            "websocket_message_max_bytes": UNLIMITED,
        },
        realtime={
            "frame_max_bytes": UNLIMITED,
            "line_max_bytes": UNLIMITED,
            "commands_per_second": UNLIMITED,
            "commands_burst": UNLIMITED,
            "inbound_bytes_per_second": UNLIMITED,
            "inbound_bytes_burst": UNLIMITED,
            "topics_per_connection": UNLIMITED,
            "outbound_max_bytes": UNLIMITED,
            "outbound_max_messages": UNLIMITED,
            "write_deadline_seconds": UNLIMITED,
            "ping_seconds": 0.5,
            "pong_seconds": UNLIMITED,
        },
    ) as running:
        yield running


@pytest.fixture(scope="session")
async def stock() -> AsyncIterator[Stock]:
    """Yields Quart on Hypercorn as they come: what happens there is what ours prevents."""
    async with stock_service() as running:
        yield running
