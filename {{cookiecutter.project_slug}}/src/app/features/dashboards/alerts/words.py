"""Rules and values as people say them."""

from decimal import Decimal

from app.features.dashboards.figures.catalogue import BY_NAME
from app.features.dashboards.figures.catalogue import Unit
from app.features.dashboards.figures.written import written

# How a threshold is asked for in a form: people think in these, figures are in seconds and bytes.
ASKED_IN: dict[Unit, tuple[str, float]] = {
    "percent": ("%", 1.0),
    "bytes": ("MiB", 1024.0**2),
    "seconds": ("ms", 0.001),
    "per_second": ("a second", 1.0),
    "count": ("", 1.0),
}


def as_asked(value: float, unit: Unit) -> str:
    """Returns a value as a form asks for it: in the unit that people think in, and exactly.

    >>> as_asked(0.25, "seconds"), as_asked(1.5 * 1024**2, "bytes"), as_asked(80.0, "percent")
    ('250', '1.5', '80')
    """
    in_unit = Decimal(repr(value)) / Decimal(repr(ASKED_IN[unit][1]))
    return f"{in_unit.normalize():f}"


def in_words(figure: str, side: str, threshold: float) -> str:
    """Returns what a rule watches for.

    >>> in_words("latency.p95", "above", 0.5)
    'Latency, 95th percentile above 500 ms'
    """
    known = BY_NAME.get(figure)
    if known is None:
        return f"{figure} {side} {_short(threshold)}"
    return f"{known.title} {side} {written(threshold, known.unit)}"


def title_of(figure: str) -> str:
    """Returns what a figure is called, or was: its name where there is none any more.

    >>> title_of("latency.p95"), title_of("gone")
    ('Latency, 95th percentile', 'gone')
    """
    known = BY_NAME.get(figure)
    return known.title if known else figure


def duration(seconds: float) -> str:
    """Returns a length of time.

    >>> duration(0), duration(90), duration(3600)
    ('at once', '90 seconds', '1 hour')
    """
    if seconds <= 0:
        return "at once"
    for name, size in (("hour", 3_600), ("minute", 60), ("second", 1)):
        if seconds % size == 0:
            count = round(seconds / size)
            return f"{count} {name}{'' if count == 1 else 's'}"
    return f"{_short(seconds)} seconds"


def _short(value: float) -> str:
    shown = f"{value:.1f}" if abs(value) >= 10 else f"{value:.3g}"
    return shown.removesuffix(".0")
