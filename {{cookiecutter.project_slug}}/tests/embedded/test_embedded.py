"""The servers from wheels: shared, restarted, cleaned up however their users end."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from redis import Redis

from app.embedded import Embedded
from app.embedded import EmbeddedError
from app.embedded import Urls
from app.embedded import binaries
from app.embedded import locks
from app.embedded import place
from app.embedded.launcher import read_state
from tests import servers

PATIENCE_SECONDS = 120.0
NO_REDIS = Urls(redis="redis://elsewhere")
NO_DATABASE = Urls(database="postgresql://elsewhere")

USER = """
import sys, time
from pathlib import Path
from app.embedded import Embedded
with Embedded(Path(sys.argv[1])) as urls:
    print(urls.database, urls.redis, flush=True)
    sys.stdin.read()
"""


def eventually(condition: Callable[[], bool]) -> bool:
    """Returns whether the condition came true in time."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def is_alive(pid: int) -> bool:
    """Tells whether a process runs; one that only waits to be collected does not."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return False
    return fields[0] != "Z"


def server_pid(root: Path, kind: str) -> int:
    """Returns the process id of the server that the supervisor of a folder announced."""
    return int(read_state(root / kind)["pid"])


def is_free(lock: Path) -> bool:
    """Tells whether nobody holds the lock."""
    return not locks.is_held(lock)


class User:
    """A process that uses the servers of a folder."""

    def __init__(self, root: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", USER, str(root)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def wait_until_served(self) -> str:
        """Returns the addresses that it was given."""
        assert self.process.stdout
        return self.process.stdout.readline()

    def kill(self) -> None:
        """Kills it with -9."""
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    """Yields a folder whose servers are gone in the end."""
    folder = tmp_path / "run"
    yield folder
    for lock in folder.rglob("own.lock"):
        assert eventually(partial(is_free, lock))
    for name in folder.rglob("data-name"):
        shutil.rmtree(place.OUT_OF_THE_WAY / name.read_text())


async def test_data_is_still_there_after_a_restart(root: Path) -> None:
    with Embedded(root) as urls:
        async with servers.connection(urls.database) as database:
            await database.execute("CREATE TABLE kept AS SELECT 7 AS number")
        with closing(Redis.from_url(urls.redis)) as redis:
            redis.set("kept", "yes")

    with Embedded(root) as urls:
        async with servers.connection(urls.database) as database:
            assert await database.fetchval("SELECT number FROM kept") == 7
        with closing(Redis.from_url(urls.redis)) as redis:
            assert redis.get("kept") == b"yes"


def test_nothing_runs_once_the_last_user_has_left(root: Path) -> None:
    with Embedded(root):
        pids = [server_pid(root, "database"), server_pid(root, "redis")]
        assert all(map(is_alive, pids))

    assert not any(map(is_alive, pids))


def test_several_processes_share_one_pair_of_servers(root: Path) -> None:
    users = [User(root) for _ in range(4)]

    addresses = {user.wait_until_served() for user in users}

    for user in users:
        user.process.communicate()
    assert len(addresses) == 1


def test_killing_the_user_stops_the_servers(root: Path) -> None:
    user = User(root)
    user.wait_until_served()
    pids = [server_pid(root, "database"), server_pid(root, "redis")]
    assert all(map(is_alive, pids))

    user.kill()

    assert eventually(lambda: not any(map(is_alive, pids)))


def test_killing_the_supervisor_stops_its_server_and_the_next_start_works(root: Path) -> None:
    user = User(root)
    user.wait_until_served()
    pid = server_pid(root, "database")

    os.kill(int(read_state(root / "database")["supervisor"]), signal.SIGKILL)
    stopped = eventually(lambda: not is_alive(pid))
    with Embedded(root) as urls:
        restarted = urls.database

    user.kill()
    assert stopped
    assert restarted


async def test_a_killed_server_is_started_again_at_the_same_address(root: Path) -> None:
    with Embedded(root, given=NO_REDIS) as urls:
        async with servers.connection(urls.database) as database:
            await database.execute("CREATE TABLE kept AS SELECT 7 AS number")
        pid = server_pid(root, "database")

        os.kill(pid, signal.SIGKILL)
        assert eventually(lambda: server_pid(root, "database") != pid)
        async with servers.connection(urls.database) as database:
            number = await database.fetchval("SELECT number FROM kept")

    assert number == 7


async def test_a_long_path_with_spaces_and_other_letters_works(root: Path) -> None:
    folder = root.joinpath(*["a long näme"] * 12)

    with Embedded(folder, given=NO_REDIS) as urls:
        async with servers.connection(urls.database) as database:
            answer = await database.fetchval("SELECT 1")

    assert answer == 1


def test_an_address_that_is_given_wins_and_nothing_is_started(root: Path) -> None:
    with Embedded(root, given=Urls("postgresql://there", "redis://there")) as urls:
        assert urls == Urls("postgresql://there", "redis://there")

    assert not root.exists()


def test_an_ephemeral_server_leaves_no_data(root: Path) -> None:
    with Embedded(root, given=NO_DATABASE, ephemeral=True):
        data = Path(read_state(root / "redis")["data"])
        assert data.exists()

    assert not data.exists()


def test_what_a_killed_run_left_is_swept(tmp_path: Path) -> None:
    used, left, new = (tmp_path / f"embedded-0-{name}" for name in ("used", "left", "new"))
    for folder in (used, left, new):
        folder.mkdir()
        (folder / place.IN_USE).touch()
    for folder in (used, left):
        os.utime(folder, (0, 0))

    with locks.exclusive(used / place.IN_USE):
        os.utime(used, (0, 0))
        place.sweep(tmp_path, "embedded-0-")

    assert sorted(tmp_path.iterdir()) == sorted([new, used])


def test_what_is_gone_by_the_time_it_is_looked_at_stops_no_start(tmp_path: Path) -> None:
    gone = tmp_path / "embedded-0-gone"
    gone.symlink_to(tmp_path / "nowhere")

    place.sweep(tmp_path, "embedded-0-")

    assert list(tmp_path.iterdir()) == [gone]


def test_without_a_server_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "POSTGRES_WHEELS", {})
    monkeypatch.setattr(binaries, "DEBIAN_POSTGRES", Path("/nowhere"))
    monkeypatch.setenv("PATH", "/nowhere")

    with pytest.raises(EmbeddedError, match="set DATABASE_URL"):
        binaries.find_postgres()


def test_data_of_another_version_is_named_and_left_alone(root: Path) -> None:
    with Embedded(root, given=NO_REDIS):
        version = Path(read_state(root / "database")["data"]) / "pg" / "PG_VERSION"
    version.write_text("9\n")

    with pytest.raises(EmbeddedError, match=r"made by PostgreSQL 9 .* set DATABASE_URL"):
        Embedded(root, given=NO_REDIS).__enter__()


async def test_postgresql_ignores_the_locale_of_the_machine(running: Urls) -> None:
    async with servers.connection(running.database) as database:
        encoding = await database.fetchval("SHOW server_encoding")
        words = await database.fetch("SELECT w FROM unnest(ARRAY['b', 'B', 'a']) AS w ORDER BY w")

    assert encoding == "UTF8"
    assert [row["w"] for row in words] == ["B", "a", "b"]
