"""No event makes a line that is too long, or one that is no JSON (B22)."""

import json

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies

from app.telemetry.capping import LINE_MAX_BYTES
from tests.telemetry.test_logs import Format
from tests.telemetry.test_logs import formatted

NASTY = [
    "\r\n",
    "\x1b[2J",
    '"}\n{"event": "forged"',
    "\u2028",
    "\x00",
    "\ud800",
    "😀",
    "://a:b@",
    "ä",
]
TEXTS = strategies.text(max_size=60) | strategies.sampled_from(NASTY)
LONG = strategies.builds(lambda text, times: text * times, TEXTS, strategies.integers(1, 100_000))
VALUES = strategies.recursive(
    TEXTS | LONG | strategies.integers() | strategies.none(),
    lambda inner: (
        strategies.lists(inner, max_size=4) | strategies.dictionaries(TEXTS, inner, max_size=4)
    ),
    max_leaves=6,
)
FIELDS = strategies.dictionaries(
    TEXTS.filter(lambda name: name not in {"event", "level", "timestamp"}), VALUES, max_size=5
)


def size_of(line: str) -> int:
    return len(line.encode(errors="backslashreplace"))


@given(event=TEXTS, fields=FIELDS)
@hypothesis_settings(max_examples=60, deadline=None)
def test_whatever_is_logged_is_one_bounded_line_of_json(
    event: str, fields: dict[str, object]
) -> None:
    line = formatted("json", event, extra=fields)

    assert size_of(line) <= LINE_MAX_BYTES
    assert len(line.splitlines()) == 1
    assert isinstance(json.loads(line), dict)


@pytest.mark.soak
@given(event=TEXTS, fields=FIELDS)
@hypothesis_settings(max_examples=10_000, deadline=None)
def test_ten_thousand_events_are_ten_thousand_lines(event: str, fields: dict[str, object]) -> None:
    line = formatted("json", event, extra=fields)

    assert size_of(line) <= LINE_MAX_BYTES
    assert len(line.splitlines()) == 1
    assert isinstance(json.loads(line), dict)


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_many_long_fields_are_cut_together(log_format: Format) -> None:
    fields = {f"field_{number}": "\x01://a:b@" * 400 for number in range(50)}

    line = formatted(log_format, "big", **fields)

    assert size_of(line) <= LINE_MAX_BYTES
    assert "big" in line
    assert log_format == "console" or json.loads(line)["cut_from_bytes"] > LINE_MAX_BYTES


def test_of_a_long_traceback_the_end_is_kept() -> None:
    try:
        raise ValueError("x" * 100_000 + " and at last the reason")
    except ValueError as error:
        line = formatted("json", "failed", exc_info=error)

    assert size_of(line) <= LINE_MAX_BYTES
    assert json.loads(line)["exception"].endswith("and at last the reason")


def test_without_the_cap_one_event_fills_the_log() -> None:
    fields = {f"field_{number}": "\x01" * 4_000 for number in range(50)}

    assert len(json.dumps(fields)) > 60 * LINE_MAX_BYTES
