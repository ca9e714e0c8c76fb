"""PostgreSQL on a Unix socket, set up on first use."""

import contextlib
import os
import signal
from pathlib import Path
from urllib.parse import quote

from app.embedded import binaries
from app.embedded.errors import EmbeddedError
from app.embedded.place import Place
from app.embedded.server import Server

FIRST_WITH_BUILTIN_LOCALE = 17
STATUS_LINE = 7  # of postmaster.pid: says "ready" once clients are served
OPTIONS = (
    "listen_addresses=",
    "unix_socket_permissions=0700",
    "dynamic_shared_memory_type=mmap",  # in its folder, so that a kill leaves none in /dev/shm
    "wal_level=minimal",
    "max_wal_senders=0",
    "timezone=UTC",
    "log_timezone=UTC",
)
FORGETFUL = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


class Postgres(Server):
    """A PostgreSQL whose only database is `postgres` and whose only user is `postgres`."""

    name = "postgres"

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        # SIGINT is the fast shutdown; SIGQUIT does not even write what is about to be deleted.
        self.stop_signal = signal.SIGQUIT if place.is_ephemeral else signal.SIGINT
        self._programs = binaries.reachable(binaries.find_postgres(), place.account)
        self._cluster = place.data / "pg"

    @property
    def url(self) -> str:
        """The address of the database, for SQLAlchemy."""
        sockets = quote(str(self.place.sockets), safe="/")
        return f"postgresql+asyncpg://postgres@/postgres?host={sockets}"

    def _prepare(self) -> list[str]:
        major = binaries.major_version(self._programs / "postgres")
        if not (self._cluster / "PG_VERSION").exists():
            self._create(major)
        self._refuse_another_version(major)
        durability = FORGETFUL if self.place.is_ephemeral else ()
        options = (f"unix_socket_directories={self.place.sockets}", *OPTIONS, *durability)
        arguments = [argument for option in options for argument in ("-c", option)]
        return [str(self._programs / "postgres"), "-D", str(self._cluster), *arguments]

    def _create(self, major: int) -> None:
        # Renamed when whole: a killed initdb leaves no half cluster behind.
        unfinished = self._cluster.with_name(f"pg.{os.getpid()}")
        locale = ["--no-locale"]
        if major >= FIRST_WITH_BUILTIN_LOCALE:  # the same order of texts on every system
            locale += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        self._run(
            [
                str(self._programs / "initdb"),
                f"--pgdata={unfinished}",
                "--username=postgres",
                "--auth=trust",
                "--encoding=UTF8",
                "--no-sync",
                "--no-instructions",
                "--wal-segsize=1",
                *locale,
            ]
        )
        unfinished.rename(self._cluster)

    def _refuse_another_version(self, major: int) -> None:
        stored = (self._cluster / "PG_VERSION").read_text().strip()
        if stored != str(major):
            raise EmbeddedError(
                f"{self._cluster} was made by PostgreSQL {stored} and this is {major}: "
                f"delete {self.place.data}, or set DATABASE_URL"
            )

    def _answers(self) -> bool:
        with contextlib.suppress(OSError, ValueError):
            lines = Path(self._cluster / "postmaster.pid").read_text().splitlines()
            is_ours = bool(lines) and int(lines[0]) == self.pid
            return is_ours and len(lines) > STATUS_LINE and lines[STATUS_LINE].strip() == "ready"
        return False
