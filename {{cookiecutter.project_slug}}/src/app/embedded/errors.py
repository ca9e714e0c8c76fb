"""The one way in which an embedded server fails."""


class EmbeddedError(RuntimeError):
    """A server could not be found or started; the message says what to do about it."""
