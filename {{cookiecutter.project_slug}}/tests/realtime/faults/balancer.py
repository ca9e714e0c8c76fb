"""A balancer in front of the nodes, whose wires to the clients can be cut."""

import asyncio
from collections.abc import Callable
from collections.abc import Sequence
from contextlib import suppress

from tests.chaos_proxy import ChaosProxy
from tests.realtime.faults.nodes import Node


class Balancer(ChaosProxy):
    """Hands each connection to the next node that takes it."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        super().__init__(("127.0.0.1", nodes[0].port))
        self._nodes = nodes
        self._turn = 0
        self.cuts = 0

    async def cut_again_and_again(
        self,
        *,
        every_seconds: float,
        for_seconds: float,
        may_cut: Callable[[], bool],
        is_over: Callable[[], bool],
    ) -> None:
        """Cuts everybody at a fixed rhythm, each time for a while, until ``is_over``."""
        while not is_over():
            await asyncio.sleep(every_seconds - for_seconds)
            while not (is_allowed := may_cut()) and not is_over():  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            if is_allowed:
                await self.cut_for(for_seconds)

    async def cut_for(self, seconds: float) -> None:
        """Cuts every connection, and resets the new ones for a while."""
        self.cuts += 1
        self.is_refusing = True
        self.cut()
        await asyncio.sleep(seconds)
        self.is_refusing = False

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        for _ in self._nodes:
            self._turn += 1
            self._server = ("127.0.0.1", self._nodes[self._turn % len(self._nodes)].port)
            with suppress(OSError):
                return await super()._connect()
        raise ConnectionRefusedError("no node takes connections")
