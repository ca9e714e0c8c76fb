"""What features keep running for as long as the service is open.

    resources.background.keep("readings written", writer.run)

It starts once the database and the realtime core are open and ends before they close. What fails or
returns is logged and started again, after a second and then after longer, up to half a minute.
"""

from collections.abc import Awaitable
from collections.abc import Callable

from app.realtime.supervise import Supervisor

Run = Callable[[], Awaitable[None]]


class Background:
    """The tasks that features want, until and while they run."""

    def __init__(self) -> None:
        self._wanted: dict[str, Run] = {}
        self._supervisor = Supervisor()

    @property
    def failing(self) -> list[str]:
        """Names the tasks that keep crashing."""
        return self._supervisor.failing

    def keep(self, name: str, run: Run) -> None:
        """Has ``run`` called when the service opens; called while it is open, it is too late.

        Raises:
            ValueError: the name is taken.
        """
        if name in self._wanted:
            raise ValueError(f"there is a background task {name!r} already")
        self._wanted[name] = run

    def open(self) -> None:
        """Starts everything."""
        for name, run in self._wanted.items():
            self._supervisor.keep(name, run)

    async def close(self) -> None:
        """Cancels everything and waits for it to end."""
        await self._supervisor.close()
