"""How long ago a device was seen, in words that need no time zone."""

from datetime import UTC
from datetime import datetime

MINUTE = 60
UNITS = ((86_400, "day"), (3_600, "hour"), (MINUTE, "minute"))


def seen(moment: datetime | None, *, now: datetime | None = None) -> str:
    """Returns words such as "5 minutes ago"; "never" for what was never there.

    >>> seen(datetime(2026, 3, 1, tzinfo=UTC), now=datetime(2026, 3, 4, tzinfo=UTC))
    '3 days ago'
    """
    if moment is None:
        return "never"
    seconds = int(((now or datetime.now(UTC)) - moment).total_seconds())
    if seconds < 2 * MINUTE:
        return "just now"
    unit_seconds, unit = next(pair for pair in UNITS if seconds >= pair[0])
    count = seconds // unit_seconds
    return f"{count} {unit}{'s' if count > 1 else ''} ago"
