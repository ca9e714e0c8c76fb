"""The service while schemathesis tries its description, and what schemathesis said."""

import asyncio
import os
import re
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import asynccontextmanager
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path

from quart import Quart
from quart import Response
from quart import request
from quart.typing import ResponseReturnValue
from quart_schema import hide

from app.factory import create_app
from app.resources import resources_of
from app.settings import Settings
from app.web import guard
from app.web import limit
from app.web import public
from app.web.limits import LIMIT
from app.web.limits import UNLIMITED
from app.web.openapi import description_of
from app.web.problem_types import INVALID
from app.web.shapes import declared_failures
from tests.patience import PATIENCE_SECONDS
from tests.people import Person
from tests.people import join
from tests.servers import listening

HOOKS = Path(__file__).with_name("schemathesis_hooks.py")
SEED = 20_260_101
RUN_SECONDS = 1_800.0
ALLOWED_FAILURES = 20
# What a request may get that fits its shape: nobody's, not there, clashing, stale, or too often
# where a view counts for itself, as those that take a password do.
ACCEPTABLE = ["2xx", "3xx", 401, 403, 404, 409, 412, 429]
# What schemathesis expects, and 428 (RFC 6585) where a version has to be named.
WITHOUT_HEADER = [400, 401, 403, 406, 415, 422, 428]


@dataclass
class Fuzzed:
    """A service that is tried; ``answers`` counts statuses by operation."""

    app: Quart
    url: str
    answers: Counter[tuple[str, int]] = field(default_factory=Counter)

    def succeeded(self) -> set[str]:
        """Returns the operations that did what they are for at least once."""
        return {name for (name, status), _ in self.answers.items() if status < 400}

    def operations(self) -> set[str]:
        """Returns every operation of the description."""
        paths = description_of(self.app)["paths"]
        return {one["operationId"] for methods in paths.values() for one in methods.values()}


def add_way_in(app: Quart, people: list[Person]) -> None:
    """Adds a route that begins a session of the first person, with no password to be hashed."""

    @app.get("/fuzz/session")
    @guard(public)
    @limit(UNLIMITED)
    @hide
    async def begin() -> ResponseReturnValue:
        identity = resources_of(app).identity
        token = await identity.sessions.begin(people[0].user, "schemathesis")
        return {"cookie": f"{identity.cookie_name}={token}"}


@asynccontextmanager
async def fuzzed_service(
    settings: Settings, *, prepare: Callable[[Quart], None] | None = None
) -> AsyncIterator[Fuzzed]:
    """Serves the application without limits of rate, so that calls get further than those.

    ``prepare`` may add routes.
    """
    app = create_app(settings)
    if prepare is not None:
        prepare(app)
    description_of(app)  # made while the limits are still declared
    people: list[Person] = []
    add_way_in(app, people)
    with without_limits(app):
        async with app.test_app():
            people.append(await join(app, "Fuzzer", is_admin=True))
            fuzzed = Fuzzed(app, settings.public_url)

            @app.after_request
            async def count(response: Response) -> Response:
                name = (request.endpoint or "").replace(".", "_")
                fuzzed.answers[name, response.status_code] += 1
                return response

            async with listening(app, settings):
                yield fuzzed


@contextmanager
def without_limits(app: Quart) -> Iterator[None]:
    """Takes the limits of rate off every view for a while: all applications have the same views."""
    limited = [view for view in app.view_functions.values() if hasattr(view, LIMIT)]
    before = [getattr(view, LIMIT) for view in limited]
    for view in limited:
        setattr(view, LIMIT, UNLIMITED)
    try:
        yield
    finally:
        for view, rate in zip(limited, before, strict=True):
            setattr(view, LIMIT, rate)


async def schemathesis(
    fuzzed: Fuzzed, *, examples: int, phases: str, is_signed_in: bool, folder: Path
) -> tuple[int, str]:
    """Runs schemathesis against a service; returns its exit code and what it printed."""
    settings = resources_of(fuzzed.app).settings
    environment = {
        **os.environ,
        "SCHEMATHESIS_HOOKS": str(HOOKS),
        "FUZZ_URL": fuzzed.url,
        "FUZZ_SIGNED_IN": "yes" if is_signed_in else "",
        "NO_COLOR": "1",
    }
    config = folder / "schemathesis.toml"
    config.write_text(refusing(fuzzed))
    arguments = [
        f"--config-file={config}",
        "run",
        f"{fuzzed.url}/openapi.json",
        f"--phases={phases}",
        f"--max-examples={examples}",
        f"--seed={SEED}",
        "--request-timeout=10",
        "--generation-database=none",
        "--suppress-health-check=all",
        "--warnings=off",
        "--continue-on-failure",
        f"--max-failures={ALLOWED_FAILURES}",
        f"--header=Origin:{settings.public_url}",
        *([] if is_signed_in else ["--exclude-checks=ignored_auth"]),
    ]
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "schemathesis.cli", *arguments),
        cwd=folder,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    talking = asyncio.ensure_future(program.communicate())
    try:
        done, _ = await asyncio.wait({talking}, timeout=RUN_SECONDS)
        if not done:
            program.send_signal(signal.SIGINT)  # it tells what it has found so far, and fails
        async with asyncio.timeout(PATIENCE_SECONDS):
            printed, _ = await talking
    finally:
        if program.returncode is None:
            program.kill()
            await program.wait()
    return program.returncode or 0, printed.decode()


def refusing(fuzzed: Fuzzed) -> str:
    """Returns settings of schemathesis: some routes refuse more than their shapes can say.

    They declare so with ``fails_with(INVALID)``, or they take a cursor, which is not any text.
    """
    described = description_of(fuzzed.app)["paths"]
    operations = [
        operation["operationId"]
        for rule in fuzzed.app.url_map.iter_rules()
        for path in [re.sub(r"<(?:[^:>]*:)?(\w+)>", r"{\1}", rule.rule)]
        for method, operation in described.get(path, {}).items()
        if method.upper() in (rule.methods or ())
        and (
            INVALID in declared_failures(fuzzed.app.view_functions[rule.endpoint])
            or any(argument["name"] == "cursor" for argument in operation["parameters"])
        )
    ]
    return (
        "".join(
            f'[[operations]]\ninclude-operation-id = "{name}"\n'
            "checks.positive_data_acceptance.enabled = false\n"
            for name in sorted(operations)
        )
        + f"[checks.positive_data_acceptance]\nexpected-statuses = {ACCEPTABLE}\n"
        + f"[checks.missing_required_header]\nexpected-statuses = {WITHOUT_HEADER}\n"
        # NUL is in no text here: bodies with it are 400, whatever their shape (docs/problems.md).
        "[generation]\nallow-x00 = false\n"
    )


def failures_in(printed: str) -> str:
    """Returns what schemathesis found, or everything when it found nothing and yet failed."""
    return printed.partition("= FAILURES =")[2].partition("= SUMMARY =")[0] or printed
