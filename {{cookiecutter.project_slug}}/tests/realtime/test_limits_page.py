"""The page about limits names settings and tests that exist."""

import re
from pathlib import Path

import pytest

from app.realtime import Realtime
from app.realtime.topics import TopicNamespace
from app.settings import RealtimeSettings

ROOT = Path(__file__).parents[2]
ROWS = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in (ROOT / "docs/limits.md").read_text().splitlines()
    if line.startswith("| ") and not line.startswith("| Limit")
]
ids = [row[0] for row in ROWS]

# Periods and sizes that are not limits of what somebody may take.
NO_LIMITS = re.compile(
    "backplane|presence_linger|node_|probe|quiet|publish|unsubscribe|drain|retry_|comment|session"
    "|preframed|expir|load_"
)


def test_there_are_limits() -> None:
    assert len(ROWS) > 25


@pytest.mark.parametrize("row", ROWS, ids=ids)
def test_a_limit_names_a_setting_that_exists(row: list[str]) -> None:
    for name in re.findall(r"`([^`]+)`", row[1]):
        owner, _, attribute = name.rpartition(".")
        match owner:
            case "TopicNamespace":
                assert attribute in TopicNamespace.__dataclass_fields__
            case "Realtime":
                assert hasattr(Realtime, attribute)
            case _:
                assert name.lower() in RealtimeSettings.model_fields


@pytest.mark.parametrize("row", ROWS, ids=ids)
def test_a_limit_names_a_test_that_exists(row: list[str]) -> None:
    path, _, name = row[3].strip("`").partition("::")

    assert re.search(rf"def {name}\(", (ROOT / "tests/realtime" / path).read_text())


def test_every_setting_that_is_a_limit_is_on_the_page() -> None:
    named = {name.lower() for row in ROWS for name in re.findall(r"`([A-Z_]+)`", row[1])}
    limits = {name for name in RealtimeSettings.model_fields if not NO_LIMITS.search(name)}

    assert limits - named == set()
