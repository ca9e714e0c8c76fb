"""What every table derives from."""

from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase

# Names that Alembic can find again in any database; without them constraints cannot be dropped.
NAMING = {
    "pk": "pk_%(table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}


class Base(DeclarativeBase):
    """The base of all rows; its metadata knows every table of the service."""

    metadata = MetaData(naming_convention=NAMING)
