"""How a value is written on a page, for each unit; ``static/units.js`` writes the same."""

from app.features.dashboards.figures.catalogue import Unit

BYTES = ("B", "KiB", "MiB", "GiB", "TiB")
KIB = 1024.0
MILLISECOND = 0.001


def written(value: float | None, unit: Unit) -> str:
    """Returns a value with its unit, a dash for none.

    >>> written(1536, "bytes")
    '1.5 KiB'
    """
    if value is None:
        return "–"
    match unit:
        case "bytes":
            return _bytes(value)
        case "seconds":
            return _seconds(value)
        case "percent":
            return f"{_digits(value)} %"
        case "per_second":
            return f"{_digits(value)} /s"
        case _:
            return _digits(value)


def _digits(value: float) -> str:
    places = 2 if abs(value) < 10 else 1 if abs(value) < 100 else 0
    rounded = f"{value:,.{places}f}"
    return rounded.rstrip("0").rstrip(".") if places else rounded


def _bytes(value: float) -> str:
    step = 0
    while value >= KIB and step < len(BYTES) - 1:
        value, step = value / KIB, step + 1
    return f"{_digits(value)} {BYTES[step]}"


def _seconds(value: float) -> str:
    if value >= 1 or value == 0:
        return f"{_digits(value)} s"
    if value >= MILLISECOND:
        return f"{_digits(value * 1_000)} ms"
    return f"{_digits(value * 1_000_000)} µs"
