"""Our scripts write under no name that comes from elsewhere: no object's prototype is reached.

ASVS 5.0, 15.3.6: what is looked up by such names is a `Map` or a `Set`.
"""

import re
from pathlib import Path

import pytest

import app

ROOT = Path(app.__file__).parent
# What packages bring is theirs; it is named by its version.
SCRIPTS = [path for path in ROOT.rglob("static/**/*.js") if "uplot" not in path.name.lower()]
NAMED_ELSEWHERE = re.compile(
    r"""
    [\w)\]]\[ (?!["'`\d]) [^\]\n]+ \] \s* =(?![=>])     # thing[name] = value
    | \bfor\ \((?:const|let|var)\ \w+\ in\              # every name of a thing
    | __proto__ | setPrototypeOf
    | Object\.assign\( (?! this\b | [\w.]+\.dataset\b )  # into something but this or an element
    """,
    re.VERBOSE,
)
# Names that the script itself gives: its timers.
OURS = {"this.#timers[name] = setTimeout(run, ms);"}


def written(text: str) -> list[str]:
    """Returns the lines that write under a name that is not in the script."""
    lines = (line.strip() for line in text.splitlines() if not line.lstrip().startswith("//"))
    return [line for line in lines if NAMED_ELSEWHERE.search(line) and line not in OURS]


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_script_writes_under_a_name_from_elsewhere(path: Path) -> None:
    assert written(path.read_text()) == []


@pytest.mark.parametrize(
    "line",
    [
        "settings[key] = value;",
        "rooms[message.room][message.key] = message;",
        "for (const key in body) copy(key);",
        "Object.assign(target, JSON.parse(text));",
        "thing.__proto__.isAdmin = true;",
    ],
)
def test_such_a_line_would_be_found(line: str) -> None:
    assert written(line) == [line]
