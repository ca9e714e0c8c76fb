"""Which tests of accounts need to run on one line of Python and Quart only."""

from pathlib import Path

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what is seen of these pages in a browser: nothing live is on them.

    What the pages hold, and what the addresses behind them do, is tested without a browser too.
    """
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here) and item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.one_line)
