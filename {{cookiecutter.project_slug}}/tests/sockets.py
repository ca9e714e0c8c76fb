"""The client of ``websockets`` with patience: of itself it gives up a server after ten seconds."""

from typing import Any

from websockets.asyncio.client import connect as stock_connect

from tests.patience import PATIENCE_SECONDS

PATIENT = {"open_timeout": PATIENCE_SECONDS, "ping_timeout": PATIENCE_SECONDS}


class connect(stock_connect):
    """Connects as ``websockets`` does, and waits for a server whose machine stands still."""

    def __init__(self, uri: str, **options: Any) -> None:
        super().__init__(uri, **{**PATIENT, **options})
