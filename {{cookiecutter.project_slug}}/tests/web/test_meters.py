"""The catalogue of what the edge counts."""

import re
from pathlib import Path

from app.web.meters import WebMeters

PAGE = Path(__file__).parents[2] / "docs" / "metrics.md"


def test_the_catalogue_and_the_registry_name_the_same_metrics() -> None:
    registered = {
        family.name + ("_total" if family.type == "counter" else ""): family.type
        for family in WebMeters().registry.collect()
    }
    rows = re.findall(r"^\| `(web_\w+)` \| (\w+) \|", PAGE.read_text(), re.MULTILINE)

    assert registered
    assert dict(rows) == registered
    assert len(rows) == len(registered)
