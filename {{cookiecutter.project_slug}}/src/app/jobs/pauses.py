"""How long a job waits for its next try."""

FIRST_RETRY_SECONDS = 1.0
MOST_RETRY_SECONDS = 300.0


def retry_seconds(tries: int) -> float:
    """Returns how long to wait after ``tries`` tries have failed: twice as long each time."""
    return float(min(FIRST_RETRY_SECONDS * 2 ** (tries - 1), MOST_RETRY_SECONDS))
