"""A report of figures as the lines of a table, for people."""

from collections.abc import Iterator
from collections.abc import Mapping


def rows_of(figures: Mapping[str, object], failures: Mapping[str, int]) -> Iterator[str]:
    """Yields a line for each figure by its name, and one for each kind of failure."""
    width = max(map(len, figures))
    for name, value in figures.items():
        yield f"{name.replace('_', ' '):<{width}}  {shown(value):>12}"
    for failure, times in failures.items():
        yield f"{times} x {failure}"


def shown(value: object) -> str:
    """Returns a figure as people read it."""
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:,.2f}"
        case _:
            return f"{value:,}"
