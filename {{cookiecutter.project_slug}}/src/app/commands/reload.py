"""Which source files change while ``app dev`` runs."""

from collections.abc import AsyncIterator
from importlib.util import find_spec
from pathlib import Path

import app

SOURCE = Path(app.__file__).parent
WATCHED_SUFFIXES = {".py", ".html"}


async def source_changes() -> AsyncIterator[Path]:
    """Yields a changed file of each burst of changes.

    Ends at once where there is nothing to watch: the package is installed, not a source tree, or
    `watchfiles` is not there.
    """
    is_source_tree = (SOURCE.parents[1] / "pyproject.toml").exists()
    if not is_source_tree or find_spec("watchfiles") is None:
        return
    from watchfiles import Change
    from watchfiles import awatch

    def is_watched(change: Change, path: str) -> bool:
        return Path(path).suffix in WATCHED_SUFFIXES

    async for changes in awatch(SOURCE, watch_filter=is_watched):
        first = min(path for _, path in changes)
        yield Path(first).relative_to(SOURCE.parents[1])
