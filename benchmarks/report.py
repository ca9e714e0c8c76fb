"""What was measured, as a table for people and as JSON for programs."""

import json
import platform
import subprocess
from collections.abc import Iterable
from dataclasses import asdict
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path


@dataclass(frozen=True)
class Row:
    """One figure: ``bound`` is what it must keep to, ``aim`` what we would like."""

    figure: str
    value: float
    unit: str
    bound: str
    aim: str
    holds: bool


def at_most(figure: str, value: float, unit: str, *, bound: float, aim: float) -> Row:
    """Returns a figure that is to be small."""
    return Row(figure, round(value, 3), unit, f"<= {bound:g}", f"<= {aim:g}", value <= bound)


def at_least(figure: str, value: float, unit: str, *, bound: float, aim: float) -> Row:
    """Returns a figure that is to be large."""
    return Row(figure, round(value, 3), unit, f">= {bound:g}", f">= {aim:g}", value >= bound)


def table(headings: Iterable[str], lines: Iterable[Iterable[object]]) -> str:
    """Returns a Markdown table."""
    rows = [list(map(str, headings)), *(list(map(str, line)) for line in lines)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    shown = ["| " + " | ".join(map(str.ljust, row, widths)) + " |" for row in rows]
    shown.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(shown)


def show(rows: list[Row]) -> str:
    """Returns the figures as a table."""
    lines = ((row.figure, f"{row.value:g}", row.unit, row.bound, row.aim, "yes" if row.holds else "NO") for row in rows)
    return table(("Figure", "Measured", "Unit", "Must", "Aim", "Holds"), lines)


def versions() -> dict[str, str]:
    """Returns what was measured with."""
    names = ("quart", "hypercorn", "uvicorn", "uvloop", "wsproto", "h11")
    node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False).stdout.strip()
    return {"python": platform.python_version(), "node": node, **{name: version(name) for name in names}}


def save(rows: list[Row], details: list[object], into: Path) -> None:
    """Writes everything to a JSON file."""
    content = {
        "versions": versions(),
        "figures": [asdict(row) for row in rows],
        "measurements": [asdict(detail) for detail in details],  # type: ignore[call-overload]
    }
    into.write_text(json.dumps(content, indent=2) + "\n")
