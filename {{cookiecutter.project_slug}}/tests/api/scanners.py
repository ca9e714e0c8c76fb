"""sqlmap and wapiti, each in an environment of its own that uv makes: not the project's.

``uv`` has to be on PATH; versions are fixed, since a scanner that finds more is a new question.
"""

import asyncio
import json
import re
import shutil
import sys
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SQLMAP = ("sqlmap==1.10.10", "sqlmap")
WAPITI = ("wapiti3==3.3.2", "wapiti")
# wapiti needs 3.12 at least; where this is older, uv looks for one.
PYTHON = sys.executable if sys.version_info >= (3, 12) else "3.13"
# Longer than wapiti allows itself: its crawl, and each module on its own.
RUN_SECONDS = 1_200.0
CRAWL_SECONDS, MODULE_SECONDS = 120, 90
# Those that need no server of ours on the internet. Not csrf: it looks for tokens in forms, and
# what protects ours is where a request comes from (tests/web/test_csrf.py). Headers and their
# policy are graded by the rules of the Observatory (tests/web/test_observatory.py).
MODULES = "crlf,exec,file,permanentxss,redirect,sql,timesql,upload,xss"
SAMPLES = {"integer": 1, "boolean": True, "string": "text"}

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Target:
    """One call for sqlmap: the places to try are in the query, in the body, or marked with *."""

    name: str
    method: str
    url: str
    body: str


def targets(
    described: Json, url: str, ids: dict[str, str], bodies: Mapping[str, Json]
) -> list[Target]:
    """Returns every operation with something to try.

    ``bodies`` are what their owner would send, by operation: of a body that is refused for its
    shape nothing is looked at.
    """
    found = []
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            known = bodies.get(operation["operationId"])
            target = _target(described, url + path, method.upper(), operation, ids, known)
            if target is not None:
                found.append(target)
    return found


def _target(
    described: Json,
    address: str,
    method: str,
    operation: Json,
    ids: dict[str, str],
    known: Json | None,
) -> Target | None:
    query = [one for one in operation["parameters"] if one["in"] == "query"]
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    path = re.sub(r"\{(\w+)\}", lambda found: ids.get(found.group(1), "1") + "*", address)
    pairs = "&".join(f"{one['name']}=1" for one in query)
    body = ""
    if content:
        body = json.dumps(known or _sample(described, content["schema"]), default=str)
    if not (query or content or "*" in path):
        return None
    return Target(operation["operationId"], method, f"{path}?{pairs}" if pairs else path, body)


def _sample(described: Json, schema: Json) -> Any:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return _sample(described, described["components"]["schemas"][name])
    if "properties" in schema:
        return {name: _sample(described, one) for name, one in schema["properties"].items()}
    if "enum" in schema:
        return schema["enum"][0]
    return SAMPLES.get(schema.get("type", "string"), "text")


def arguments_of_sqlmap(target: Target, *, origin: str, cookie: str, folder: Path) -> list[str]:
    """Returns what sqlmap is called with: everything at level 2, nothing asked."""
    body = [f"--data={target.body}", "--headers=Content-Type: application/json"]
    return [
        f"--url={target.url}",
        f"--method={target.method}",
        f"--header=Origin: {origin}",
        f"--cookie={cookie}",
        f"--output-dir={folder}",
        "--batch",
        "--level=2",
        "--risk=1",
        "--threads=4",
        "--dbms=PostgreSQL",
        "--skip=Cookie,cookie,User-Agent,Referer",
        "--flush-session",
        "--ignore-code=400,401,403,404,409,412,422,429",
        "--disable-coloring",
        *(body if target.body else []),
    ]


def arguments_of_wapiti(url: str, *, cookie: str, report: Path, starts: Sequence[str]) -> list[str]:
    """Returns what wapiti is called with: it crawls the pages as somebody who is signed in."""
    return [
        f"--url={url}/",
        f"--cookie-value={cookie}",
        f"--header=Origin: {url}",
        f"--module={MODULES}",
        "--scope=domain",
        f"--max-scan-time={CRAWL_SECONDS}",
        f"--max-attack-time={MODULE_SECONDS}",
        "--max-links-per-page=30",
        "--max-files-per-dir=20",
        "--max-parameters=20",
        "--depth=4",
        "--timeout=20",
        "--format=json",
        f"--output={report}",
        "--exclude=" + f"{url}/sign-out",
        "--flush-session",
        f"--store-session={report.parent / 'session'}",
        f"--store-config={report.parent / 'config'}",
        "--no-bugreport",
        *(f"--start={url}{start}" for start in starts),
    ]


async def run(tool: tuple[str, str], arguments: Sequence[str], *, folder: Path) -> str:
    """Runs a scanner to its end and returns what it printed.

    Raises:
        LookupError: there is no uv.
        TimeoutError: it did not come to an end.
    """
    uv = shutil.which("uv")
    if uv is None:
        raise LookupError("uv has to be on PATH: the scanners live in environments that it makes")
    package, name = tool
    command = (uv, "tool", "run", "--python", PYTHON, "--from", package, name, *arguments)
    program = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(RUN_SECONDS):
            printed, _ = await program.communicate()
    finally:
        if program.returncode is None:
            program.kill()
            await program.wait()
    return printed.decode(errors="replace")
