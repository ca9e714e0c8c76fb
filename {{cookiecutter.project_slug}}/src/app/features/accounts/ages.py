"""How long ago, in words that need no time zone."""

from datetime import datetime

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR
UNITS = ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute"))
NOW_SECONDS = 2 * MINUTE


def ago(moment: datetime, *, now: datetime) -> str:
    """Returns words such as "5 minutes ago"; what is still to come counts as now.

    >>> from datetime import UTC
    >>> ago(datetime(2026, 3, 1, tzinfo=UTC), now=datetime(2026, 3, 4, tzinfo=UTC))
    '3 days ago'
    """
    seconds = int((now - moment).total_seconds())
    if seconds < NOW_SECONDS:
        return "just now"
    unit_seconds, unit = next(pair for pair in UNITS if seconds >= pair[0])
    count = seconds // unit_seconds
    return f"{count} {unit}{'s' if count > 1 else ''} ago"
