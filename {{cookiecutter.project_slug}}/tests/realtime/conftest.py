"""What the tests of the realtime core ask for."""

from collections.abc import AsyncIterator

import pytest

from tests.realtime.rig import Rig
from tests.realtime.rig import running


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    """Yields a realtime core with the default limits behind a real server."""
    async with running() as built:
        yield built
