"""A private container engine for the tests, on a machine that has neither Docker nor an image registry.

Debian's ``docker.io`` is the engine, Docker Compose comes from a wheel, and ``debootstrap`` makes the base image.
The official images of PostgreSQL, Valkey and Caddy are replaced by ``stand_ins/`` with the same documented behaviour.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

STAND_INS = Path(__file__).with_name("stand_ins")
COMPOSE = Path(sys.prefix, "bin", "docker-compose")
DOCKER = "/usr/bin/docker"
DOCKERD = "/usr/sbin/dockerd"
SUITE = "trixie"
PACKAGES = ("docker.io", "debootstrap", "iptables")
INSIDE = "python3,python3-venv,python3-pip,ca-certificates,busybox"
BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")
BASE = "stand-in/python:3.13-slim"
SERVICES = ("postgres", "valkey", "caddy")
ENGINE_SECONDS = 120.0
DATA_MAX_BYTES = 6 * 1024**3


def obstacle() -> str | None:
    """Returns why no engine can be had here, or None."""
    if os.geteuid() != 0:
        return "starting a container engine needs root"
    if not shutil.which("apt-get"):
        return "the container engine comes from Debian's packages, and there is no apt-get"
    return None


def run(*command: str | Path, **options: object) -> str:
    """Returns what a command printed; raises with its output when it fails."""
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout}")
    return done.stdout.strip()


def install() -> None:
    """Installs the Debian packages that are missing."""
    if all(subprocess.run(["dpkg", "-s", name], capture_output=True).returncode == 0 for name in PACKAGES):
        return
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    run("apt-get", "update", "-qq")
    run("apt-get", "install", "-y", "-qq", "--no-install-recommends", *PACKAGES, env=quiet)


def root_file_system(folder: Path) -> Path:
    """Returns a minimal Debian with Python, made on the first call."""
    made = folder / f"rootfs-{SUITE}"
    if made.exists():
        return made
    unfinished = folder / f"rootfs-{SUITE}.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    run("debootstrap", "--variant=minbase", f"--include={INSIDE}", SUITE, unfinished)
    for name in ("python", "python3"):
        (unfinished / "usr/local/bin" / name).symlink_to("../../bin/python3")
    for note in unfinished.glob("usr/lib/python3*/EXTERNALLY-MANAGED"):
        note.unlink()
    shutil.rmtree(unfinished / "var/cache/apt/archives", ignore_errors=True)
    shutil.rmtree(unfinished / "var/lib/apt/lists", ignore_errors=True)
    shutil.copy(BUNDLE, unfinished / BUNDLE.relative_to("/"))
    unfinished.rename(made)
    return made


@dataclass(frozen=True)
class Lab:
    """A running engine. When it ends, only the root file system of the base image is left, for the next time."""

    folder: Path
    socket: Path

    @property
    def _variables(self) -> dict[str, str]:
        return {**os.environ, "DOCKER_HOST": f"unix://{self.socket}", "DOCKER_BUILDKIT": "1"}

    def docker(self, *arguments: str | Path) -> str:
        """Returns what the client printed. Debian's own, because it carries BuildKit itself."""
        return run(DOCKER, *arguments, env=self._variables)

    def build(self, folder: Path, tag: str, *options: str | Path, **arguments: str) -> None:
        """Builds an image over the machine's own network."""
        values = [part for name, value in arguments.items() for part in ("--build-arg", f"{name}={value}")]
        self.docker("build", "--quiet", "--network", "host", "--tag", tag, *values, *options, folder)

    def compose(self, project: Path, *arguments: str, **variables: str) -> str:
        """Returns what Docker Compose printed in the folder ``project``."""
        return run(COMPOSE, *arguments, cwd=project, env={**self._variables, **variables})

    def make_stand_ins(self) -> None:
        """Makes the base image and those that take the place of the official ones."""
        certificates = f"ENV SSL_CERT_FILE={BUNDLE} PIP_CERT={BUNDLE} NODE_EXTRA_CA_CERTS={BUNDLE}"
        archive = self.folder / "rootfs.tar"
        run("tar", "-C", root_file_system(self.folder), "-cf", archive, ".")
        self.docker("import", "--change", certificates, "--change", 'CMD ["python3"]', archive, BASE)
        archive.unlink()
        for name in SERVICES:
            self.build(STAND_INS, f"stand-in/{name}", "--file", STAND_INS / f"{name}.Dockerfile", BASE=BASE)

    def remove_everything(self) -> None:
        """Removes all containers and networks: their links would stay on the machine."""
        containers = self.docker("ps", "--all", "--quiet").split()
        if containers:
            self.docker("rm", "--force", *containers)
        self.docker("network", "prune", "--force")


@contextmanager
def started(folder: Path) -> Iterator[Lab]:
    """Starts an engine with its data below ``folder``, and removes all it made."""
    install()
    folder.mkdir(parents=True, exist_ok=True)
    # A socket's path has at most 107 characters.
    short = Path(tempfile.mkdtemp(prefix="lab-", dir="/run"))
    lab = Lab(folder, short / "docker.sock")
    data = folder / "data"
    remove(data)
    data.mkdir()
    # Layers are tens of thousands of small files, which a disk takes half a minute to forget.
    run("mount", "-t", "tmpfs", "-o", f"size={DATA_MAX_BYTES}", "engine", data)
    # Should the tests be killed, the engine ends with them.
    command = ["setpriv", "--pdeathsig", "TERM", DOCKERD, "--host", f"unix://{lab.socket}", "--pidfile", short / "pid"]
    command += ["--data-root", data, "--exec-root", short / "exec", "--storage-driver", "overlay2"]
    # The machine's packet filter, forwarding and links stay as they are; builds use the machine's own network.
    command += ["--iptables=false", "--ip-forward=false", "--bridge=none"]
    with (folder / "engine.log").open("w") as log:
        engine = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    try:
        wait_until_it_answers(lab, engine)
        yield lab
    finally:
        if engine.poll() is None:
            lab.remove_everything()
        engine.send_signal(signal.SIGTERM)
        engine.wait()
        for namespace in (short / "exec/netns").glob("*"):
            subprocess.run(["umount", namespace], capture_output=True)
        remove(data)
        shutil.rmtree(short, ignore_errors=True)


def remove(data: Path) -> None:
    """Removes the engine's data, also those of a run that was killed."""
    if data.is_mount():
        run("umount", "--recursive", data)
    shutil.rmtree(data, ignore_errors=True)


def wait_until_it_answers(lab: Lab, engine: subprocess.Popen[bytes]) -> None:
    """Waits for the engine; raises with its log when it ends or stays silent."""
    before = time.monotonic() + ENGINE_SECONDS
    while engine.poll() is None and time.monotonic() < before:
        try:
            lab.docker("version")
        except RuntimeError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"the engine did not start:\n{(lab.folder / 'engine.log').read_text()[-2000:]}")
