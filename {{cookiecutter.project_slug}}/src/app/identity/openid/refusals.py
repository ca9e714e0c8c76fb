"""One answer for everything that is wrong with what a provider or a browser brings."""

from app.errors import Unauthenticated


class Refused(Unauthenticated):
    """The answer of a provider cannot be trusted; ``reason`` is for the log alone."""

    def __init__(self, reason: str) -> None:
        super().__init__("the answer of the provider cannot be trusted")
        self.reason = reason
