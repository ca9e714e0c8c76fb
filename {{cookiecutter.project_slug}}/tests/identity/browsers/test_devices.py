import pytest

from app.identity.browsers.devices import PROGRAM_MAX_CHARACTERS
from app.identity.browsers.devices import describe_device

CHROME_ANDROID = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/141.0.0.0 Mobile Safari/537.36"
)
SAFARI_IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1"
)
EDGE_WINDOWS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0"
)
FIREFOX_MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:143.0) Gecko/20100101 Firefox/143.0"


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (CHROME_ANDROID, "Chrome on Android"),
        (SAFARI_IPHONE, "Safari on iPhone"),
        (EDGE_WINDOWS, "Edge on Windows"),
        (FIREFOX_MAC, "Firefox on Mac"),
        ("curl/8.14.1", "curl"),
        ("Firefox/143.0", "Firefox"),
        ("", "unknown device"),
        (None, "unknown device"),
        ("\x07\x1b", "unknown device"),
    ],
)
def test_a_user_agent_becomes_words_that_its_owner_knows(
    user_agent: str | None, words: str
) -> None:
    assert describe_device(user_agent) == words


def test_a_long_or_odd_program_name_stays_short_and_printable() -> None:
    described = describe_device("\x1b[31m" + "x" * 10_000)

    assert described.isprintable()
    assert len(described) <= PROGRAM_MAX_CHARACTERS
