"""Every event that the realtime core logs is in the catalogue, at its level."""

import re
from pathlib import Path

import app.realtime
from tests.documents import ROOT

CALL = re.compile(r"\blog\.(debug|info|warning|error|exception)\(\s*\"([a-z_.]+)\"")


def test_the_catalogue_of_log_events_is_that_of_the_code() -> None:
    folder = Path(app.realtime.__file__).parent
    logged = {
        name: level.replace("exception", "error")
        for path in folder.rglob("*.py")
        for level, name in CALL.findall(path.read_text())
    }
    rows = re.findall(r"^\| (`.*?) \| (\w+) \|", (ROOT / "docs/log-events.md").read_text(), re.M)
    told = {name: level for names, level in rows for name in re.findall(r"`([\w.]+)`", names)}

    assert len(logged) > 20
    assert told == logged
