"""Where somebody goes on who was held up: signing in, proving who they are, another's form."""

from urllib.parse import urlsplit

from quart.wrappers.base import BaseRequestWebsocket

HOME_PATH = "/"


def way_back(call: BaseRequestWebsocket) -> str:
    """Returns where a visitor goes on after signing in or a proof: here, or to the form they sent.

    What the form said is lost; its page is asked for both itself, so that this is rare.
    """
    if call.method == "GET":
        return call.full_path.removesuffix("?")
    came_from = urlsplit(call.headers.get("Referer", ""))
    return came_from.path if came_from.netloc == call.host else HOME_PATH
