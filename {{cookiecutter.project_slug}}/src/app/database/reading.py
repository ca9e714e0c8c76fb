"""Reading: a session whose every statement stands alone, opened and closed without a detour."""

from collections.abc import Callable
from types import TracebackType

from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.ext.asyncio import AsyncSession

from app.database.failures import STATEMENT_ERRORS
from app.database.unit_of_work import UnitOfWork
from app.errors import Unavailable

Translate = Callable[[Exception], Unavailable | None]


class Reading:
    """The context of `Database.reading`, which most requests enter: no generators, no task.

    SQLAlchemy ends a session in a task of its own, so that its connection comes back to the pool
    even when the caller is cancelled meanwhile. Here nothing is waited for at the end, as there is
    no transaction to undo; only after a failure, a cancellation say, is it done that way.
    """

    __slots__ = ("_engine", "_joined", "_own", "_succeeds", "_translate")

    def __init__(
        self,
        engine: AsyncEngine,
        joined: UnitOfWork | None,
        *,
        translate: Translate,
        succeeds: Callable[[], None],
    ) -> None:
        self._engine = engine
        self._joined = joined
        self._translate = translate
        self._succeeds = succeeds
        self._own: AsyncSession | None = None

    async def __aenter__(self) -> AsyncSession:
        if self._joined is not None:
            return self._joined.session
        self._own = AsyncSession(self._engine, expire_on_commit=False)
        return self._own

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            await self._close(kind, fault, trace)
        except STATEMENT_ERRORS as error:
            told = self._translate(error)
            if told is None:
                raise
            raise told from error
        if fault is None:
            self._succeeds()
        elif isinstance(fault, STATEMENT_ERRORS) and (told := self._translate(fault)):
            raise told from fault

    async def _close(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._own is None:
            return
        if fault is None:
            await self._own.close()
        else:
            await self._own.__aexit__(kind, fault, trace)
