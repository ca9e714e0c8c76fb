"""What a form says of passwords before anybody chooses one."""

from typing import Any

from app.resources import current_resources

# Shorter ones are allowed; from here on nobody needs to be told more (ASVS 5.0, 6.2.1).
GOOD_CHARACTERS = 15


def password_guidance() -> dict[str, Any]:
    """Returns what the templates of such forms show."""
    least = current_resources().settings.identity.password_min_characters
    length = f"At least {least} characters; {GOOD_CHARACTERS} or more are better."
    return {
        "password_min_characters": least,
        "password_hint": f"{length} Four or five words make a good one.",
    }
