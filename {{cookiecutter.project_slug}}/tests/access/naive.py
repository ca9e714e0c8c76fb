"""Routes as one should not write them, to show that the matrix would find them."""

from uuid import UUID

from quart import Quart
from quart import request
from quart.typing import ResponseReturnValue
from sqlalchemy import text

from app.resources import current_resources
from app.web import current_principal
from app.web import guard
from app.web import limit
from app.web import signed_in

READ = "/api/v1/naive/<uuid:session_id>"
WRITE = "/api/v1/naive"
SEARCH = "/naive/search"


def add_naive_routes(app: Quart) -> None:
    """Adds a read that asks nobody whose it is, and two that store or look for whatever comes."""

    @app.get(READ)
    @guard(signed_in)
    @limit("1000/minute")
    async def naive_read(session_id: UUID) -> ResponseReturnValue:
        async with current_resources().database.reading() as session:
            found = await session.execute(
                text("SELECT device FROM sessions WHERE id = :id"), {"id": session_id}
            )
            return {"device": found.scalar_one()}

    @app.patch(WRITE)
    @guard(signed_in)
    @limit("1000/minute")
    async def naive_write() -> ResponseReturnValue:
        sent = await request.get_json() if request.is_json else {}
        async with current_resources().database.transaction() as work:
            for column in {"is_admin", "name"} & set(sent):
                await work.session.execute(
                    text(f"UPDATE users SET {column} = :value WHERE id = :me"),
                    {"value": sent[column], "me": current_principal().own_id},
                )
        return {}

    @app.get(SEARCH)
    @guard(signed_in)
    @limit("1000/minute")
    async def naive_search() -> ResponseReturnValue:
        async with current_resources().database.reading() as session:
            query = text("SELECT name FROM users WHERE name = :name")
            found = await session.scalars(query, {"name": request.args.get("q", "")})
            return {"names": list(found)}

    naive_search.__module__ = naive_read.__module__ = naive_write.__module__ = (
        "app.features.accounts.naive"
    )
