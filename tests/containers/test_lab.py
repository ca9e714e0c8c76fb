"""The engine of these tests leaves the machine as it found it."""

import subprocess
from pathlib import Path

from tests.containers.lab import Lab
from tests.containers.lab import install
from tests.containers.lab import started


def footprint() -> dict[str, str]:
    """Returns what an engine might change on a machine, apart from that of another one that is running."""
    commands = ("iptables-save", "ip -brief link show type bridge", "ip -brief link show type veth")
    told = {command: subprocess.check_output(command.split(), text=True) for command in commands}
    forwarding = Path("/proc/sys/net/ipv4/ip_forward").read_text()
    mounts = "\n".join(line for line in Path("/proc/mounts").read_text().splitlines() if "/overlay2/" in line)
    sockets = sorted(map(str, Path("/run").glob("lab-*")))
    return told | {"forwarding": forwarding, "mounts": mounts, "sockets": str(sockets)}


def test_an_engine_that_ran_leaves_nothing_behind(tmp_path: Path) -> None:
    install()
    before = footprint()

    with started(tmp_path / "engine") as lab:
        running = footprint()
        lab.docker("network", "create", "left-over")

    assert running["sockets"] != before["sockets"]
    assert isinstance(lab, Lab)
    assert footprint() == before
    assert not (tmp_path / "engine/data").exists()
