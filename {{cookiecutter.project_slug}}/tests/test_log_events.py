"""Every event that the service logs is in the catalogue, at its level."""

import re

from tests.documents import ROOT

# The lines of requests, sockets and streams take their names from their kind.
CALL = re.compile(r"\blog\.(debug|info|warning|error|exception)\(\s*\"([a-z_.]+)\"")
# Events of a feature stand on its own page.
ROW = re.compile(r"^\| (`.*?) \| (debug|info|warning|error) \|", re.M)


def test_the_catalogue_of_log_events_is_that_of_the_code() -> None:
    logged = {
        name: level.replace("exception", "error")
        for path in (ROOT / "src/app").rglob("*.py")
        for level, name in CALL.findall(path.read_text())
    }
    pages = [ROOT / "docs/log-events.md", *(ROOT / "docs/features").glob("*.md")]
    rows = [row for page in pages for row in ROW.findall(page.read_text())]
    told = {name: level for names, level in rows for name in re.findall(r"`([\w.]+)`", names)}

    assert len(logged) > 60
    assert told == logged
