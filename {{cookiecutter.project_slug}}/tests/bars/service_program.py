"""The whole service with a few routes that take long, write or hang, under the real runner.

Usage: ``python -m tests.bars.service_program``; settings come from the environment.
"""

import asyncio
import os
import sys
import time

from quart import Blueprint
from quart import Quart
from sqlalchemy import event
from sqlalchemy import text

from app.factory import create_app
from app.resources import current_resources
from app.resources import resources_of
from app.serving import serve
from app.serving.loop import run
from app.settings import Settings
from app.telemetry import configure_logging
from app.web import guard
from app.web import limit
from app.web import unidentified
from app.web.limits import UNLIMITED

blueprint = Blueprint("bars", __name__, url_prefix="/bars")
LOOKUPS: list[str] = []
SLOW: set[object] = set()
INSERT = text("INSERT INTO pairs (id, half) VALUES (:id, :half)")


@blueprint.get("/slow/<float:seconds>")
@guard(unidentified)
@limit(UNLIMITED)
async def slow(seconds: float) -> str:
    """Answers after a while."""
    SLOW.add(asyncio.current_task())
    try:
        await asyncio.sleep(seconds)
    finally:
        SLOW.discard(asyncio.current_task())
    return "done"


@blueprint.get("/slow")
@guard(unidentified)
@limit(UNLIMITED)
async def how_many_slow() -> str:
    """Tells how many slow requests are being answered."""
    return str(len(SLOW))


@blueprint.get("/sockets")
@guard(unidentified)
@limit(UNLIMITED)
async def sockets() -> str:
    """Tells how many sockets there are."""
    labels = {"transport": "socket"}
    found = current_resources().metrics.get_sample_value("realtime_connections", labels)
    return str(int(found or 0))


@blueprint.get("/stuck")
@guard(unidentified)
@limit(UNLIMITED)
async def stuck() -> str:
    """Never answers, and does not listen to who wants it to end."""
    print("stuck from now on", flush=True)
    while True:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            continue


@blueprint.get("/query/<float:seconds>")
@guard(unidentified)
@limit(UNLIMITED)
async def query(seconds: float) -> str:
    """Keeps a connection of the pool busy."""
    async with current_resources().database.reading() as session:
        await session.execute(text("SELECT pg_sleep(:seconds)"), {"seconds": seconds})
    return "done"


@blueprint.post("/query/<float:seconds>")
@guard(unidentified)
@limit(UNLIMITED)
async def unsafe_query(seconds: float) -> str:
    """Does the same, by a method that is not tried twice."""
    return await query(seconds)


@blueprint.post("/pairs/<int:number>")
@guard(unidentified)
@limit(UNLIMITED)
async def pair(number: int) -> str:
    """Writes two rows that belong together."""
    async with current_resources().database.transaction() as work:
        await work.session.execute(INSERT, {"id": number, "half": 1})
        await work.session.execute(text("SELECT pg_sleep(0.02)"))
        await work.session.execute(INSERT, {"id": number, "half": 2})
    return "done"


@blueprint.get("/lookups")
@guard(unidentified)
@limit(UNLIMITED)
async def lookups() -> str:
    """Tells how often PostgreSQL was asked for a session."""
    return str(len(LOOKUPS))


def count_lookups(app: Quart) -> None:
    """Notes every statement that reads sessions."""

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        if statement.lstrip().startswith("SELECT") and "sessions" in statement:
            LOOKUPS.append(statement)

    engine = resources_of(app).database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)


def main() -> None:
    """Serves until a signal comes."""
    settings = Settings()
    configure_logging(settings)
    app = create_app(settings)
    app.register_blueprint(blueprint)
    count_lookups(app)
    began = time.monotonic()
    code = run(serve(app, settings))
    print(f"ended after {time.monotonic() - began:.1f} s", flush=True)
    sys.stdout.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
