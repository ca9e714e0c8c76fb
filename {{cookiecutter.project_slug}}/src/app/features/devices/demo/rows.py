"""What is stored of the demo devices: an hour of readings, tags, and something that is desired."""

import hashlib
import math
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from uuid import UUID
from uuid import uuid5

from pydantic import JsonValue
from sqlalchemy import func
from sqlalchemy import insert
from sqlalchemy import select

from app.database import Database
from app.database import UnitOfWork
from app.features.devices.readings.partitions import keep_partitions
from app.features.devices.settings import DevicesSettings
from app.features.devices.shadow.tables import ShadowRow
from app.features.devices.tables import DeviceRow
from app.features.devices.tables import ProgressRow
from app.features.devices.tables import ReadingRow
from app.features.devices.tokens import Tokens
from app.identity.tables import UserRow
from app.identity.tokens.format import new_api_token

OWNER = "ada@example.com"
NAMES = (("Lighthouse", 14.0), ("Greenhouse", 24.0), ("Cellar", 11.0))
READINGS = 60
STEP = timedelta(minutes=1)
NAMESPACE = UUID("1b0f4c5e-6a57-4d0e-9c3e-2f6a5d1f8b11")
DESIRED = {"interval_seconds": 5}


def id_of(name: str) -> UUID:
    """Returns the id of a demo device, which is the same in every database."""
    return uuid5(NAMESPACE, name)


def temperature(mean: float, at: datetime) -> float:
    """Returns what a thermometer measures in degrees, for ever the same in one moment."""
    minutes = at.timestamp() / 60
    return round(mean + math.sin(minutes / 6 + mean) + 0.1 * math.sin(minutes * 2 + mean), 2)


def token_of(name: str, password: str, *, prefix: str) -> str:
    """Returns the token of a demo device: as secret as the password of the demo people."""
    secret = hashlib.sha256(f"{password}/{name}".encode()).digest()
    return new_api_token(prefix, secret=secret)


async def add_devices(database: Database, settings: DevicesSettings, *, password: str) -> None:
    """Registers the devices, when the demo person is there and no device is."""
    async with database.reading() as session:
        owner_id = await session.scalar(select(UserRow.id).where(UserRow.email == OWNER))
        count = await session.scalar(select(func.count()).select_from(DeviceRow))
    if owner_id is None or count:
        return
    tokens = Tokens(database, prefix=settings.token_prefix)
    await keep_partitions(database, settings)
    async with database.transaction() as work:
        for name, degrees in NAMES:
            token = token_of(name, password, prefix=settings.token_prefix)
            await _add(work, owner_id, name, degrees, tokens.stored(token))


async def _add(
    work: UnitOfWork, owner_id: UUID, name: str, degrees: float, token: dict[str, bytes | str]
) -> None:
    device_id, rows = id_of(name), _readings(degrees)
    newest: dict[str, JsonValue] = {}
    if rows:
        at_ms = int(datetime.now(UTC).timestamp() * 1_000)
        newest = {"temperature": {"value": float(str(rows[-1]["value"])), "at_ms": at_ms}}
    device = {"id": device_id, "owner_id": owner_id, "name": name, "tags": ["demo"]}
    await work.session.execute(insert(DeviceRow), [{**device, **token, "metrics": ["temperature"]}])
    progress = {"device_id": device_id, "last_number": len(rows), "newest": newest}
    await work.session.execute(insert(ProgressRow), [progress])
    desired = {"device_id": device_id, "desired": DESIRED}
    await work.session.execute(insert(ShadowRow), [{**desired, "desired_version": 1}])
    if rows:
        await work.session.execute(
            insert(ReadingRow), [{**row, "device_id": device_id} for row in rows]
        )


def _readings(degrees: float) -> list[dict[str, object]]:
    """Returns the last hour; only today has its partition for sure, so after midnight less."""
    now = datetime.now(UTC)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    moments = [now - STEP * (READINGS - place) for place in range(READINGS)]
    return [
        {
            "metric": "temperature",
            "at": at,
            "number": number,
            "value": temperature(degrees, at),
        }
        for number, at in enumerate((at for at in moments if at >= midnight), 1)
    ]
