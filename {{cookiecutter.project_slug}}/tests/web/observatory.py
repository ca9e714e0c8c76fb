"""The MDN HTTP Observatory on this machine: its command line from npm, and TLS in front of us.

Two files that its install step would fetch are written by hand: nobody is in the list of hosts
preloaded into browsers, and no top-level domains are needed.
"""

import asyncio
import json
import os
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import trustme

HOST = "harbour.example.com"
PACKAGE = "@mdn/mdn-http-observatory"
VERSION = "1.4.8"
RUNNER = Path(__file__).with_name("observatory.mjs")
INSTALL_SECONDS = 600.0
SCAN_SECONDS = 120.0


async def install(folder: Path) -> Path:
    """Installs the scanner without running anybody's scripts; returns its folder."""
    package = f"{PACKAGE}@{VERSION}"
    command = ("npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix")
    await _run(*command, str(folder), package, seconds=INSTALL_SECONDS)
    scanner = folder / "node_modules" / PACKAGE
    (scanner / "conf" / "hsts-preload.json").write_text("{}")
    (scanner / "conf" / "tld-list.json").write_text('["com"]')
    return scanner


async def scan(scanner: Path, folder: Path, port: int) -> dict[str, Any]:
    """Has the scanner grade what listens on ``port``, reached as ``https://HOST``."""
    authority = trustme.CA()
    bundle = folder / "authority.pem"
    authority.cert_pem.write_to_path(str(bundle))
    async with _encrypted(authority, port) as https, _leading_to_https() as http:
        environment = {
            **os.environ,
            "NODE_EXTRA_CA_CERTS": str(bundle),
            "OBSERVATORY": str(scanner),
            "PORTS": json.dumps({"443": https, "80": http}),
        }
        told = await _run("node", str(RUNNER), HOST, seconds=SCAN_SECONDS, env=environment)
    verdict: dict[str, Any] = json.loads(told)
    return verdict


async def _run(*command: str, seconds: float, env: dict[str, str] | None = None) -> str:
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env=env
    )
    try:
        async with asyncio.timeout(seconds):
            said, complained = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, complained.decode()
    return said.decode()


@asynccontextmanager
async def _encrypted(authority: trustme.CA, port: int) -> AsyncIterator[int]:
    """Stands in front of a port with TLS, as a proxy does; yields its own port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HOST).configure_cert(context)

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inside, outside = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(_pump(reader, outside), _pump(inside, writer))

    server = await asyncio.start_server(forward, "127.0.0.1", 0, ssl=context)
    yield server.sockets[0].getsockname()[1]
    server.close()


@asynccontextmanager
async def _leading_to_https() -> AsyncIterator[int]:
    """Answers everything with a redirect to https, as a proxy does; yields the port."""

    async def redirect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        location = f"Location: https://{HOST}/"
        writer.write(f"HTTP/1.1 301 Moved\r\n{location}\r\nContent-Length: 0\r\n\r\n".encode())
        writer.close()

    server = await asyncio.start_server(redirect, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        return  # the other side has left, and so does this one
    finally:
        writer.close()
