"""What the system knows: CPU and memory of the service's processes, and files for our own.

Only Linux tells the former, and only of processes on the same machine.
"""

import os
import resource
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

LISTENING = "0A"
PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Usage:
    """What processes have used up to now, and what they hold."""

    cpu_seconds: float
    memory_kib: int


def usage_of(pids: list[int]) -> Usage | None:
    """Returns the sum over processes; None when there are none, or the system does not tell."""
    try:
        usages = [_usage(pid) for pid in pids]
    except OSError:
        return None
    if not usages:
        return None
    return Usage(sum(one.cpu_seconds for one in usages), sum(one.memory_kib for one in usages))


def pids_listening_on(port: int) -> list[int]:
    """Returns the processes of this machine that listen on a port, as far as one may look."""
    inodes = set()
    for table in ("net/tcp", "net/tcp6"):
        with suppress(OSError):
            for line in (PROC / table).read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                    inodes.add(f"socket:[{fields[9]}]")
    return [pid for pid in _all_pids() if inodes & _open_files(pid)]


def allow_open_files(wanted: int) -> None:
    """Raises this process's limit of open files as far as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _usage(pid: int) -> Usage:
    # The name of the program may hold blanks and parentheses; what follows it does not.
    fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    rollup = (PROC / str(pid) / "smaps_rollup").read_text()
    memory = next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    return Usage(ticks / os.sysconf("SC_CLK_TCK"), memory)


def _all_pids() -> list[int]:
    return [int(path.name) for path in PROC.glob("[0-9]*")]


def _open_files(pid: int) -> set[str]:
    found = set()
    with suppress(OSError):
        for path in (PROC / str(pid) / "fd").iterdir():
            with suppress(OSError):
                found.add(str(path.readlink()))
    return found
