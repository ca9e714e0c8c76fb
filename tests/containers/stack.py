"""The whole service of a generated project, run with its own compose.yaml."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.containers.lab import Lab
from tests.containers.lab import run
from tests.proxy.caddy import free_ports
from tests.visitor import Visitor

ROOT_CERTIFICATE = "proxy:/data/caddy/pki/authorities/local/root.crt"
WAIT_SECONDS_HANG_GUARD = "600"


@dataclass(frozen=True)
class Stack:
    """A running stack: its engine, its folder and where the proxy listens."""

    lab: Lab
    project: Path
    http_port: int
    https_port: int

    @property
    def url(self) -> str:
        """The address a browser would open."""
        return f"https://localhost:{self.https_port}"

    def compose(self, *arguments: str) -> str:
        """Runs Docker Compose with what a person would put into ``.env``."""
        stand_ins = {f"{name.upper()}_IMAGE": f"stand-in/{name}" for name in ("postgres", "valkey", "caddy")}
        ports = {"HTTP_PORT": str(self.http_port), "HTTPS_PORT": str(self.https_port), "PUBLIC_URL": self.url}
        return self.lab.compose(self.project, *arguments, **stand_ins, **ports, OPEN_FILES="4096")

    def up(self, *options: str) -> None:
        """Starts everything and returns when all of it is healthy."""
        self.compose("up", "--no-build", "--detach", "--wait", "--wait-timeout", WAIT_SECONDS_HANG_GUARD, *options)

    @contextmanager
    def scaled(self, service: str, count: int) -> Iterator[None]:
        """Runs so many containers of a service, and as many as before in the end, whatever comes between."""
        self.up("--scale", f"{service}={count}")
        try:
            yield
        finally:
            self.up()

    def inspect(self, service: str) -> dict[str, Any]:
        """Returns what the engine knows about the container of a service."""
        container = self.compose("ps", "--all", "--quiet", service)
        (known,) = json.loads(self.lab.docker("inspect", container))
        return dict(known)

    def inside(self, service: str, *command: str) -> str:
        """Runs a command in the container of a service."""
        return self.compose("exec", "-T", service, *command)

    def visitor(self, folder: Path) -> Visitor:
        """Returns a browser that trusts the proxy's own authority."""
        certificate = folder / "root.crt"
        self.compose("cp", ROOT_CERTIFICATE, str(certificate))
        return Visitor(self.url, certificate)


@contextmanager
def running(lab: Lab, project: Path) -> Iterator[Stack]:
    """Makes the secrets as the documentation says, starts the stack, and removes all of it."""
    stack = Stack(lab, project, *free_ports(2))
    run("sh", "compose/secrets.sh", cwd=project)
    try:
        stack.up()
        yield stack
    except RuntimeError as error:
        raise RuntimeError(f"{error}\n{stack.compose('logs', '--tail', '60')}") from error
    finally:
        stack.compose("down", "--volumes", "--remove-orphans", "--timeout", "15")
