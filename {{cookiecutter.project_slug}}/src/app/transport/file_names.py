"""What a client calls its file, made fit to be shown; it is never a path."""

import unicodedata

NAME_MAX_BYTES = 200
NAMELESS = "file"
# Controls, and format characters: those that turn the direction of writing make exe.gpj of jpg.exe.
HIDDEN_CATEGORIES = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


def shown_name(given: str | None) -> str:
    """Returns the last part of a name, in one line, with nothing hidden in it and not too long."""
    last = (given or "").replace("\\", "/").rpartition("/")[2]
    plain = "".join(one for one in last if unicodedata.category(one) not in HIDDEN_CATEGORIES)
    short = plain.strip(" .").encode()[-NAME_MAX_BYTES:].decode(errors="ignore")
    return short or NAMELESS
