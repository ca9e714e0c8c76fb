"""Words that several forms have in common."""

from app.errors import TooMany

WRONG_CODE = "This code is not right, or was used. Wait for the next one."


def waiting_words(error: TooMany) -> str:
    """Returns when to try again, in minutes."""
    minutes = max(1, round(error.after_seconds / 60))
    wait = "a minute" if minutes == 1 else f"{minutes} minutes"
    return f"Too many attempts. Try again in {wait}."
