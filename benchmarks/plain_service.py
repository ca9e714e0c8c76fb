"""The peers of the benchmark of requests, on uvicorn: ``python -m benchmarks.plain_service KIND PORT``.

``stock`` is Quart as its documentation has it, reading through the ORM in a transaction; ``tuned``
the same with our transport and our way to read.
"""

import os
import sys
from typing import Any

import sqlalchemy as sa
import uvicorn
from app.database import Database
from app.identity.tables import UserRow
from app.settings import DatabaseSettings
from app.settings import WebSettings
from app.transport import harden
from quart import Quart
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.ext.asyncio import async_sessionmaker
from sqlalchemy.ext.asyncio import create_async_engine

MESSAGE = {"message": "hello"}
EMAIL = "p0@example.com"
ONE_ROW = sa.select(UserRow.id, UserRow.name).where(sa.func.lower(UserRow.email) == sa.bindparam("email"))


def stock() -> Quart:
    """Returns an application that does nothing out of the ordinary."""
    app = Quart("stock", static_folder=None)
    engine = create_async_engine(os.environ["DATABASE_URL"].replace("postgresql:", "postgresql+asyncpg:"))
    sessions = async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)

    @app.get("/json")
    async def message() -> dict[str, str]:
        return MESSAGE

    @app.get("/row")
    async def row() -> dict[str, str]:
        async with sessions() as session, session.begin():
            user = await session.scalar(sa.select(UserRow).where(sa.func.lower(UserRow.email) == EMAIL))
            assert user
            return {"id": str(user.id), "name": user.name}

    return app


def tuned() -> Quart:
    """Returns the same on our transport, with our way to read."""
    app = Quart("tuned", static_folder=None)
    harden(app, WebSettings())
    database = Database(DatabaseSettings(url=os.environ["DATABASE_URL"]), publish=_publish)

    @app.get("/json")
    async def message() -> dict[str, str]:
        return MESSAGE

    @app.get("/row")
    async def row() -> dict[str, str]:
        async with database.reading() as session:
            user = (await session.execute(ONE_ROW, {"email": EMAIL})).one()
            return {"id": str(user.id), "name": user.name}

    return app


async def _publish(event: Any) -> None:
    raise AssertionError("nothing is published here")


if __name__ == "__main__":
    kinds = {"stock": stock, "tuned": tuned}
    config = uvicorn.Config(
        kinds[sys.argv[1]](),
        port=int(sys.argv[2]),
        loop="uvloop",
        http="httptools",
        log_level="warning",
        access_log=False,
        timeout_keep_alive=3600,
    )
    uvicorn.Server(config).run()
