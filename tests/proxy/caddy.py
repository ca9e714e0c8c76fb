"""Runs the real Caddy with the project's Caddyfile on free ports of the loopback interface."""

import json
import os
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

CADDY = Path(sys.prefix, "bin", "caddy")
CADDYFILE = Path(__file__).parents[2] / "{{cookiecutter.project_slug}}/compose/Caddyfile"
START_SECONDS_HANG_GUARD = 120.0
HELD: list[int] = []  # descriptors, which live as long as the test run


@dataclass(frozen=True)
class Edge:
    """A running proxy: where it is, and what a client needs to trust it."""

    port: int
    http_port: int
    authority: Path

    @property
    def url(self) -> str:
        """The address a browser would open."""
        return f"https://localhost:{self.port}"

    def client(self, **options: object) -> httpx.Client:
        """Returns a client that trusts the proxy's own authority, speaking HTTP/2 unless told otherwise."""
        trust = ssl.create_default_context(cafile=self.authority)
        return httpx.Client(base_url=self.url, verify=trust, **{"http2": True, "timeout": 120, **options})


def free_ports(count: int) -> list[int]:
    """Returns ports of the loopback interface that nobody listens on.

    On Linux they stay ours: bound, so that until our server has them the kernel gives them to nobody else, as a port of
    theirs or as the near end of a connection.
    """
    holders = [socket.socket() for _ in range(count)]
    for holder in holders:
        holder.bind(("127.0.0.1", 0))
        # What does not listen shares its port with who says so, too: servers set one of the two.
        for option in (socket.SO_REUSEADDR, socket.SO_REUSEPORT):
            holder.setsockopt(socket.SOL_SOCKET, option, 1)
    ports = [holder.getsockname()[1] for holder in holders]
    for holder in holders:
        if sys.platform == "linux":
            HELD.append(os.dup(holder.fileno()))
        holder.close()
    return ports


def configuration(variables: dict[str, str], *, port: int, http_port: int, access_log: bool = False) -> str:
    """Returns the Caddyfile as JSON with other ports, an access log if one is wanted, and nothing else changed."""
    command = [CADDY, "adapt", "--config", CADDYFILE]
    config = json.loads(subprocess.check_output(command, env=variables, stderr=subprocess.DEVNULL))
    http = config["apps"]["http"]
    by_port = {server["listen"][0]: server for server in http["servers"].values()}
    assert by_port.keys() == {":443", ":80"}
    server = by_port[":443"]
    server["listen"] = [f"127.0.0.1:{port}"]
    by_port[":80"]["listen"] = [f"127.0.0.1:{http_port}"]
    if access_log:
        server["logs"] = {}
    http |= {"https_port": port, "http_port": http_port}
    config["admin"]["disabled"] = True
    return json.dumps(config)


@contextmanager
def in_front_of(
    upstream_port: int, folder: Path, *, port: int | None = None, access_log: bool = False
) -> Iterator[Edge]:
    """Runs the proxy in front of a server on loopback; its certificates and its log live in ``folder``."""
    port, http_port = (port, free_ports(1)[0]) if port else free_ports(2)
    variables = {**os.environ, "UPSTREAM_HOST": "127.0.0.1", "UPSTREAM_PORT": str(upstream_port)}
    variables |= {"XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "HOME": str(folder)}
    config = folder / "caddy.json"
    config.write_text(configuration(variables, port=port, http_port=http_port, access_log=access_log))
    with (folder / "caddy.log").open("w") as log:
        process = subprocess.Popen([CADDY, "run", "--config", config], env=variables, stdout=log, stderr=log)
    try:
        root = folder / "caddy/pki/authorities/local/root.crt"
        wait_for(root, port, process, folder / "caddy.log")
        yield Edge(port, http_port, root)
    finally:
        process.terminate()
        process.wait(START_SECONDS_HANG_GUARD)


def wait_for(root: Path, port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Waits until the proxy has its authority and shakes hands."""
    before = time.monotonic() + START_SECONDS_HANG_GUARD
    while time.monotonic() < before and process.poll() is None:
        try:
            context = ssl.create_default_context(cafile=root)
            with socket.create_connection(("127.0.0.1", port)) as plain:
                context.wrap_socket(plain, server_hostname="localhost").close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"Caddy did not start:\n{log.read_text()}")
