"""What a browser calls itself, short enough for its owner to know it again."""

# The first that occurs in the header wins: browsers name their ancestors too.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
)
PROGRAM_MAX_CHARACTERS = 40


def describe_device(user_agent: str | None) -> str:
    """Returns words such as "Firefox on Linux" for a ``User-Agent`` header.

    >>> describe_device("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
    'Firefox on Linux'
    >>> describe_device("curl/8.14.1")
    'curl'
    """
    if not user_agent:
        return "unknown device"
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    if browser:
        return f"{browser} on {system}" if system else browser
    # A program: its name before the first slash. The header is anybody's to write.
    program = "".join(c for c in user_agent.split("/")[0] if c.isprintable()).strip()
    return program[:PROGRAM_MAX_CHARACTERS] or system or "unknown device"
