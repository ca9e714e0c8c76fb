"""The dashboard asks for metrics that exist, and shows all of the realtime core's."""

import json
import re
from collections.abc import Iterator

from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from app.realtime.metrics import Meters
from app.telemetry.metrics_page import new_registry
from tests.documents import ROOT

DASHBOARD = json.loads((ROOT / "compose/grafana/dashboards/realtime.json").read_text())
SCRAPE = (ROOT / "compose/prometheus.yaml").read_text()
SOURCES = (ROOT / "compose/grafana/datasources/prometheus.yaml").read_text()
METRIC = re.compile(r"\b(?:realtime|process|python)_\w+")
SUFFIXES = ("_bucket", "_count", "_sum")
PARTS = re.compile(r"by \(([^)]*)\)")


def panels() -> Iterator[dict[str, object]]:
    """Yields the panels that draw something."""
    yield from (panel for panel in DASHBOARD["panels"] if panel["type"] != "row")


def expressions() -> Iterator[str]:
    """Yields every expression of the dashboard."""
    for panel in panels():
        yield from (target["expr"] for target in panel["targets"])  # type: ignore[attr-defined]


def exposed() -> dict[str, set[str]]:
    """Returns the names that Prometheus is given, with the labels of each."""
    meters = Meters(new_registry())
    meters.closed(4508)
    meters.refused("origin")
    meters.refused_command("origin")
    meters.resumed(recovered=True, reason=None)
    meters.reconnected("commands")
    meters.dropped(1, policy="latest")
    meters.gapped("lost")
    text = generate_latest(meters.registry).decode()
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


def base(name: str) -> str:
    """Returns the name of a metric without the endings of a histogram."""
    return next((name.removesuffix(end) for end in SUFFIXES if name.endswith(end)), name)


def test_every_expression_names_metrics_and_labels_that_exist() -> None:
    exists = exposed()

    assert len(list(expressions())) > 20
    for expression in expressions():
        names = METRIC.findall(expression)
        assert names, expression
        assert set(names) <= set(exists), expression
        asked = {part for parts in PARTS.findall(expression) for part in parts.split(", ")}
        assert asked <= {"instance", *(label for name in names for label in exists[name])}


def test_every_metric_of_the_realtime_core_is_shown() -> None:
    shown = {base(name) for expression in expressions() for name in METRIC.findall(expression)}
    counted = {base(name) for name in exposed() if name.startswith("realtime_")}

    assert {name for name in counted if not name.endswith("_created")} <= shown


def test_the_panels_do_not_overlap_and_ask_the_source_that_is_provided() -> None:
    cells = [
        (x, y)
        for panel in DASHBOARD["panels"]
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]

    assert len(cells) == len(set(cells))
    assert {panel["datasource"]["uid"] for panel in panels()} == {"prometheus"}  # type: ignore[index]
    assert "uid: prometheus" in SOURCES


def test_the_scraped_port_is_the_one_the_page_tells_to_set() -> None:
    scraped = re.search(r"port: (\d+)", SCRAPE)

    assert scraped
    assert f"METRICS_PORT={scraped[1]}" in (ROOT / "docs/deploy.md").read_text()
    assert f"METRICS_PORT={scraped[1]}" in (ROOT / "compose/observability.yaml").read_text()
