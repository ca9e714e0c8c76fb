"""Names that are nearly those of settings: nobody reads them, and nothing else would say so.

What is merely unknown is left alone, for an environment and ``.env`` hold the names of others.
"""

import os
import re
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path

from app.setting_sources import Group

# From 0, nothing in common, to 1: one letter of ten too few or another makes 0.9 and more.
ALIKE = 0.88
LINE = re.compile(r"^\s*(?:export\s+)?(\w+)\s*=", re.MULTILINE)
NO_SETTINGS = frozenset({"TEST_DATABASE_URL", "TEST_REDIS_URL"})


def misspelt() -> dict[str, str]:
    """Returns for each name of the environment and of ``.env`` that is nearly a setting's that one.

    Settings of features are known once the features are imported.
    """
    known = {name for group in _groups(Group) for name in _names(group)}
    others = sorted({name.upper() for name in (*os.environ, *_written())} - known - NO_SETTINGS)
    found = {name: get_close_matches(name, known, n=1, cutoff=ALIKE) for name in others}
    return {name: alike[0] for name, alike in found.items() if alike}


def _groups(group: type[Group]) -> Iterator[type[Group]]:
    for one in group.__subclasses__():
        yield one
        yield from _groups(one)


def _names(group: type[Group]) -> Iterator[str]:
    for field in group.model_fields:
        name = f"{group.model_config.get('env_prefix', '')}{field}".upper()
        yield from (name, f"{name}_FILE")


def _written() -> list[str]:
    file = Path(str(Group.model_config.get("env_file")))
    return LINE.findall(file.read_text(encoding="utf-8")) if file.is_file() else []
