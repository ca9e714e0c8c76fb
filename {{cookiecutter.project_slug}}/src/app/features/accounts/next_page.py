"""Where to go after signing in, as far as the address of the page may say so."""

HOME = "/"
GOAL_MAX_CHARACTERS = 2_000


def safe_next(wanted: str | None) -> str:
    r"""Returns the wanted path if it is one of this site, and the home page otherwise.

    Browsers read ``\`` as ``/`` and skip control characters, so ``/\evil.example`` and
    ``/<tab>/evil.example`` lead away as surely as ``//evil.example`` does.
    """
    if not wanted or not wanted.startswith("/") or wanted.startswith("//"):
        return HOME
    if len(wanted) > GOAL_MAX_CHARACTERS:
        return HOME
    return HOME if "\\" in wanted or not wanted.isprintable() else wanted
