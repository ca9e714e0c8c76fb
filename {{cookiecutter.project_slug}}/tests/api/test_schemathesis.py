"""The description as a list of things to try: nothing breaks, and nothing happens that it denies.

Phases: every boundary of every shape (coverage), values at random (fuzzing), and sequences of calls
that use what earlier ones returned (stateful). The seed is fixed, so a failure can be repeated.
"""

from pathlib import Path

import pytest

from app.settings import Settings
from tests.api.fuzzed import failures_in
from tests.api.fuzzed import fuzzed_service
from tests.api.fuzzed import schemathesis
from tests.servers import Emptier

ALL_PHASES = "examples,coverage,fuzzing,stateful"
SHORT, FULL = 1, 200


@pytest.mark.usefixtures("migrated", "redis")
@pytest.mark.parametrize(
    ("examples", "phases"),
    [
        pytest.param(SHORT, "fuzzing,stateful", marks=pytest.mark.slow, id="short"),
        pytest.param(FULL, ALL_PHASES, marks=pytest.mark.soak, id="full"),
    ],
)
@pytest.mark.parametrize("is_signed_in", [True, False], ids=["signed_in", "anonymous"])
async def test_the_service_keeps_to_its_description(
    settings: Settings,
    migrated: Emptier,
    tmp_path: Path,
    *,
    examples: int,
    phases: str,
    is_signed_in: bool,
) -> None:
    async with fuzzed_service(settings) as fuzzed:
        code, printed = await schemathesis(
            fuzzed, examples=examples, phases=phases, is_signed_in=is_signed_in, folder=tmp_path
        )
    await migrated.empty()

    assert code == 0, failures_in(printed)
    assert fuzzed.succeeded()
