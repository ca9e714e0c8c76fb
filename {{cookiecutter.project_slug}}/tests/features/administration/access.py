"""What administrators look after, for the access matrix."""

from uuid import uuid4

from quart import Quart
from sqlalchemy import select
from sqlalchemy import text

from app.identity.tables import SessionRow
from app.resources import resources_of
from app.roles import AUDITOR
from tests.access.scene import Scene
from tests.people import Person

OPEN: dict[str, str] = {}
FAILED = text("""
    INSERT INTO pgqueuer (priority, status, entrypoint) VALUES (0, 'failed', 'tests.nothing')
    RETURNING id
""")


async def scene(app: Quart, owner: Person, guest: Person) -> Scene:
    """Returns a guest who is signed in, and a job that has failed."""
    async with resources_of(app).database.transaction() as work:
        job = await work.session.scalar(FAILED)
        session = await work.session.scalar(
            select(SessionRow.id).where(SessionRow.user_id == guest.user.id)
        )
    return Scene(
        ids={
            "user_id": guest.user.id,
            "session_id": session,
            "job_id": job,
            "connection_id": uuid4().hex,
            "role": AUDITOR,
        },
        bodies={"administration_people.give_role": {"role": AUDITOR}},
        canary=guest.user.email,
    )
